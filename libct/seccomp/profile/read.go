package profile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Read gives the profile that KeyOf has written down. It takes nothing that
// KeyOf does not write for this generation, architecture and library.
func (k Key) Read(library string) (*specs.LinuxSeccomp, error) {
	d := decoding{rest: k}
	if theirs := d.text(); theirs != generation {
		return nil, fmt.Errorf("read profile: it is of generation %q, not %q", theirs, generation)
	}
	d.text() // the architecture, which the last comparison checks
	if theirs := d.text(); theirs != library {
		return nil, fmt.Errorf("read profile: it is for libseccomp %q, not %q", theirs, library)
	}
	var s specs.LinuxSeccomp
	s.DefaultAction = specs.LinuxSeccompAction(d.text())
	s.DefaultErrnoRet = d.optional()
	for range d.count() {
		s.Architectures = append(s.Architectures, specs.Arch(d.text()))
	}
	if d.bool() {
		s.Flags = []specs.LinuxSeccompFlag{}
	}
	for range d.count() {
		s.Flags = append(s.Flags, specs.LinuxSeccompFlag(d.text()))
	}
	for range d.count() {
		s.Syscalls = append(s.Syscalls, d.syscall())
	}
	if d.short || !bytes.Equal(KeyOf(&s, library), k) {
		return nil, errors.New("read profile: it is damaged")
	}
	return &s, nil
}

// decoding takes an encoding apart. Once it was too short for what was asked,
// all that it gives is zero.
type decoding struct {
	rest  []byte
	short bool
}

func (d *decoding) syscall() specs.LinuxSyscall {
	var s specs.LinuxSyscall
	for range d.count() {
		s.Names = append(s.Names, d.text())
	}
	s.Action = specs.LinuxSeccompAction(d.text())
	s.ErrnoRet = d.optional()
	for range d.count() {
		s.Args = append(s.Args, specs.LinuxSeccompArg{
			Index:    uint(d.number()),
			Value:    d.number(),
			ValueTwo: d.number(),
			Op:       specs.LinuxSeccompOperator(d.text()),
		})
	}
	return s
}

func (d *decoding) number() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.short, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

// count is the length of what follows, of which each part takes a byte or more.
func (d *decoding) count() int {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.short, d.rest = true, nil
		return 0
	}
	return int(n)
}

func (d *decoding) text() string {
	n := d.count()
	text := string(d.rest[:n])
	d.rest = d.rest[n:]
	return text
}

func (d *decoding) bool() bool { return d.number() == 1 }

func (d *decoding) optional() *uint {
	if !d.bool() {
		return nil
	}
	n := uint(d.number())
	return &n
}
