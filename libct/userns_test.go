package libct

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libct/inside"
	"rt/nsexec"
)

func TestExplainUserNamespace(t *testing.T) {
	const restrict = "kernel.apparmor_restrict_unprivileged_userns"
	tests := []struct {
		name  string
		what  string
		errno unix.Errno
		on    map[string]string
		want  string
	}{
		{"none allowed", inside.UserNamespace, unix.ENOSPC, map[string]string{"user.max_user_namespaces": "0"}, "the sysctl user.max_user_namespaces is 0"},
		{"all used up", inside.UserNamespace, unix.ENOSPC, map[string]string{restrict: "1"}, "the sysctl user.max_user_namespaces or the depth of nesting is exhausted"},
		{"Debian", inside.UserNamespace, unix.EPERM, map[string]string{"kernel.unprivileged_userns_clone": "0", restrict: "1"}, "the sysctl kernel.unprivileged_userns_clone is 0"},
		{"seccomp", inside.UserNamespace, unix.EPERM, map[string]string{restrict: "1"}, ""},
		{"AppArmor", inside.UserNamespace, unix.EACCES, map[string]string{restrict: "1"}, "the sysctl " + restrict + " is 1"},
		{"AppArmor, later", inside.OtherNamespaces, unix.EPERM, map[string]string{restrict: "1"}, "the sysctl " + restrict + " is 1"},
		{"other, later", inside.OtherNamespaces, unix.EPERM, nil, ""},
	}
	for _, tt := range tests {
		call := &nsexec.CallError{Step: nsexec.Step{What: tt.what}, Name: "unshare", Errno: tt.errno}
		explainUserNamespace(call, func(name string) string { return tt.on[name] })
		if call.Detail != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, call.Detail, tt.want)
		}
	}
}

func TestLacking(t *testing.T) {
	all := allCapabilities(40)
	for _, tt := range []struct {
		have uint64
		want []string
	}{
		{all, nil},
		{all &^ (1 << unix.CAP_SETGID), []string{"CAP_SETGID"}},
		{0, []string{"CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID"}},
	} {
		if got := lacking(tt.have); !slices.Equal(got, tt.want) {
			t.Errorf("%#x: %q, want %q", tt.have, got, tt.want)
		}
	}
}
