package hooks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("HOOKS_TEST_DIE"); dir != "" {
		dieDuringHook(dir)
	}
	os.Exit(m.Run())
}

func seconds(n int) *int { return &n }

// sh is a hook that runs a shell script.
func sh(script string) specs.Hook {
	return specs.Hook{Path: "/bin/sh", Args: []string{"sh", "-c", script}}
}

func TestRun(t *testing.T) {
	tests := []struct {
		name  string
		hooks []specs.Hook
		want  string // content of the file out in the working directory
		err   string
	}{
		{"none", nil, "", ""},
		{"in order", []specs.Hook{sh("/bin/echo a >>out"), sh("/bin/echo b >>out")}, "a\nb\n", ""},
		{"state on standard input", []specs.Hook{sh("/bin/cat >>out"), sh("/bin/cat >>out")}, `{"id":"x"}{"id":"x"}`, ""},
		{"state not read", []specs.Hook{{Path: "/bin/true"}}, "", ""},
		{"no environment", []specs.Hook{{Path: "/bin/sh", Args: []string{"sh", "-c", "/usr/bin/env | /bin/grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= >out"}}}, "", "exit status 1"},
		{"environment as given", []specs.Hook{{Path: "/bin/sh", Args: []string{"sh", "-c", `/bin/echo "$A,$B" >out`}, Env: []string{"A=1", "B=x=y"}}}, "1,x=y\n", ""},
		{"argument 0", []specs.Hook{{Path: "/bin/sh", Args: []string{"name", "-c", `/bin/echo "$0" >out`}}}, "name\n", ""},
		{"only the standard descriptors", []specs.Hook{sh("/bin/ls /proc/self/fd; exit 1")}, "",
			"hooks.createRuntime[0]: run hook /bin/sh: exit status 1: 0\n1\n2\n3"}, // 3 is ls reading the directory
		{"first failure stops", []specs.Hook{sh("exit 3"), sh("/bin/echo b >out")}, "",
			`hooks.createRuntime[0]: run hook /bin/sh: exit status 3`},
		{"index of the failure", []specs.Hook{sh("exit 0"), sh("exit 1")}, "", `hooks.createRuntime[1]: run hook /bin/sh: exit status 1`},
		{"output in the error", []specs.Hook{sh("echo one; echo two >&2; exit 1")}, "",
			"hooks.createRuntime[0]: run hook /bin/sh: exit status 1: one\ntwo"},
		{"killed", []specs.Hook{sh("kill -TERM $$")}, "", `hooks.createRuntime[0]: run hook /bin/sh: killed by SIGTERM`},
		{"missing program", []specs.Hook{{Path: "/nonexistent/hook"}}, "",
			`hooks.createRuntime[0]: run hook /nonexistent/hook: no such file or directory`},
		{"not executable", []specs.Hook{{Path: "/etc/passwd"}}, "", `hooks.createRuntime[0]: run hook /etc/passwd: permission denied`},
		{"timeout not reached", []specs.Hook{{Path: "/bin/true", Timeout: seconds(60)}}, "", ""},
		{"timeout 0", []specs.Hook{{Path: "/bin/true", Timeout: seconds(0)}}, "",
			`check hooks.createRuntime[0].timeout: 0 is not greater than 0`},
		{"timeout negative", []specs.Hook{{Path: "/bin/true", Timeout: seconds(-5)}}, "", `-5 is not greater than 0`},
	}
	// A descriptor of the caller's that is not close-on-exec.
	fd, err := unix.Open("/", unix.O_PATH, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			err := Run(List{Kind: "createRuntime", Hooks: tt.hooks, Dir: dir, State: []byte(`{"id":"x"}`)})
			switch {
			case tt.err == "" && err != nil:
				t.Errorf("error %v", err)
			case tt.err != "" && (err == nil || !strings.HasSuffix(err.Error(), tt.err)):
				t.Errorf("error %v, want %q", err, tt.err)
			}
			got, _ := os.ReadFile(filepath.Join(dir, "out"))
			if string(got) != tt.want {
				t.Errorf("out %q, want %q", got, tt.want)
			}
		})
	}
}

// The default argument vector is the path alone.
func TestDefaultArgs(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "hook")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n/bin/echo \"$0 $# $(pwd)\" >out\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Run(List{Kind: "prestart", Hooks: []specs.Hook{{Path: path}}, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(filepath.Join(dir, "out"))
	if want := path + " 0 " + dir + "\n"; string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRunAll(t *testing.T) {
	dir := t.TempDir()
	errs := RunAll(List{Kind: "poststop", Dir: dir, Hooks: []specs.Hook{
		sh("exit 1"), sh("/bin/echo b >>out"), {Path: "/nonexistent"}, sh("/bin/echo d >>out"),
	}})
	want := "[hooks.poststop[0]: run hook /bin/sh: exit status 1 hooks.poststop[2]: run hook /nonexistent: no such file or directory]"
	if got := fmt.Sprint(errs); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "out")); string(got) != "b\nd\n" {
		t.Errorf("out %q", got)
	}
}

func TestTimeout(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"silent", "echo $$ >pid; exec sleep 1000", "timeout of 1s reached"},
		{"ignores SIGTERM", "trap '' TERM; echo $$ >pid; echo waiting >&2; mkfifo f; read x <f", "timeout of 1s reached: waiting"},
		{"never stops writing", "echo $$ >pid; while :; do echo y; done", "y\ny"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			h := sh("PATH=/bin:/usr/bin; " + tt.script)
			h.Timeout = seconds(1)
			err := Run(List{Kind: "poststart", Hooks: []specs.Hook{h}, Dir: dir})
			if err == nil || !strings.HasSuffix(err.Error(), tt.want) || !strings.Contains(err.Error(), "timeout of 1s reached") {
				t.Errorf("error %.200v", err)
			}
			if len(err.Error()) > tailSize+200 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
			if pid := readPid(t, filepath.Join(dir, "pid")); unix.Kill(pid, 0) != unix.ESRCH {
				t.Errorf("hook %d is still there", pid)
			}
		})
	}
}

func readPid(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// A process left in the background keeps the hook's output open.
func TestDaemon(t *testing.T) {
	tests := []struct{ name, script, err string }{
		{"success", "exit 0", ""},
		{"failure", "echo bad; exit 1", `hooks.poststart[0]: run hook /bin/sh: exit status 1: bad`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			done := make(chan error, 1)
			go func() {
				h := sh("/bin/sleep 1000 & echo $! >pid; " + tt.script)
				done <- Run(List{Kind: "poststart", Hooks: []specs.Hook{h}, Dir: dir})
			}()
			select {
			case err := <-done:
				if tt.err == "" && err != nil || tt.err != "" && (err == nil || err.Error() != tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
			case <-time.After(10 * time.Second):
				t.Error("Run waits for the daemon")
			}
			pid := readPid(t, filepath.Join(dir, "pid"))
			if err := unix.Kill(pid, unix.SIGKILL); err != nil {
				t.Errorf("the daemon did not live on: %v", err)
			}
		})
	}
}

func TestLargeStateAndOutput(t *testing.T) {
	dir := t.TempDir()
	state := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB: more than a pipe holds
	err := Run(List{Kind: "prestart", Dir: dir, State: []byte(state), Hooks: []specs.Hook{
		sh("/usr/bin/tee out; echo end; exit 1"),
	}})
	if err == nil || !strings.HasSuffix(err.Error(), "abcdef"+"end") || len(err.Error()) > tailSize+100 {
		t.Errorf("error %.300v", err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "out")); string(got) != state {
		t.Errorf("the hook read %d bytes of %d", len(got), len(state))
	}
}

func TestNothingIsLeftOpen(t *testing.T) {
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	before := count()
	for _, h := range []specs.Hook{{Path: "/bin/true"}, {Path: "/bin/false"}, {Path: "/nonexistent"}, sh("echo x")} {
		_ = RunAll(List{Kind: "poststop", Hooks: []specs.Hook{h, h}, Dir: t.TempDir()})
	}
	if after := count(); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}

// A hook dies with the runtime.
func TestParentDeath(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "pid")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "HOOKS_TEST_DIE="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hook := readPid(t, fifo)
	pidfd, err := unix.PidfdOpen(hook, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pidfd)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, 10_000)
	if err != nil || n != 1 {
		_ = unix.PidfdSendSignal(pidfd, unix.SIGKILL, nil, 0)
		t.Errorf("the hook lives on: %d, %v", n, err)
	}
}

// dieDuringHook is the runtime of TestParentDeath.
func dieDuringHook(dir string) {
	err := Run(List{Kind: "poststart", Dir: dir, Hooks: []specs.Hook{sh("echo $$ >pid; exec /bin/sleep 1000")}})
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
