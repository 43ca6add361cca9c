package cgroups

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// newHost gives a manager on this host's real hierarchies, and skips where
// they are not of the version asked for. Nothing of it is left afterwards.
func newHost(t *testing.T, pure bool, r *specs.LinuxResources) Manager {
	t.Helper()
	l, err := Detect()
	if err != nil {
		t.Fatal(err)
	}
	if l.Pure() != pure {
		t.Skipf("the host's cgroups are of the other version")
	}
	if r != nil && len(r.HugepageLimits) > 0 && !hasController(l, "hugetlb") {
		t.Skip("the host has no hugetlb controller mounted")
	}
	m, err := New(l, Config{ID: "test", Path: "/rt-test/" + strings.ReplaceAll(t.Name(), "/", "-"), Resources: r})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Create(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(m.Kill(), m.Destroy()); err != nil {
			t.Error(err)
		}
		for _, dir := range m.State().Paths {
			if _, err := os.Stat(dir); err == nil {
				t.Errorf("%s is left", dir)
			}
		}
	})
	return m
}

func hasController(l Layout, name string) bool {
	if l.V2 != nil && slices.Contains(l.V2.Controllers, name) {
		return true
	}
	return slices.ContainsFunc(l.V1, func(h Hierarchy) bool { return slices.Contains(h.Controllers, name) })
}

// sleeper starts a process that waits, in the v1 cgroup of every tasks file
// or the v2 cgroup of j.
func sleeper(t *testing.T, j Join) int {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", `for f do echo 0 >"$f" || exit 1; done; exec sleep 1000 3>&-`, "sh")
	cmd.Args = append(cmd.Args, j.Tasks...)
	if j.Dir != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(j.Dir.Fd())}
	}
	ready, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// The child closes descriptor 3 when it is there.
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	ready.SetReadDeadline(time.Now().Add(20 * time.Second))
	ready.Read(make([]byte, 1))
	ready.Close()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd.Process.Pid
}

func join(t *testing.T, m Manager) Join {
	t.Helper()
	j, err := m.Join()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Close)
	return j
}

func ptr[T any](v T) *T { return &v }
