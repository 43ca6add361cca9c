package devices

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// unifiedCgroup makes a v2 cgroup on this host.
func unifiedCgroup(t *testing.T) string {
	t.Helper()
	for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		var st unix.Statfs_t
		if unix.Statfs(mount, &st) != nil || st.Type != unix.CGROUP2_SUPER_MAGIC {
			continue
		}
		dir := filepath.Join(mount, "rt-"+t.Name())
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.Remove(dir); err != nil {
				t.Error(err)
			}
		})
		return dir
	}
	t.Skip("no cgroup2 is mounted")
	return ""
}

// opens reports whether a process of the cgroup can open /dev/full.
func opens(t *testing.T, dir string) bool {
	t.Helper()
	cgroup, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer cgroup.Close()
	cmd := exec.Command("/bin/sh", "-c", ": </dev/full")
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(cgroup.Fd())}
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return err == nil
}

func TestAttach(t *testing.T) {
	dir := unifiedCgroup(t)
	for _, c := range []struct {
		name  string
		rules []specs.LinuxDeviceCgroup
		want  bool
	}{
		{"by default", nil, true},
		{"replaced by a denial", []specs.LinuxDeviceCgroup{allowAll, entry(false, "c", 1, 7, "r")}, false},
		{"replaced by all", []specs.LinuxDeviceCgroup{allowAll}, true},
	} {
		rules, err := Rules(c.rules)
		if err != nil {
			t.Fatal(err)
		}
		if err := Attach(dir, rules); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := opens(t, dir); got != c.want {
			t.Errorf("%s: opened = %v, want %v", c.name, got, c.want)
		}
		if n := count(t, dir); n != 1 {
			t.Errorf("%s: %d programs attached, want 1", c.name, n)
		}
	}
}

func TestAttachReplacesSeveral(t *testing.T) {
	dir := unifiedCgroup(t)
	cgroup, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer cgroup.Close()
	for range 2 {
		prog, err := loadProgram(answer(false))
		if err != nil {
			t.Fatal(err)
		}
		if err := attach(int(cgroup.Fd()), prog, unix.BPF_F_ALLOW_MULTI, 0); err != nil {
			t.Fatal(err)
		}
		unix.Close(prog)
	}
	if n := count(t, dir); n != 2 || opens(t, dir) {
		t.Fatalf("%d programs attached, want 2 that deny", n)
	}
	rules, err := Rules(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := Attach(dir, rules); err != nil {
		t.Fatal(err)
	}
	if n := count(t, dir); n != 1 || !opens(t, dir) {
		t.Errorf("%d programs attached, want 1 that allows", n)
	}
}

func count(t *testing.T, dir string) int {
	t.Helper()
	cgroup, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer cgroup.Close()
	fds, err := attached(int(cgroup.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		unix.Close(fd)
	}
	return len(fds)
}
