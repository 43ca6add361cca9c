// Command bench measures container runtimes against each other on one machine
// in one run: A B C A B C …, so that what disturbs one disturbs all. It writes
// a page of Markdown.
//
// It must run as root. It works in a mount namespace of its own, and takes
// away the containers it makes. It knows the runtimes as programs only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

type options struct {
	rt, out   string
	hot, cold int
	match     string
}

func main() {
	var o options
	flag.StringVar(&o.rt, "rt", "./rt", "path of rt; the others are found in $PATH")
	flag.StringVar(&o.out, "out", "", "Markdown file to write")
	flag.IntVar(&o.hot, "hot", 100, "runs back to back, per case and runtime")
	flag.IntVar(&o.cold, "cold", 15, "runs after a second of idleness each, per case and runtime")
	flag.StringVar(&o.match, "match", "", "only cases whose name contains this")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	work := inPrivateMounts
	if os.Getenv(insideVariable) != "" {
		work = func(ctx context.Context) error { return bench(ctx, o) }
	}
	if err := work(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

const insideVariable = "RT_BENCH_INSIDE"

// inPrivateMounts runs this program again in a mount namespace of its own.
func inPrivateMounts(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", os.Args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS, Pdeathsig: unix.SIGKILL}
	return cmd.Run()
}

func bench(ctx context.Context, o options) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	// Orphaned container processes come to us, so that we can wait for them.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become subreaper: %w", err)
	}
	dir, err := os.MkdirTemp("", "rt-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := completeCgroups(filepath.Join(dir, "cgroup")); err != nil {
		return err
	}

	runtimes, err := findRuntimes(o.rt, dir)
	if err != nil {
		return err
	}
	bundles, err := makeBundles(dir, runtimes)
	if err != nil {
		return err
	}
	results := page{machine: readMachine(), runtimes: runtimes, hot: o.hot, cold: o.cold}
	for _, b := range bundles {
		for _, cold := range []bool{false, true} {
			for _, c := range cases {
				if !strings.Contains(c.name, o.match) {
					continue
				}
				s := measure(ctx, c, b, runtimes, cold, o)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				fmt.Println(s.row(runtimes))
				results.series = append(results.series, s)
			}
		}
	}
	results.footprints = footprints(bundles[0], runtimes)
	if o.out == "" {
		return results.write(os.Stdout)
	}
	return results.save(o.out)
}

// findRuntimes lists those of rt, crun and runc that are there.
func findRuntimes(rt, dir string) ([]*program, error) {
	var found []*program
	for _, name := range []string{rt, "crun", "runc"} {
		path, err := exec.LookPath(name)
		if err == nil {
			path, err = filepath.Abs(path)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: left out: %v\n", err)
			continue
		}
		p, err := newProgram(path, dir)
		if err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	if !slices.ContainsFunc(found, func(p *program) bool { return p.name == "runc" }) {
		return nil, errors.New("runc is needed: its default configuration is what is run")
	}
	return found, nil
}
