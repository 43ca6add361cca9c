package cli

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"rt/cgroups"
	"rt/libct"
	"rt/libct/hooks"
	"rt/nsexec"
	"rt/specconv"
)

func TestDescribe(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want detail
	}{
		{"unknown", errors.New("no"), detail{}},
		{"sentinel", fmt.Errorf("kill %q: %w", "c", libct.ErrNotRunning), detail{Code: "not-running"}},
		{"configuration", specconv.Violations{{Path: "process.cwd", Message: "not absolute"}, {Path: "mounts[0]"}},
			detail{Code: "invalid-config", Property: "process.cwd"}},
		{"call inside", fmt.Errorf("create: %w", &nsexec.CallError{Step: nsexec.Step{Name: "mount", Property: "mounts[7]"}, Name: "move_mount", Errno: unix.EPERM}),
			detail{Code: "syscall", Property: "mounts[7]", Syscall: "move_mount", Errno: "EPERM"}},
		{"hook inside", &nsexec.CallError{Step: nsexec.Step{Name: "run hook", Property: "hooks.startContainer[0]"}, Name: "require", Errno: unix.ECHILD},
			detail{Code: "hook", Property: "hooks.startContainer[0]"}},
		{"hook on the host", &hooks.Error{Property: "hooks.poststart[1]", Err: unix.ENOENT},
			detail{Code: "hook", Property: "hooks.poststart[1]"}},
		{"memory", &libct.MemoryError{Err: &nsexec.DeadError{}},
			detail{Code: "out-of-memory", Property: "linux.resources.memory.limit", Hint: "raise the limit"}},
		{"privilege", &libct.PrivilegeError{Lacks: []string{"CAP_SETGID"}},
			detail{Code: "invalid-config", Property: "linux.namespaces", Hint: "rt spec --rootless writes a configuration that takes none"}},
		{"state root", &libct.RootError{Err: fmt.Errorf("mkdir: %w", unix.EACCES)},
			detail{Code: "host-syscall", Errno: "EACCES", Hint: "--root or XDG_RUNTIME_DIR gives another place"}},
		{"cgroup of another", fmt.Errorf("start: %w", &cgroups.RefusedError{Dir: "/sys/fs/cgroup/x", Err: unix.EACCES}),
			detail{Code: "host-syscall", Property: "linux.cgroupsPath", Errno: "EACCES",
				Hint: "begin in a cgroup of your own (systemd-run --user --scope -p Delegate=yes rt ...), or use --systemd-cgroup"}},
		{"cgroup of others", &cgroups.RefusedError{Dir: "/sys/fs/cgroup/x", Err: unix.EBUSY},
			detail{Code: "host-syscall", Property: "linux.cgroupsPath", Errno: "EBUSY"}},
		{"call on the host", fmt.Errorf("mkdir: %w", unix.ENOSPC), detail{Code: "host-syscall", Errno: "ENOSPC"}},
	}
	for _, tt := range tests {
		if got := describe(tt.err); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
