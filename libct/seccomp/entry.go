package seccomp

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

// An entry of the cache is a header, the program and the unknown names, separated
// by NUL:
//
//	0   magic
//	8   sha256 of the key and all that follows the digest
//	40  flags, notify, length of program, length of names: uint32 each
//	56  program, names
//
// The key is in the digest so that an entry is good under its own name only.
const (
	entryMagic = "rt-scmp1"
	digestAt   = len(entryMagic)
	bodyAt     = digestAt + sha256.Size
	contentAt  = bodyAt + 4*4

	maxEntry int64 = int64(contentAt + maxProgram + 64<<10)
)

func encodeEntry(k key, f *Filter) []byte {
	names := strings.Join(f.Unknown, "\x00")
	e := make([]byte, contentAt, contentAt+len(f.Program)+len(names))
	copy(e, entryMagic)
	body := e[bodyAt:]
	binary.LittleEndian.PutUint32(body, f.Flags)
	if f.Notify {
		binary.LittleEndian.PutUint32(body[4:], 1)
	}
	binary.LittleEndian.PutUint32(body[8:], uint32(len(f.Program)))
	binary.LittleEndian.PutUint32(body[12:], uint32(len(names)))
	e = append(e, f.Program...)
	e = append(e, names...)
	digest := entryDigest(k, e)
	copy(e[digestAt:], digest[:])
	return e
}

// decodeEntry returns nil unless e is exactly what encodeEntry has made for k.
func decodeEntry(k key, e []byte) *Filter {
	if len(e) < contentAt || string(e[:digestAt]) != entryMagic {
		return nil
	}
	if digest := entryDigest(k, e); !bytes.Equal(digest[:], e[digestAt:bodyAt]) {
		return nil
	}
	body, content := e[bodyAt:], e[contentAt:]
	program := uint64(binary.LittleEndian.Uint32(body[8:]))
	names := uint64(binary.LittleEndian.Uint32(body[12:]))
	if program+names != uint64(len(content)) || program == 0 || program > maxProgram || program%sockFilterSize != 0 {
		return nil
	}
	f := &Filter{
		Program: content[:program:program],
		Flags:   binary.LittleEndian.Uint32(body),
		Notify:  binary.LittleEndian.Uint32(body[4:]) == 1,
	}
	if names > 0 {
		f.Unknown = strings.Split(string(content[program:]), "\x00")
	}
	return f
}

func entryDigest(k key, e []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(k[:])
	h.Write(e[bodyAt:])
	return [sha256.Size]byte(h.Sum(nil))
}
