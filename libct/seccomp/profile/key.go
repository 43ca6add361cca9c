package profile

import (
	"encoding/binary"
	"runtime"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// generation changes whenever a profile is compiled differently or stored
// differently than before.
const generation = "rt seccomp 3"

// Key is everything that a compiled program depends on, written out: what the
// compiler reads, and what the cache knows a program by.
type Key []byte

// KeyOf serializes the profile with the version of libseccomp that compiles it. Every
// variable part is preceded by its length and every optional one by whether it
// is there, so no two profiles have the same key. listenerPath and
// listenerMetadata do not bear on the program.
func KeyOf(s *specs.LinuxSeccomp, library string) Key {
	e := make(encoding, 0, 16<<10) // the usual profile takes 10 KiB
	e.text(generation)
	e.text(runtime.GOARCH)
	e.text(library)

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
	return Key(e)
}

// Name is where an entry is looked for. Two keys may share it: what is found
// there says whose it is.
func (k Key) Name() string { return strconv.FormatUint(mix(offset, k), 16) }

// offset is what mix begins with, FNV's offset basis.
const offset = 14695981039346656037

// mix goes on from h over b. It is FNV-1a on words of eight bytes, with the
// upper half folded in. Each step is a bijection of h, so that data that
// differ in one word never have the same sum.
func mix(h uint64, b []byte) uint64 {
	const prime = 1099511628211
	for ; len(b) >= 8; b = b[8:] {
		h = (h ^ binary.LittleEndian.Uint64(b)) * prime
		h ^= h >> 32
	}
	for _, c := range b {
		h = (h ^ uint64(c)) * prime
	}
	return h
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
