package specconv

import (
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// The names of seccomp.h that config-linux.md#seccomp allows, sorted.
var (
	seccompActions = [...]string{
		"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
		"SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE",
		"SCMP_ACT_TRAP",
	}
	seccompOperators = [...]string{
		"SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT",
		"SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE",
	}
	seccompArchs = [...]string{
		"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K",
		"SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL",
		"SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PARISC",
		"SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE",
		"SCMP_ARCH_RISCV64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_SH",
		"SCMP_ARCH_SHEB", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64",
	}
	seccompFlags = [...]string{
		"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
		"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	}
)

// SeccompActions returns the known actions, sorted.
func SeccompActions() []string { return slices.Clone(seccompActions[:]) }

// SeccompOperators returns the known operators, sorted.
func SeccompOperators() []string { return slices.Clone(seccompOperators[:]) }

// SeccompArchs returns the known architectures, sorted.
func SeccompArchs() []string { return slices.Clone(seccompArchs[:]) }

// SeccompFlags returns the known filter flags, sorted.
func SeccompFlags() []string { return slices.Clone(seccompFlags[:]) }

// seccomp checks config-linux.md#seccomp. Names of system calls are left to
// the compiler: which ones exist depends on the architecture.
func (c *checker) seccomp(s *specs.LinuxSeccomp) {
	if s == nil {
		return
	}
	const path = "linux.seccomp"
	c.oneOf(path+".defaultAction", seccompActions[:], string(s.DefaultAction))
	c.errnoRet(path+".defaultErrnoRet", s.DefaultAction, s.DefaultErrnoRet)
	for i, a := range s.Architectures {
		if !known(seccompArchs[:], string(a)) {
			c.oneOf(at(path+".architectures", i), seccompArchs[:], string(a))
		}
	}
	for i, f := range s.Flags {
		if !known(seccompFlags[:], string(f)) {
			c.oneOf(at(path+".flags", i), seccompFlags[:], string(f))
		}
	}
	notifies := c.seccompRules(path+".syscalls", s.Syscalls)
	c.seccompListener(path, s, notifies)
}

func (c *checker) seccompListener(path string, s *specs.LinuxSeccomp, notifies bool) {
	if s.DefaultAction == specs.ActNotify {
		c.fail(path+".defaultAction", "SCMP_ACT_NOTIFY cannot be the default action: nothing could hand over the listener")
	}
	if s.ListenerPath != "" {
		c.absolute(path+".listenerPath", s.ListenerPath)
	} else if notifies {
		c.fail(path+".listenerPath", "is required with SCMP_ACT_NOTIFY")
	}
	if s.ListenerMetadata != "" && s.ListenerPath == "" {
		c.fail(path+".listenerMetadata", "needs listenerPath")
	}
}

// seccompRules says whether a rule notifies.
func (c *checker) seccompRules(path string, rules []specs.LinuxSyscall) (notifies bool) {
	for i := range rules {
		r := &rules[i]
		if !known(seccompActions[:], string(r.Action)) {
			c.oneOf(at(path, i)+".action", seccompActions[:], string(r.Action))
		}
		if r.ErrnoRet != nil {
			c.errnoRet(at(path, i)+".errnoRet", r.Action, r.ErrnoRet)
		}
		if len(r.Names) == 0 {
			c.fail(at(path, i)+".names", "needs at least one entry")
		}
		for j, name := range r.Names {
			if name == "" || strings.IndexByte(name, 0) >= 0 {
				c.fail(at(at(path, i)+".names", j), "%q is not the name of a system call", name)
			}
		}
		for j := range r.Args {
			c.seccompArg(path, i, j, &r.Args[j])
		}
		if r.Action == specs.ActNotify {
			notifies = true
			if j := slices.Index(r.Names, "sendmsg"); j >= 0 {
				c.fail(at(at(path, i)+".names", j), "SCMP_ACT_NOTIFY cannot be used for sendmsg: the listener itself is handed over with it")
			}
		}
	}
	return notifies
}

func (c *checker) seccompArg(path string, rule, index int, a *specs.LinuxSeccompArg) {
	if a.Index > 5 {
		c.fail(at(at(path, rule)+".args", index)+".index", "%d is not between 0 and 5", a.Index)
	}
	if !known(seccompOperators[:], string(a.Op)) {
		c.oneOf(at(at(path, rule)+".args", index)+".op", seccompOperators[:], string(a.Op))
	}
}

// errnoRet checks the value that SCMP_ACT_ERRNO returns, at most the kernel's
// MAX_ERRNO, or SCMP_ACT_TRACE gives the tracer, 16 bits.
func (c *checker) errnoRet(path string, action specs.LinuxSeccompAction, value *uint) {
	if value == nil {
		return
	}
	var limit uint
	switch action {
	case specs.ActErrno:
		limit = 4095
	case specs.ActTrace:
		limit = 0xffff
	default:
		c.fail(path, "cannot be given with action %q, only with SCMP_ACT_ERRNO and SCMP_ACT_TRACE", action)
		return
	}
	if *value > limit {
		c.fail(path, "%d is above %d", *value, limit)
	}
}

// known looks a name up in a sorted table.
func known(table []string, name string) bool {
	_, ok := slices.BinarySearch(table, name)
	return ok
}

// oneOf reports a name that is not in the sorted table.
func (c *checker) oneOf(path string, table []string, name string) {
	switch {
	case known(table, name):
	case name == "":
		c.fail(path, "is required")
	default:
		c.fail(path, "%q is not one of %s", name, strings.Join(table, ", "))
	}
}
