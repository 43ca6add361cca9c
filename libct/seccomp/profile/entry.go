package profile

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// An entry, which is what the compiler answers and the cache keeps, is a header, the key, the program and the unknown
// names, separated by NUL:
//
//	0   magic, with the version of this format
//	8   sum of all that follows it: uint64
//	16  flags, notify, lengths of key, program and names: uint32 each
//	36  key, program, names
//
// The sum is for accidents: a file cut short, or full of the zeros that a
// crash leaves.
const (
	entryMagic = "rt-scmp3"
	sumAt      = len(entryMagic)
	bodyAt     = sumAt + 8
	contentAt  = bodyAt + 5*4
)

// Encode writes down the filter that k compiles to.
func Encode(k Key, f *Filter) []byte {
	names := strings.Join(f.Unknown, "\x00")
	e := make([]byte, bodyAt, contentAt+len(k)+len(f.Program)+len(names))
	copy(e, entryMagic)
	var notify uint32
	if f.Notify {
		notify = 1
	}
	for _, n := range [...]uint32{f.Flags, notify, uint32(len(k)), uint32(len(f.Program)), uint32(len(names))} {
		e = binary.LittleEndian.AppendUint32(e, n)
	}
	e = append(e, k...)
	e = append(e, f.Program...)
	e = append(e, names...)
	binary.LittleEndian.PutUint64(e[sumAt:], mix(offset, e[bodyAt:]))
	return e
}

// Decode returns nil unless e is exactly what Encode has made for k, and holds
// a program that the kernel can be asked to take.
func Decode(k Key, e []byte) *Filter {
	if len(e) < contentAt || string(e[:sumAt]) != entryMagic ||
		binary.LittleEndian.Uint64(e[sumAt:]) != mix(offset, e[bodyAt:]) {
		return nil
	}
	body, content := e[bodyAt:contentAt], e[contentAt:]
	field := func(i int) uint32 { return binary.LittleEndian.Uint32(body[4*i:]) }
	source, program, names := uint64(field(2)), uint64(field(3)), uint64(field(4))
	if source+program+names != uint64(len(content)) || program == 0 || program > MaxProgram || program%InstructionSize != 0 {
		return nil
	}
	if !bytes.Equal(content[:source], k) {
		return nil // another profile of the same name
	}
	content = content[source:]
	f := &Filter{Program: content[:program:program], Flags: field(0), Notify: field(1) == 1}
	if names > 0 {
		f.Unknown = strings.Split(string(content[program:]), "\x00")
	}
	return f
}
