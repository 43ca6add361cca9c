package profile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"reflect"
	"testing"
)

func planted() *Filter {
	return &Filter{Program: []byte{6, 0, 0, 0, 0, 0, 0xff, 0x7f}, Flags: 7, Notify: true, Unknown: []string{"a", "", "b"}}
}

func TestDistrustedEntries(t *testing.T) {
	k := Key("a key")
	if got := Decode(k, Encode(k, planted())); !reflect.DeepEqual(got, planted()) {
		t.Fatalf("came back as %+v", got)
	}
	for _, tt := range []struct {
		name  string
		spoil func(e []byte) []byte
	}{
		{"empty", func(e []byte) []byte { return nil }},
		{"header only", func(e []byte) []byte { return e[:contentAt] }},
		{"cut", func(e []byte) []byte { return e[:len(e)-1] }},
		{"longer", func(e []byte) []byte { return append(e, 0) }},
		{"wrong magic", func(e []byte) []byte { e[0] ^= 1; return e }},
		{"wrong sum", func(e []byte) []byte { e[sumAt] ^= 1; return e }},
		{"wrong key", func(e []byte) []byte { e[contentAt] ^= 1; return withSum(e) }},
		{"torn", func(e []byte) []byte { clear(e[len(e)/2:]); return e }},
		{"wrong flags", func(e []byte) []byte { e[bodyAt] ^= 1; return e }},
		{"wrong program", func(e []byte) []byte { e[len(e)-len("a\x00\x00b")-1] ^= 1; return e }},
		{"another key", func([]byte) []byte { return Encode(Key("another"), planted()) }},
		{"no program", func([]byte) []byte { return Encode(k, &Filter{}) }},
		{"half an instruction", func([]byte) []byte { return Encode(k, &Filter{Program: make([]byte, 12)}) }},
		{"too long a program", func([]byte) []byte { return Encode(k, &Filter{Program: make([]byte, MaxProgram+8)}) }},
	} {
		if got := Decode(k, tt.spoil(Encode(k, planted()))); got != nil {
			t.Errorf("%s: taken as %+v", tt.name, got)
		}
	}
}

func FuzzDecodeEntry(f *testing.F) {
	k := Key("a key")
	f.Add([]byte{})
	f.Add(Encode(k, planted()))
	f.Add(Encode(k, &Filter{Program: make([]byte, 16)}))
	f.Fuzz(func(t *testing.T, body []byte) {
		// As it is, and with a sum that fits, so that the rest is reached.
		for _, e := range [][]byte{body, withSum(body)} {
			got := Decode(k, e)
			if got == nil {
				continue
			}
			if len(got.Program) == 0 || len(got.Program)%InstructionSize != 0 || len(got.Program) > MaxProgram {
				t.Fatalf("program of %d bytes", len(got.Program))
			}
			again := Decode(k, Encode(k, got))
			if again == nil || !bytes.Equal(again.Program, got.Program) || fmt.Sprint(again) != fmt.Sprint(got) {
				t.Fatalf("%+v became %+v", got, again)
			}
		}
	})
}

func withSum(body []byte) []byte {
	e := bytes.Clone(body)
	if len(e) >= contentAt {
		copy(e, entryMagic)
		binary.LittleEndian.PutUint64(e[sumAt:], mix(offset, e[bodyAt:]))
	}
	return e
}
