package profile

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// action is one action of config.json.
type action struct {
	name  specs.LinuxSeccompAction
	value uint32 // SECCOMP_RET_*
	data  uint   // largest errnoRet; 0 when the action has none
	deny  bool   // the call is not executed and nobody is asked
}

const maxErrno = 4094 // the largest that libseccomp takes

var actions = [...]action{
	{"SCMP_ACT_ALLOW", unix.SECCOMP_RET_ALLOW, 0, false},
	{"SCMP_ACT_ERRNO", unix.SECCOMP_RET_ERRNO, maxErrno, true},
	{"SCMP_ACT_KILL", unix.SECCOMP_RET_KILL_THREAD, 0, true},
	{"SCMP_ACT_KILL_PROCESS", unix.SECCOMP_RET_KILL_PROCESS, 0, true},
	{"SCMP_ACT_KILL_THREAD", unix.SECCOMP_RET_KILL_THREAD, 0, true},
	{"SCMP_ACT_LOG", unix.SECCOMP_RET_LOG, 0, false},
	{"SCMP_ACT_NOTIFY", unix.SECCOMP_RET_USER_NOTIF, 0, false},
	{"SCMP_ACT_TRACE", unix.SECCOMP_RET_TRACE, 0xffff, false},
	{"SCMP_ACT_TRAP", unix.SECCOMP_RET_TRAP, 0, true},
}

var operators = [...]specs.LinuxSeccompOperator{
	"SCMP_CMP_EQ",
	"SCMP_CMP_GE",
	"SCMP_CMP_GT",
	"SCMP_CMP_LE",
	"SCMP_CMP_LT",
	"SCMP_CMP_MASKED_EQ",
	"SCMP_CMP_NE",
}

// Arch is one architecture of config.json.
type Arch struct {
	Name   specs.Arch
	host   string // GOARCH of the machines that execute it, "" for none of ours
	native bool   // it is what those machines are
	token  uint32 // AUDIT_ARCH_* that the kernel reports
	limit  uint32 // where numbers begin that are not the sequence's; 0 for nowhere
}

// x32Bit marks system calls of x32, which share the token of x86_64.
const x32Bit = 0x40000000

// armPrivate is where the private calls of 32-bit ARM begin (__ARM_NR_BASE).
const armPrivate = 0xf0000

var archs = [...]Arch{
	{"SCMP_ARCH_AARCH64", "arm64", true, unix.AUDIT_ARCH_AARCH64, 0},
	{"SCMP_ARCH_ARM", "arm64", false, unix.AUDIT_ARCH_ARM, armPrivate},
	{"SCMP_ARCH_LOONGARCH64", "loong64", true, unix.AUDIT_ARCH_LOONGARCH64, 0},
	{"SCMP_ARCH_M68K", "", false, 0, 0},
	{"SCMP_ARCH_MIPS", "", false, 0, 0},
	{"SCMP_ARCH_MIPS64", "", false, 0, 0},
	{"SCMP_ARCH_MIPS64N32", "", false, 0, 0},
	{"SCMP_ARCH_MIPSEL", "", false, 0, 0},
	{"SCMP_ARCH_MIPSEL64", "", false, 0, 0},
	{"SCMP_ARCH_MIPSEL64N32", "", false, 0, 0},
	{"SCMP_ARCH_PARISC", "", false, 0, 0},
	{"SCMP_ARCH_PARISC64", "", false, 0, 0},
	{"SCMP_ARCH_PPC", "", false, 0, 0},
	{"SCMP_ARCH_PPC64", "", false, 0, 0},
	{"SCMP_ARCH_PPC64LE", "ppc64le", true, unix.AUDIT_ARCH_PPC64LE, 0},
	{"SCMP_ARCH_RISCV64", "riscv64", true, unix.AUDIT_ARCH_RISCV64, 0},
	{"SCMP_ARCH_S390", "s390x", false, unix.AUDIT_ARCH_S390, 0},
	{"SCMP_ARCH_S390X", "s390x", true, unix.AUDIT_ARCH_S390X, 0},
	{"SCMP_ARCH_SH", "", false, 0, 0},
	{"SCMP_ARCH_SHEB", "", false, 0, 0},
	{"SCMP_ARCH_X32", "amd64", false, unix.AUDIT_ARCH_X86_64, 0},
	{"SCMP_ARCH_X86", "amd64", false, unix.AUDIT_ARCH_I386, 0},
	{"SCMP_ARCH_X86_64", "amd64", true, unix.AUDIT_ARCH_X86_64, x32Bit},
}

var flags = [...]struct {
	name  specs.LinuxSeccompFlag
	value uint32
}{
	{"SECCOMP_FILTER_FLAG_LOG", unix.SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_TSYNC", unix.SECCOMP_FILTER_FLAG_TSYNC},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
}

// Actions returns the actions that a profile may have.
func Actions() []string {
	var names []string
	for _, a := range actions {
		names = append(names, string(a.name))
	}
	return names
}

// Operators returns the operators that a profile may have.
func Operators() []string {
	var names []string
	for _, o := range operators {
		names = append(names, string(o))
	}
	return names
}

// Archs returns the architectures that a profile may have.
func Archs() []string {
	var names []string
	for _, a := range archs {
		names = append(names, string(a.Name))
	}
	return names
}

// Flags returns the flags that a profile may have.
func Flags() []string {
	var names []string
	for _, f := range flags {
		names = append(names, string(f.name))
	}
	return names
}
