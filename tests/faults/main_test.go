// Package faults tests what must hold when things go wrong: a system call that
// fails, rt or its executor killed at any moment, two hundred containers at
// once, and containers that race with rt. However it goes, an error names what
// failed, "delete --force" succeeds, and then no process, cgroup, mount, file
// or state of the container is left.
//
// It runs as root, as a black box, on the runtime that the environment
// variable RT names (../../rt when unset). What makes calls fail is a build of
// rt of its own (-tags rtfault), made from the sources beside it.
package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// machine is what is made once for all tests.
var machine struct {
	dir      string // everything is below it; a mount of its own, shared
	rt       string // the runtime under test
	faulty   string // the one whose calls fail on request
	busybox  string
	attacker string // what hostile containers run
}

func TestMain(m *testing.M) {
	if os.Getenv("RT_TESTS_MOUNTNS") == "" {
		os.Exit(inPrivateMounts())
	}
	dir, err := os.MkdirTemp("", "rt-faults-")
	if err == nil {
		err = prepare(dir)
	}
	code := 1
	if err == nil {
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, "prepare the tests of faults:", err)
	}
	unix.Unmount(dir, unix.MNT_DETACH)
	os.RemoveAll(dir)
	os.Exit(code)
}

// inPrivateMounts runs the tests again in a mount namespace of their own:
// nothing that they or a broken runtime mount can outlive them.
func inPrivateMounts() int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), "RT_TESTS_MOUNTNS=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	if cmd.ProcessState != nil {
		return cmd.ProcessState.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "start the tests in a private mount namespace (it needs root):", err)
	return 1
}

func prepare(dir string) (err error) {
	machine.dir = dir
	machine.rt = os.Getenv("RT")
	if machine.rt == "" {
		if machine.rt, err = filepath.Abs("../../rt"); err != nil {
			return err
		}
	}
	if machine.busybox, err = exec.LookPath("busybox"); err != nil {
		return fmt.Errorf("%v (install busybox-static)", err)
	}
	// Shared, as most hosts have it: what is mounted carelessly in a container
	// shows up here.
	if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("bind %s: %w", dir, err)
	}
	if err := unix.Mount("", dir, "", unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("share %s: %w", dir, err)
	}
	machine.faulty = filepath.Join(dir, "rt-faulty")
	if err := build("../..", machine.faulty, ".", "-tags=netgo,osusergo,rtfault", "-ldflags=-extldflags=-static"); err != nil {
		return err
	}
	machine.attacker = filepath.Join(dir, "attacker")
	return build(".", machine.attacker, "./attacker", "-tags=netgo", "-ldflags=-extldflags=-static")
}

func build(in, to, what string, flags ...string) error {
	cmd := exec.Command("go", append(append([]string{"build", "-buildvcs=false", "-o", to}, flags...), what)...)
	cmd.Dir = in
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return nil
}
