// Command vm boots a kernel of Debian's in QEMU, without KVM and in seconds,
// and runs a command in it as root:
//
//	vm run [-kernel 6.12] [-guest lite] [-append ARGUMENTS] -- COMMAND
//	vm test [-kernel 6.12] [-guest lite] [-json] unit|cli|user|selinux|conformance|engines
//
// A lite guest has the host's root and no service manager; a legacy guest has
// cgroup v1 instead of v2. A systemd guest has a root of its own, with systemd
// as pid 1, and a selinux guest the same with another security module. Nothing
// that a guest writes reaches the host.
//
// It runs on Debian 12 as root, from the top of the source tree, and imports
// the standard library alone. README.md says more.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	runtime.LockOSThread() // the children die with the thread that started them
	syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code, err := realMain(ctx, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "vm:", err)
		os.Exit(125)
	}
	os.Exit(code)
}

func realMain(ctx context.Context, args []string) (int, error) {
	if len(args) == 0 || !slices.Contains([]string{"run", "test"}, args[0]) {
		return 0, fmt.Errorf("usage: vm run|test [flags] ARGUMENTS")
	}
	var g guest
	flags := flag.NewFlagSet("vm "+args[0], flag.ExitOnError)
	cache := flags.String("cache", defaultCache("rt-vm"), "what guests boot from, made when missing")
	series := flags.String("kernel", "6.12", "series of the kernel: 6.1 or 6.12")
	flags.StringVar(&g.kind, "guest", "lite", "lite, legacy, systemd or selinux")
	flags.StringVar(&g.extra, "append", "", "more of the kernel's command line")
	flags.IntVar(&g.cpus, "cpus", 2, "processors of the guest")
	flags.IntVar(&g.memory, "memory", 3072, "memory of the guest, in MiB")
	flags.DurationVar(&g.deadline, "deadline", 45*time.Minute, "the longest that the guest may live")
	json := flags.Bool("json", false, "test: print the events of go test -json")
	flags.Parse(args[1:])

	root, err := setup(ctx, *cache)
	if err != nil {
		return 0, err
	}
	if g.kernel, err = findKernel(*cache, *series); err != nil {
		return 0, err
	}
	if g.root, err = rootOf(g.kind, root); err != nil {
		return 0, err
	}
	if g.dirs, err = sharedDirs(); err != nil {
		return 0, err
	}
	command := strings.Join(flags.Args(), " ") + "\n"
	switch {
	case args[0] == "test" && flags.Arg(0) == engines:
		built := defaultCache("rt-engines") // as tests/engines has it
		g.dirs = append(g.dirs, built)
		command, err = enginesScript(ctx, g.dirs[0], built, g.kind, *series)
	case args[0] == "test":
		command, err = testScript(ctx, g.dirs[0], flags.Arg(0), *json)
	}
	if err != nil {
		return 0, err
	}
	g.script = fmt.Sprintf("cd %s\nPATH=$PATH:%s/bin\n%s", g.dirs[0], g.dirs[1], command)
	return g.run(ctx, os.Stdout)
}

// rootOf is the directory of the host's that a guest has as its root; own is
// that of guests with systemd.
func rootOf(kind, own string) (string, error) {
	switch kind {
	case "lite", "legacy":
		return "/", nil
	case "systemd", "selinux":
		return own, nil
	}
	return "", fmt.Errorf("guest %q: must be lite, legacy, systemd or selinux", kind)
}

func defaultCache(name string) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = "/var/cache"
	}
	return filepath.Join(dir, name)
}

// setupDeadline is for packages to be fetched and installed.
const setupDeadline = 15 * time.Minute

// setup gives the root of the guest with systemd.
func setup(ctx context.Context, cache string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, setupDeadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, "tests/vm/setup", cache)
	cmd.Stderr = os.Stderr
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("set up %q: %w", cache, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// sharedDirs are the source tree, which comes first, and what building in it
// takes.
func sharedDirs() ([]string, error) {
	top, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	out, err := exec.Command("go", "env", "GOROOT", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("find the Go tree: %w", err)
	}
	return append([]string{top}, strings.Split(strings.TrimSpace(string(out)), "\n")...), nil
}

func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
