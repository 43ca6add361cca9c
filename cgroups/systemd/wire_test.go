package systemd

import (
	"reflect"
	"testing"
)

// encodeMessage writes what a manager sends.
func encodeMessage(kind byte, replyTo uint32, fields map[byte]string, args ...any) []byte {
	var body encoder
	types := ""
	for _, a := range args {
		if v, ok := a.(variant); ok {
			types += "v"
			body.signature(signature(v.of))
			body.value(v.of)
			continue
		}
		types += signature(a)
		body.value(a)
	}
	e := encoder{[]byte{'l', kind, 0, 1}}
	e.uint32(uint32(len(body.buf)))
	e.uint32(1)
	e.array(8, func() {
		if replyTo != 0 {
			e.align(8)
			e.buf = append(e.buf, fieldReply)
			e.signature("u")
			e.uint32(replyTo)
		}
		for code, text := range fields {
			e.align(8)
			e.buf = append(e.buf, code)
			e.signature("s")
			e.text(text)
		}
		e.align(8)
		e.buf = append(e.buf, fieldSignature)
		e.signature("g")
		e.signature(types)
	})
	e.align(8)
	return append(e.buf, body.buf...)
}

type variant struct{ of any }

func TestEncodeCall(t *testing.T) {
	const fields = "\x01\x01o\x00\x02\x00\x00\x00/o\x00\x00\x00\x00\x00\x00" +
		"\x02\x01s\x00\x03\x00\x00\x00c.d\x00\x00\x00\x00\x00" +
		"\x03\x01s\x00\x01\x00\x00\x00M\x00\x00\x00\x00\x00\x00\x00" +
		"\x06\x01s\x00\x03\x00\x00\x00a.b\x00\x00\x00\x00\x00" +
		"\x08\x01g\x00\x02sb\x00"
	const want = "l\x01\x00\x01" + "\x0c\x00\x00\x00" + "\x07\x00\x00\x00" + "\x48\x00\x00\x00" + fields +
		"\x01\x00\x00\x00x\x00\x00\x00\x01\x00\x00\x00"
	if got := string(encodeCall(7, "a.b", "/o", "c.d", "M", "x", true)); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestEncodeValues(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{uint64(1), "\x01\x00\x00\x00\x00\x00\x00\x00"},
		{int32(-1), "\xff\xff\xff\xff"},
		{[]byte{1, 2}, "\x02\x00\x00\x00\x01\x02"},
		{[]uint32{5}, "\x04\x00\x00\x00\x05\x00\x00\x00"},
		{[]string{"a"}, "\x06\x00\x00\x00\x01\x00\x00\x00a\x00"},
		{[]pair{{"a", "b"}}, "\x0e\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00a\x00\x00\x00\x01\x00\x00\x00b\x00"},
		// The text at 8, its signature at 14, the number at 24.
		{[]Property{{"P", uint64(2)}}, "\x18\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00P\x00\x01t\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"},
		{auxiliary{}, "\x00\x00\x00\x00\x00\x00\x00\x00"},
	} {
		e := encoder{}
		e.value(c.value)
		if string(e.buf) != c.want {
			t.Errorf("%v: %q, want %q", c.value, e.buf, c.want)
		}
	}
}

func TestDecode(t *testing.T) {
	b := encodeMessage(signal, 0, map[byte]string{fieldInterface: managerInterface, fieldMember: "JobRemoved", fieldSender: ":1.1"},
		uint32(9), objectPath("/job/9"), "a.scope", "done")
	for n := range b {
		if _, took, err := decode(b[:n]); took != 0 || err != nil {
			t.Fatalf("%d of %d bytes: took %d, %v", n, len(b), took, err)
		}
	}
	m, n, err := decode(append(b, "more"...))
	if err != nil || n != len(b) || m.iface != managerInterface || m.member != "JobRemoved" || m.sender != ":1.1" {
		t.Fatalf("%+v, %d, %v", m, n, err)
	}
	args, err := m.args()
	if want := []any{uint32(9), "/job/9", "a.scope", "done"}; err != nil || !reflect.DeepEqual(args, want) {
		t.Errorf("%v, %v; want %v", args, err, want)
	}
	m, _, err = decode(encodeMessage(reply, 3, nil, variant{"text"}))
	if err != nil || m.reply != 3 {
		t.Fatalf("%+v, %v", m, err)
	}
	if args, err := m.args(); err != nil || !reflect.DeepEqual(args, []any{"text"}) {
		t.Errorf("%v, %v", args, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := encodeMessage(reply, 3, nil, "text")
	for name, change := range map[string]func(b []byte){
		"another byte order": func(b []byte) { b[0] = 'B' },
		"another version":    func(b []byte) { b[3] = 2 },
		"endless fields":     func(b []byte) { b[15] = 0xff },
		"an endless body":    func(b []byte) { b[7] = 0xff },
		"an unknown type":    func(b []byte) { b[18] = '(' },
	} {
		b := append([]byte(nil), good...)
		change(b)
		if m, n, err := decode(b); err == nil {
			t.Errorf("%s: %+v, %d", name, m, n)
		}
	}
	m, _, err := decode(good)
	if err != nil {
		t.Fatal(err)
	}
	m.signature = "ss"
	if args, err := m.args(); err == nil {
		t.Errorf("an argument that is not there: %v", args)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encodeMessage(reply, 3, nil, "text", uint32(1)))
	f.Add(encodeMessage(failed, 3, map[byte]string{fieldError: errorNoSuchUnit}, "no"))
	f.Add(encodeMessage(signal, 0, map[byte]string{fieldMember: "JobRemoved"}, variant{"x"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			m, n, err := decode(b)
			if err != nil || n == 0 {
				return
			}
			if n < headerSize || n > len(b) {
				t.Fatalf("took %d of %d bytes", n, len(b))
			}
			m.args()
			b = b[n:]
		}
	})
}
