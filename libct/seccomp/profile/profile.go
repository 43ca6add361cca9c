// Package profile is what the two sides of compiling linux.seccomp have in
// common: how a profile is written down for the compiler and the cache, what it
// means, and how the result is written down.
//
// It has no effects, and runs in rt and in its compiler. It may import the
// standard library, x/sys/unix for its numbers, and runtime-spec. It knows
// nothing of libseccomp, which only the compiler has.
package profile

// Filter is a compiled profile.
type Filter struct {
	// Program is an array of struct sock_filter in the byte order of the machine.
	Program []byte

	// Flags are SECCOMP_FILTER_FLAG_* for seccomp(2). NEW_LISTENER is never
	// among them: who applies a filter that has Notify set adds it.
	Flags uint32

	// Notify says that a system call can be answered by SCMP_ACT_NOTIFY.
	Notify bool

	// Unknown lists the system calls of the profile that libseccomp has no
	// name for, in the order of the profile. They have no rule.
	Unknown []string
}

// InstructionSize is the size of struct sock_filter.
const InstructionSize = 8

// MaxProgram is the kernel's limit in bytes, BPF_MAXINSNS instructions.
const MaxProgram = 4096 * InstructionSize
