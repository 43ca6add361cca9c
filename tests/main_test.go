// Package tests is the black-box suite of the runtime: one testscript per
// feature, *.txtar in this directory, which also reads as a manual.
//
// It runs as root against a real kernel, or as a user with subordinate ids:
// bundles then have a user namespace, and scripts that take more are skipped.
// The runtime under test is named by
// the environment variable RT (an absolute path; ../rt when unset). Any
// runtime that speaks runc's command line will do: RT=/usr/sbin/runc shows
// where rt differs from runc on purpose, since those lines carry the
// condition [rt] or [runc] and say why.
//
// README.md lists the commands and conditions that the scripts may use.
package tests

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// machine is what the suite finds out once, before the first script.
var machine struct {
	runtime string // absolute path of the runtime under test
	kind    string // "rt", "runc", "crun": the first word of --version
	version string // the version that goes with it
	probe   string // the static helper that is copied into every rootfs
	busybox string
}

func TestMain(m *testing.M) {
	if strings.HasSuffix(os.Args[0], ".test") && os.Getenv("RT_TESTS_MOUNTNS") == "" && os.Geteuid() == 0 {
		os.Exit(inPrivateMounts())
	}
	testscript.Main(suite{m}, map[string]func(){
		"rt":        rtMain,
		"code":      codeMain,
		"try":       tryMain,
		"await":     awaitMain,
		"waitfor":   waitforMain,
		"automount": automountMain,
	})
}

// inPrivateMounts runs the suite again in a mount namespace of its own: what
// a broken runtime mounts on the host goes away with the last process, and
// nothing that removes files can follow it. The log by which go test decides
// that a result can be cached is left out, since it does not know about the
// runtime.
func inPrivateMounts() int {
	args := slices.DeleteFunc(slices.Clone(os.Args[1:]), func(arg string) bool {
		return strings.HasPrefix(arg, "-test.testlogfile=")
	})
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), "RT_TESTS_MOUNTNS=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	if cmd.ProcessState != nil {
		return cmd.ProcessState.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "start the suite in a private mount namespace (it needs root):", err)
	return 1
}

// suite prepares the machine around all tests and prints the count at the end.
type suite struct{ m *testing.M }

func (s suite) Run() int {
	dir, err := os.MkdirTemp("", "rt-tests-")
	if err == nil {
		defer os.RemoveAll(dir)
		os.Chmod(dir, 0o755) // root of a user namespace is to pass through it
		err = prepare(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tests:", err)
		return 1
	}
	// Work directories go with dir, unless they are to be looked at.
	flag.Parse()
	if keep := flag.Lookup("testwork"); keep == nil || keep.Value.String() != "true" {
		os.Setenv("GOTMPDIR", dir)
	}
	code := s.m.Run()
	results.print()
	return code
}

func prepare(dir string) error {
	machine.runtime = os.Getenv("RT")
	if machine.runtime == "" {
		abs, err := filepath.Abs("../rt")
		if err != nil {
			return err
		}
		machine.runtime = abs
	}
	if !filepath.IsAbs(machine.runtime) {
		return fmt.Errorf("RT=%q: must be an absolute path", machine.runtime)
	}
	out, err := exec.Command(machine.runtime, "--version").Output()
	if err != nil {
		return fmt.Errorf("run %q --version: %v (build it with make, or set RT)", machine.runtime, err)
	}
	words := strings.Fields(string(out))
	if len(words) < 3 {
		return fmt.Errorf("read %q --version: %q is not NAME version X", machine.runtime, out)
	}
	machine.kind, machine.version = words[0], words[2]
	os.Setenv("RT", machine.runtime)

	machine.busybox, err = exec.LookPath("busybox")
	if err != nil {
		return fmt.Errorf("%v (install busybox-static)", err)
	}
	if os.Geteuid() == 0 {
		if err := addUser(dir); err != nil {
			return err
		}
	}
	if machine.probe, err = buildProbe(dir); err != nil {
		return err
	}
	return prepareRootfs(filepath.Join(dir, "rootfs"))
}

// buildProbe gives the probe, built in dir unless somebody has built it before:
// not every machine has a Go tree.
func buildProbe(dir string) (string, error) {
	if built := os.Getenv("RT_TESTS_PROBE"); built != "" {
		return built, nil
	}
	probe := filepath.Join(dir, "probe")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", probe, "./probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the probe: %v\n%s", err, out)
	}
	return probe, nil
}
