package cli

import (
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libct"
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
		{"call on the host", fmt.Errorf("mkdir: %w", unix.ENOSPC), detail{Code: "host-syscall", Errno: "ENOSPC"}},
	}
	for _, tt := range tests {
		if got := describe(tt.err); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
