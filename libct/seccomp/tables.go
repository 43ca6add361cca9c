package seccomp

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	libseccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"
)

// action is one action of config.json.
type action struct {
	name  specs.LinuxSeccompAction
	value libseccomp.ScmpAction
	data  uint // largest errnoRet; 0 when the action has none
	deny  bool // the call is not executed and nobody is asked
}

const maxErrno = 4094 // the largest that libseccomp takes

var actions = [...]action{
	{"SCMP_ACT_ALLOW", libseccomp.ActAllow, 0, false},
	{"SCMP_ACT_ERRNO", libseccomp.ActErrno, maxErrno, true},
	{"SCMP_ACT_KILL", libseccomp.ActKillThread, 0, true},
	{"SCMP_ACT_KILL_PROCESS", libseccomp.ActKillProcess, 0, true},
	{"SCMP_ACT_KILL_THREAD", libseccomp.ActKillThread, 0, true},
	{"SCMP_ACT_LOG", libseccomp.ActLog, 0, false},
	{"SCMP_ACT_NOTIFY", libseccomp.ActNotify, 0, false},
	{"SCMP_ACT_TRACE", libseccomp.ActTrace, 0xffff, false},
	{"SCMP_ACT_TRAP", libseccomp.ActTrap, 0, true},
}

var operators = [...]struct {
	name  specs.LinuxSeccompOperator
	value libseccomp.ScmpCompareOp
}{
	{"SCMP_CMP_EQ", libseccomp.CompareEqual},
	{"SCMP_CMP_GE", libseccomp.CompareGreaterEqual},
	{"SCMP_CMP_GT", libseccomp.CompareGreater},
	{"SCMP_CMP_LE", libseccomp.CompareLessOrEqual},
	{"SCMP_CMP_LT", libseccomp.CompareLess},
	{"SCMP_CMP_MASKED_EQ", libseccomp.CompareMaskedEqual},
	{"SCMP_CMP_NE", libseccomp.CompareNotEqual},
}

// arch is one architecture of config.json.
type arch struct {
	name  specs.Arch
	value libseccomp.ScmpArch
	host  string // GOARCH of the machines that execute it, "" for none of ours
	token uint32 // AUDIT_ARCH_* that the kernel reports
	limit uint32 // where numbers begin that are not the sequence's; 0 for nowhere
}

// x32Bit marks system calls of x32, which share the token of x86_64.
const x32Bit = 0x40000000

// armPrivate is where the private calls of 32-bit ARM begin (__ARM_NR_BASE).
const armPrivate = 0xf0000

var archs = [...]arch{
	{"SCMP_ARCH_AARCH64", libseccomp.ArchARM64, "arm64", unix.AUDIT_ARCH_AARCH64, 0},
	{"SCMP_ARCH_ARM", libseccomp.ArchARM, "arm64", unix.AUDIT_ARCH_ARM, armPrivate},
	{"SCMP_ARCH_LOONGARCH64", libseccomp.ArchLOONGARCH64, "loong64", unix.AUDIT_ARCH_LOONGARCH64, 0},
	{"SCMP_ARCH_M68K", libseccomp.ArchM68K, "", 0, 0},
	{"SCMP_ARCH_MIPS", libseccomp.ArchMIPS, "", 0, 0},
	{"SCMP_ARCH_MIPS64", libseccomp.ArchMIPS64, "", 0, 0},
	{"SCMP_ARCH_MIPS64N32", libseccomp.ArchMIPS64N32, "", 0, 0},
	{"SCMP_ARCH_MIPSEL", libseccomp.ArchMIPSEL, "", 0, 0},
	{"SCMP_ARCH_MIPSEL64", libseccomp.ArchMIPSEL64, "", 0, 0},
	{"SCMP_ARCH_MIPSEL64N32", libseccomp.ArchMIPSEL64N32, "", 0, 0},
	{"SCMP_ARCH_PARISC", libseccomp.ArchPARISC, "", 0, 0},
	{"SCMP_ARCH_PARISC64", libseccomp.ArchPARISC64, "", 0, 0},
	{"SCMP_ARCH_PPC", libseccomp.ArchPPC, "", 0, 0},
	{"SCMP_ARCH_PPC64", libseccomp.ArchPPC64, "", 0, 0},
	{"SCMP_ARCH_PPC64LE", libseccomp.ArchPPC64LE, "ppc64le", unix.AUDIT_ARCH_PPC64LE, 0},
	{"SCMP_ARCH_RISCV64", libseccomp.ArchRISCV64, "riscv64", unix.AUDIT_ARCH_RISCV64, 0},
	{"SCMP_ARCH_S390", libseccomp.ArchS390, "s390x", unix.AUDIT_ARCH_S390, 0},
	{"SCMP_ARCH_S390X", libseccomp.ArchS390X, "s390x", unix.AUDIT_ARCH_S390X, 0},
	{"SCMP_ARCH_SH", libseccomp.ArchSH, "", 0, 0},
	{"SCMP_ARCH_SHEB", libseccomp.ArchSHEB, "", 0, 0},
	{"SCMP_ARCH_X32", libseccomp.ArchX32, "amd64", unix.AUDIT_ARCH_X86_64, 0},
	{"SCMP_ARCH_X86", libseccomp.ArchX86, "amd64", unix.AUDIT_ARCH_I386, 0},
	{"SCMP_ARCH_X86_64", libseccomp.ArchAMD64, "amd64", unix.AUDIT_ARCH_X86_64, x32Bit},
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

// Actions returns the actions that Compile takes, for features.
func Actions() []string {
	var names []string
	for _, a := range actions {
		names = append(names, string(a.name))
	}
	return names
}

// Operators returns the operators that Compile takes, for features.
func Operators() []string {
	var names []string
	for _, o := range operators {
		names = append(names, string(o.name))
	}
	return names
}

// Archs returns the architectures that Compile takes, for features.
func Archs() []string {
	var names []string
	for _, a := range archs {
		names = append(names, string(a.name))
	}
	return names
}

// Flags returns the flags that Compile takes, for features.
func Flags() []string {
	var names []string
	for _, f := range flags {
		names = append(names, string(f.name))
	}
	return names
}
