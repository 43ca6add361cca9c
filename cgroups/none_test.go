package cgroups

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// TestRootless runs itself as a user who may make no cgroup.
func TestRootless(t *testing.T) {
	if os.Getuid() == 0 {
		exe, err := os.ReadFile("/proc/self/exe")
		if err != nil {
			t.Fatal(err)
		}
		dir, err := os.MkdirTemp("", "rootless")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/test", exe, 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(dir+"/test", "-test.run=^TestRootless$")
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("as nobody: %v\n%s", err, out)
		}
		return
	}
	l, err := Detect()
	if err != nil {
		t.Fatal(err)
	}
	warned := ""
	c := Config{Path: "/rt-test-rootless", Rootless: true, Warn: func(s string) { warned = s }}
	m, err := New(l, c)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Create(); err != nil || warned == "" {
		t.Errorf("without limits: %v, warning %q", err, warned)
	}
	if j, err := m.Join(); err != nil || j.Dir != nil || len(j.Tasks) > 0 {
		t.Errorf("Join = %+v, %v", j, err)
	}
	c.Resources = &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(5))}}
	if m, err = New(l, c); err != nil {
		t.Fatal(err)
	}
	if err := m.Create(); err == nil || !strings.HasPrefix(err.Error(), "linux.resources.pids.limit: ") {
		t.Errorf("with a limit: %v", err)
	}
}
