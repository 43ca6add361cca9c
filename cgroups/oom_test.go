package cgroups

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestStatsLegacy(t *testing.T)  { testStats(t, false) }
func TestStatsUnified(t *testing.T) { testStats(t, true) }

func testStats(t *testing.T, pure bool) {
	r := &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(44))}, Memory: &specs.LinuxMemory{Limit: ptr(int64(64 << 20))}}
	m := newHost(t, pure, r)
	if err := m.Set(r); err != nil {
		t.Fatal(err)
	}
	sleeper(t, join(t, m))
	s, err := m.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if s.Pids.Current != 1 || s.Pids.Limit != 44 || s.Memory.Usage.Limit != 64<<20 || s.Memory.Usage.Usage == 0 ||
		s.CPU.Usage.Total == 0 || len(s.Memory.Raw) == 0 {
		t.Errorf("%+v", s)
	}
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := m.Destroy(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Stats(); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("of a cgroup that is gone: %v", err)
	}
}

func TestWatchOOMLegacy(t *testing.T)  { testWatchOOM(t, false) }
func TestWatchOOMUnified(t *testing.T) { testWatchOOM(t, true) }

func testWatchOOM(t *testing.T, pure bool) {
	r := &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(8 << 20))}}
	m := newHost(t, pure, r)
	if err := m.Set(r); err != nil {
		t.Fatal(err)
	}
	w, err := m.WatchOOM()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if n, err := w.Count(); n != 0 || err != nil {
		t.Fatalf("before: %d, %v", n, err)
	}
	j := join(t, m)
	// What tail keeps of an endless line has no end either.
	cmd := exec.Command("/bin/sh", append([]string{"-c", `for f do echo 0 >"$f" || exit 1; done; exec tail -n 1 /dev/zero`, "sh"}, j.Tasks...)...)
	if j.Dir != nil {
		cmd.SysProcAttr = &unix.SysProcAttr{UseCgroupFD: true, CgroupFD: int(j.Dir.Fd())}
	}
	if err := cmd.Run(); err == nil {
		t.Fatal("the process was not killed")
	}
	fds := []unix.PollFd{w.Poll()}
	if ready, err := poll(int(fds[0].Fd), fds[0].Events, time.Now().Add(10*time.Second)); !ready || err != nil {
		t.Fatalf("no event: %v", err)
	}
	if n, err := w.Count(); n == 0 || err != nil {
		t.Errorf("after: %d, %v", n, err)
	}
	if n, err := w.Count(); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
	if err := m.Destroy(); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Count(); n != 0 || err != nil {
		t.Errorf("of a cgroup that is gone: %d, %v", n, err)
	}
}
