package seccomp

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"rt/libct/seccomp/profile"
)

// x32Bit marks system calls of x32, which share the token of x86_64.
const x32Bit = 0x40000000

const nativeToken = unix.AUDIT_ARCH_X86_64

func TestArchitectures(t *testing.T) {
	const allow, eperm, kill = unix.SECCOMP_RET_ALLOW, unix.SECCOMP_RET_ERRNO | 1, unix.SECCOMP_RET_KILL_THREAD
	x86 := sysCall{unix.AUDIT_ARCH_I386, 20, [6]uint64{}} // getpid
	x64 := sysCall{unix.AUDIT_ARCH_X86_64, 39, [6]uint64{}}
	x32 := sysCall{unix.AUDIT_ARCH_X86_64, 39 | x32Bit, [6]uint64{}}
	arm := sysCall{unix.AUDIT_ARCH_ARM, 20, [6]uint64{}}
	tests := []struct {
		name, archs    string
		x64, x86w, x32 uint32
	}{
		{"none", `[]`, eperm, kill, kill},
		{"native", `["SCMP_ARCH_X86_64"]`, eperm, kill, kill},
		{"native is always in", `["SCMP_ARCH_X86"]`, eperm, eperm, kill},
		{"three", `["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]`, eperm, eperm, eperm},
		{"repeated", `["SCMP_ARCH_X86", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"]`, eperm, eperm, kill},
		{"every one", `["` + strings.Join(Archs(), `", "`) + `"]`, eperm, eperm, eperm},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := compile(t, `{"defaultAction": "SCMP_ACT_ALLOW", "architectures": `+tt.archs+`,
				"syscalls": [{"names": ["getpid"], "action": "SCMP_ACT_ERRNO"}]}`)
			for _, c := range []struct {
				name string
				call sysCall
				want uint32
			}{{"x86_64", x64, tt.x64}, {"x86", x86, tt.x86w}, {"x32", x32, tt.x32}, {"arm", arm, kill}} {
				if got := evaluate(t, f.Program, c.call); got != c.want {
					t.Errorf("%s: getpid gives %#x, want %#x", c.name, got, c.want)
				}
			}
			if got := evaluate(t, f.Program, sysCall{unix.AUDIT_ARCH_X86_64, unix.SYS_GETPPID, [6]uint64{}}); got != allow {
				t.Errorf("getppid gives %#x", got)
			}
		})
	}
}

func TestDockerDefault(t *testing.T) {
	f, err := Compile(dockerDefault(t), "")
	if err != nil {
		t.Fatal(err)
	}
	o := apply(t, f, []sysCall{
		{nr: unix.SYS_GETPRIORITY},
		{nr: unix.SYS_KEXEC_LOAD},
		{nr: unix.SYS_CLONE3},
		{nr: unix.SYS_CLONE, args: [6]uint64{unix.CLONE_NEWUSER}},
		{nr: 1000},
		{nr: 1000 | x32Bit},
	})
	want := []int64{20, -int64(unix.EPERM), -int64(unix.ENOSYS), -int64(unix.EPERM), -int64(unix.ENOSYS), -int64(unix.ENOSYS)}
	if o.install != 0 || !slices.Equal(o.returns, want) {
		t.Errorf("install %v, returned %v, want %v", o.install, o.returns, want)
	}
	t.Logf("libseccomp %s: %d instructions, unknown %q", LibraryVersion(), len(f.Program)/profile.InstructionSize, f.Unknown)
}
