package seccomp

import (
	"crypto/sha256"
	"encoding/binary"
	"runtime"

	"github.com/opencontainers/runtime-spec/specs-go"
	libseccomp "github.com/seccomp/libseccomp-golang"
)

// generation changes whenever this package compiles a profile differently or
// stores it differently than before.
const generation = "rt seccomp 1"

// key identifies everything that a compiled program depends on.
type key [sha256.Size]byte

// keyOf hashes the profile with the versions of what compiles it. Every
// variable part is preceded by its length and every optional one by whether it
// is there, so no two profiles have the same encoding. listenerPath and
// listenerMetadata do not bear on the program.
func keyOf(s *specs.LinuxSeccomp) key {
	major, minor, micro := libseccomp.GetLibraryVersion()
	e := make(encoding, 0, 16<<10) // the usual profile takes 10 KiB
	e.text(generation)
	e.text(runtime.GOARCH)
	e.number(uint64(major))
	e.number(uint64(minor))
	e.number(uint64(micro))

	e.text(string(s.DefaultAction))
	e.optional(s.DefaultErrnoRet)
	e.number(uint64(len(s.Architectures)))
	for _, a := range s.Architectures {
		e.text(string(a))
	}
	e.bool(s.Flags != nil) // no flags and an empty list of them differ
	e.number(uint64(len(s.Flags)))
	for _, f := range s.Flags {
		e.text(string(f))
	}
	e.number(uint64(len(s.Syscalls)))
	for i := range s.Syscalls {
		e.syscall(&s.Syscalls[i])
	}
	return sha256.Sum256(e)
}

// encoding is an unambiguous serialization in the making.
type encoding []byte

func (e *encoding) syscall(s *specs.LinuxSyscall) {
	e.number(uint64(len(s.Names)))
	for _, n := range s.Names {
		e.text(n)
	}
	e.text(string(s.Action))
	e.optional(s.ErrnoRet)
	e.number(uint64(len(s.Args)))
	for _, a := range s.Args {
		e.number(uint64(a.Index))
		e.number(a.Value)
		e.number(a.ValueTwo)
		e.text(string(a.Op))
	}
}

func (e *encoding) text(s string) {
	e.number(uint64(len(s)))
	*e = append(*e, s...)
}

func (e *encoding) number(n uint64) { *e = binary.AppendUvarint(*e, n) }

func (e *encoding) bool(b bool) {
	if b {
		*e = append(*e, 1)
	} else {
		*e = append(*e, 0)
	}
}

func (e *encoding) optional(n *uint) {
	e.bool(n != nil)
	if n != nil {
		e.number(uint64(*n))
	}
}
