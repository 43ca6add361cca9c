// Command engines runs containerd, Docker and Podman with a runtime under test
// and with runc beside it, and prints a table of what worked: case, engine,
// runtime. Engines are as Debian packages them, or built from their modules.
//
//	engines -runtime ./rt [-peer runc] [-systemd] [-run REGEXP] [-out DIR] [ENGINE...]
//
// It needs Debian and root, and installs and builds what is missing. An
// engine it cannot have is skipped, and so is a case whose condition this
// machine does not meet; the reason is printed. It fails when a case fails with
// the runtime under test; what fails with the peer is only shown.
//
// Engines live in a room of their own (room.go), but with -systemd, which is for
// a guest. It imports the standard library alone. README.md says how cases are
// written.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
)

// settings are what the flags say; they are the same on each side of the room.
type settings struct {
	runtime string
	peer    string
	run     string
	cache   string
	out     string
	guest   string // the guest that this is, as in the Makefile
	systemd bool
	prepare bool
	ready   bool
	engines []string
}

func main() {
	runtime.LockOSThread() // children die with the thread that started them
	if err := realMain(); err != nil {
		fmt.Fprintln(os.Stderr, "engines:", err)
		os.Exit(1)
	}
}

func realMain() error {
	var s settings
	flag.StringVar(&s.runtime, "runtime", "./rt", "the runtime under test")
	flag.StringVar(&s.peer, "peer", "/usr/sbin/runc", "a runtime to compare with; empty for none")
	flag.StringVar(&s.run, "run", "", "run only the cases whose engine/title match")
	flag.StringVar(&s.cache, "cache", defaultCache(), "the directory for programs that are built")
	flag.StringVar(&s.out, "out", "", "write what came of it into this directory, a page for each engine; - prints it")
	flag.BoolVar(&s.systemd, "systemd", false, "systemd makes the cgroups; the machine, a guest, is used as it is")
	flag.StringVar(&s.guest, "guest", "", "the guest that this runs in, for its page")
	flag.BoolVar(&s.prepare, "build", false, "install and build what is missing, and run nothing")
	flag.BoolVar(&s.ready, "built", false, "take what there is; needs neither packages nor Go")
	flag.DurationVar(&commandDeadline, "deadline", commandDeadline, "the longest that one command may take")
	flag.Parse()
	s.engines = flag.Args()
	if len(s.engines) == 0 {
		s.engines = engineNames()
	}
	switch dir := os.Getenv(roomVariable); {
	case dir != "" && os.Getpid() == 1:
		return keepRoom(dir)
	case dir != "":
		if err := furnish(os.Getenv(roomVariable)); err != nil {
			return err
		}
		return runEngines(dir, s)
	}
	return outside(s)
}

// outside prepares what the room needs from the machine, and waits for it.
func outside(s settings) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("must be root")
	}
	path, err := filepath.Abs(s.runtime)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return err
	}
	if _, err := regexp.Compile(s.run); err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	if s.out != "" && s.out != toOutput && s.run != "" {
		return fmt.Errorf("-out: pages of the host are of whole engines, without -run")
	}
	if s.out != "" && s.out != toOutput {
		if s.out, err = filepath.Abs(s.out); err != nil {
			return err
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if !s.ready {
		install(ctx, s.engines)
		obtain(ctx, s.engines, s.cache)
		buildClients(ctx, s.engines)
	}
	if s.prepare {
		return nil
	}
	dir, err := os.MkdirTemp("", "engines")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// Containers in a user namespace have to reach their root file systems.
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	// A copy, so that a build that goes on replaces nothing in the middle.
	runtimePath := filepath.Join(dir, filepath.Base(path))
	if err := copyFile(path, runtimePath); err != nil {
		return err
	}
	s.runtime = runtimePath
	if s.systemd {
		return runEngines(dir, s)
	}
	args := []string{"-runtime", s.runtime, "-peer", s.peer, "-run", s.run, "-cache", s.cache, "-out", s.out,
		"-guest", s.guest, "-deadline", commandDeadline.String()}
	return openRoom(ctx, dir, append(args, s.engines...))
}

// runEngines runs the cases, with what they call in dir/bin.
func runEngines(dir string, s settings) error {
	// conmon leaves a file where it was started when a container is out of memory.
	if err := os.Chdir(dir); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "bin", "limit"), []byte(limitScript), 0o755); err != nil {
		return err
	}
	if err := writeImage(filepath.Join(dir, "image.tar"), imageName, "/bin/sh"); err != nil {
		return fmt.Errorf("make image: %w", err)
	}
	if err := writeImage(filepath.Join(dir, "pause.tar"), pauseName, "/bin/sleep", "1000000"); err != nil {
		return fmt.Errorf("make image: %w", err)
	}
	t := newTable(os.Stdout, s)
	for _, name := range s.engines {
		e := findEngine(name)
		if e == nil {
			return fmt.Errorf("engine %q: not one of %s", name, strings.Join(engineNames(), ", "))
		}
		if err := e.runCases(dir, s, t); err != nil {
			t.skip(name, err.Error())
		}
	}
	t.summarize()
	if s.out != "" {
		if err := writePages(s, t.engines); err != nil {
			return err
		}
	}
	if t.failed > 0 {
		return fmt.Errorf("%d cases failed", t.failed)
	}
	return nil
}

func defaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = "/var/cache"
	}
	return filepath.Join(dir, "rt-engines")
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}
