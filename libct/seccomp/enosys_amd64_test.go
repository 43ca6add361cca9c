package seccomp

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestNewerCallsGetENOSYS(t *testing.T) {
	const (
		allow  = unix.SECCOMP_RET_ALLOW
		eperm  = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
		enosys = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
		kill   = unix.SECCOMP_RET_KILL_THREAD
		trap   = unix.SECCOMP_RET_TRAP
		x64    = unix.AUDIT_ARCH_X86_64
		x86    = unix.AUDIT_ARCH_I386
	)
	const upToStatx = `"syscalls": [{"names": ["read", "statx"], "action": "SCMP_ACT_ALLOW"}]`
	const threeArchs = `"architectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"], `
	type answer struct {
		arch, nr, want uint32
	}
	tests := []struct {
		name, profile string
		want          []answer
	}{
		{"errno", `"defaultAction": "SCMP_ACT_ERRNO", ` + upToStatx, []answer{
			{x64, unix.SYS_READ, allow},
			{x64, unix.SYS_WRITE, eperm},
			{x64, unix.SYS_STATX, allow},
			{x64, unix.SYS_STATX + 1, enosys},
			{x64, 5000, enosys},
			{x64, x32Bit - 1, enosys},
			{x64, x32Bit, kill}, // x32 is not in the profile
			{x64, 5000 | x32Bit, kill},
			{x86, 3, kill},
			{x86, 5000, kill},
		}},
		{"errno given", `"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, ` + upToStatx, []answer{
			{x64, unix.SYS_WRITE, eperm}, {x64, 5000, enosys},
		}},
		{"kill", `"defaultAction": "SCMP_ACT_KILL", ` + upToStatx, []answer{
			{x64, unix.SYS_WRITE, kill}, {x64, 5000, enosys},
		}},
		{"kill process", `"defaultAction": "SCMP_ACT_KILL_PROCESS", ` + upToStatx, []answer{
			{x64, unix.SYS_WRITE, unix.SECCOMP_RET_KILL_PROCESS}, {x64, 5000, enosys},
		}},
		{"trap", `"defaultAction": "SCMP_ACT_TRAP", ` + upToStatx, []answer{
			{x64, unix.SYS_WRITE, trap}, {x64, 5000, enosys},
		}},
		{"allow", `"defaultAction": "SCMP_ACT_ALLOW", ` + upToStatx, []answer{{x64, 5000, allow}}},
		{"log", `"defaultAction": "SCMP_ACT_LOG", ` + upToStatx, []answer{{x64, 5000, unix.SECCOMP_RET_LOG}}},
		{"trace", `"defaultAction": "SCMP_ACT_TRACE", ` + upToStatx, []answer{{x64, 5000, unix.SECCOMP_RET_TRACE | 1}}},
		{"no rules", `"defaultAction": "SCMP_ACT_ERRNO"`, []answer{{x64, 0, eperm}, {x64, 5000, eperm}}},
		{"mentioned with the default action", `"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
			{"names": ["read"], "action": "SCMP_ACT_ALLOW"}, {"names": ["statx"], "action": "SCMP_ACT_ERRNO"}]`, []answer{
			{x64, unix.SYS_WRITE, eperm}, {x64, unix.SYS_STATX, eperm}, {x64, unix.SYS_STATX + 1, enosys},
		}},
		{"every architecture has its own newest", `"defaultAction": "SCMP_ACT_ERRNO", ` + threeArchs + upToStatx, []answer{
			{x64, unix.SYS_STATX, allow}, {x64, unix.SYS_STATX + 1, enosys},
			{x86, 383, allow}, {x86, 382, eperm}, {x86, 384, enosys},
			{x64, unix.SYS_STATX | x32Bit, allow}, {x64, 1 | x32Bit, eperm}, {x64, (unix.SYS_STATX + 1) | x32Bit, enosys},
			{x64, 1 << 31, enosys},
			{unix.AUDIT_ARCH_ARM, 5000, kill},
		}},
		{"calls that x86 has twice", `"defaultAction": "SCMP_ACT_ERRNO", ` + threeArchs + `"syscalls": [
			{"names": ["read", "socket", "shmget"], "action": "SCMP_ACT_ALLOW"}]`, []answer{
			{x86, 359, allow}, {x86, 395, allow}, {x86, 394, eperm}, {x86, 423, eperm}, {x86, 424, enosys},
			{x64, unix.SYS_SOCKET, allow}, {x64, unix.SYS_SOCKET + 1, enosys},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := compile(t, `{`+tt.profile+`}`)
			for _, a := range tt.want {
				if got := evaluate(t, f.Program, sysCall{a.arch, a.nr, [6]uint64{}}); got != a.want {
					t.Errorf("arch %#x, call %#x: %#x, want %#x", a.arch, a.nr, got, a.want)
				}
			}
		})
	}
}
