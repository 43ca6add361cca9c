//go:build cgo

package main

import (
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	libseccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"

	"rt/libct/seccomp/profile"
)

var actions = [...]struct {
	ret   uint32
	value libseccomp.ScmpAction
}{
	{unix.SECCOMP_RET_ALLOW, libseccomp.ActAllow},
	{unix.SECCOMP_RET_ERRNO, libseccomp.ActErrno},
	{unix.SECCOMP_RET_KILL_PROCESS, libseccomp.ActKillProcess},
	{unix.SECCOMP_RET_KILL_THREAD, libseccomp.ActKillThread},
	{unix.SECCOMP_RET_LOG, libseccomp.ActLog},
	{unix.SECCOMP_RET_TRACE, libseccomp.ActTrace},
	{unix.SECCOMP_RET_TRAP, libseccomp.ActTrap},
	{unix.SECCOMP_RET_USER_NOTIF, libseccomp.ActNotify},
}

// actionOf is libseccomp's word for what a program returns. One that it has no
// word for is invalid, which it refuses.
func actionOf(ret uint32) libseccomp.ScmpAction {
	for _, a := range actions {
		if a.ret == ret&unix.SECCOMP_RET_ACTION_FULL {
			return a.value.SetReturnCode(int16(ret & unix.SECCOMP_RET_DATA))
		}
	}
	return libseccomp.ActInvalid
}

var operators = [...]struct {
	name  specs.LinuxSeccompOperator
	value libseccomp.ScmpCompareOp
}{
	{specs.OpEqualTo, libseccomp.CompareEqual},
	{specs.OpGreaterEqual, libseccomp.CompareGreaterEqual},
	{specs.OpGreaterThan, libseccomp.CompareGreater},
	{specs.OpLessEqual, libseccomp.CompareLessOrEqual},
	{specs.OpLessThan, libseccomp.CompareLess},
	{specs.OpMaskedEqual, libseccomp.CompareMaskedEqual},
	{specs.OpNotEqual, libseccomp.CompareNotEqual},
}

// conditionsOf are libseccomp's terms for conditions that must all hold. An
// operator that it has no word for is invalid, which it refuses.
func conditionsOf(args []specs.LinuxSeccompArg) []libseccomp.ScmpCondition {
	var conds []libseccomp.ScmpCondition
	for _, a := range args {
		cond := libseccomp.ScmpCondition{Argument: a.Index, Operand1: a.Value, Operand2: a.ValueTwo}
		for _, o := range operators {
			if o.name == a.Op {
				cond.Op = o.value
			}
		}
		conds = append(conds, cond)
	}
	return conds
}

func archOf(a profile.Arch) (libseccomp.ScmpArch, error) {
	return libseccomp.GetArchFromString(strings.TrimPrefix(string(a.Name), "SCMP_ARCH_"))
}

func numberOf(name string, a profile.Arch) (int, bool) {
	arch, err := archOf(a)
	if err != nil {
		return 0, false
	}
	nr, err := libseccomp.GetSyscallFromNameByArch(name, arch)
	return int(nr), err == nil
}
