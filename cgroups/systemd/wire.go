package systemd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// The wire format of D-Bus (dbus.freedesktop.org/doc/dbus-specification.html),
// as far as a service manager of the same machine needs it: little-endian, no
// descriptors, and no values but those below.

// objectPath is a string of its own type.
type objectPath string

// pair is a struct of two strings.
type pair [2]string

// Property is one of a unit's, with a value that append knows.
type Property struct {
	Name  string
	Value any
}

// auxiliary units come with StartTransientUnit, and there are none.
type auxiliary struct{}

const (
	call   = 1
	reply  = 2
	failed = 3
	signal = 4

	headerSize = 16
	// maxMessage bounds what is kept in memory: the specification allows more
	// than a manager has to say.
	maxMessage = 16 << 20
)

// signature is a value's type as D-Bus writes it.
func signature(v any) string {
	switch v.(type) {
	case string:
		return "s"
	case objectPath:
		return "o"
	case bool:
		return "b"
	case int32:
		return "i"
	case uint32:
		return "u"
	case uint64:
		return "t"
	case []byte:
		return "ay"
	case []uint32:
		return "au"
	case []string:
		return "as"
	case []pair:
		return "a(ss)"
	case []Property:
		return "a(sv)"
	case auxiliary:
		return "a(sa(sv))"
	}
	panic(fmt.Sprintf("%T has no form in D-Bus", v)) // of a caller in this package
}

// encoder appends values, each aligned as its type wants it.
type encoder struct{ buf []byte }

func (e *encoder) align(n int) {
	for len(e.buf)%n != 0 {
		e.buf = append(e.buf, 0)
	}
}

func (e *encoder) uint32(v uint32) {
	e.align(4)
	e.buf = binary.LittleEndian.AppendUint32(e.buf, v)
}

func (e *encoder) text(s string) {
	e.uint32(uint32(len(s)))
	e.buf = append(append(e.buf, s...), 0)
}

func (e *encoder) signature(s string) {
	e.buf = append(append(append(e.buf, byte(len(s))), s...), 0)
}

// array appends what fill does as one array; its length does not count the
// padding before the first element.
func (e *encoder) array(alignment int, fill func()) {
	e.uint32(0)
	length := len(e.buf) - 4
	e.align(alignment)
	start := len(e.buf)
	fill()
	binary.LittleEndian.PutUint32(e.buf[length:], uint32(len(e.buf)-start))
}

func (e *encoder) value(v any) {
	switch v := v.(type) {
	case string:
		e.text(v)
	case objectPath:
		e.text(string(v))
	case bool:
		var n uint32
		if v {
			n = 1
		}
		e.uint32(n)
	case int32:
		e.uint32(uint32(v))
	case uint32:
		e.uint32(v)
	case uint64:
		e.align(8)
		e.buf = binary.LittleEndian.AppendUint64(e.buf, v)
	case []byte:
		e.array(1, func() { e.buf = append(e.buf, v...) })
	default:
		e.list(v)
	}
}

func (e *encoder) list(v any) {
	switch v := v.(type) {
	case []uint32:
		e.array(4, func() {
			for _, n := range v {
				e.uint32(n)
			}
		})
	case []string:
		e.array(4, func() {
			for _, s := range v {
				e.text(s)
			}
		})
	case []pair:
		e.array(8, func() {
			for _, p := range v {
				e.align(8)
				e.text(p[0])
				e.text(p[1])
			}
		})
	case []Property:
		e.array(8, func() {
			for _, p := range v {
				e.align(8)
				e.text(p.Name)
				e.signature(signature(p.Value))
				e.value(p.Value)
			}
		})
	case auxiliary:
		e.array(8, func() {})
	}
}

// Fields of a message's header.
const (
	fieldPath        = 1
	fieldInterface   = 2
	fieldMember      = 3
	fieldError       = 4
	fieldReply       = 5
	fieldDestination = 6
	fieldSender      = 7
	fieldSignature   = 8
)

// encodeCall writes a method call.
func encodeCall(serial uint32, destination string, path objectPath, iface, member string, args ...any) []byte {
	var body encoder
	var types strings.Builder
	for _, a := range args {
		types.WriteString(signature(a))
		body.value(a)
	}
	e := encoder{[]byte{'l', call, 0, 1}}
	e.uint32(uint32(len(body.buf)))
	e.uint32(serial)
	e.array(8, func() {
		field := func(code byte, v any) {
			e.align(8)
			e.buf = append(e.buf, code)
			e.signature(signature(v))
			e.value(v)
		}
		field(fieldPath, path)
		field(fieldInterface, iface)
		field(fieldMember, member)
		if destination != "" {
			field(fieldDestination, destination)
		}
		if len(args) > 0 {
			e.align(8)
			e.buf = append(e.buf, fieldSignature)
			e.signature("g")
			e.signature(types.String())
		}
	})
	e.align(8)
	return append(e.buf, body.buf...)
}

// message is one that was received.
type message struct {
	kind      byte
	reply     uint32 // serial of the call that it answers
	member    string
	iface     string
	errorName string
	sender    string
	signature string
	body      []byte
}

var errMalformed = errors.New("malformed message")

// decode takes one message off buf; n is 0 as long as it is not there whole.
func decode(buf []byte) (m message, n int, err error) {
	if len(buf) < headerSize {
		return m, 0, nil
	}
	if buf[0] != 'l' || buf[3] != 1 {
		return m, 0, errMalformed
	}
	le := binary.LittleEndian
	fields, body := int64(le.Uint32(buf[12:])), int64(le.Uint32(buf[4:]))
	start := (headerSize + fields + 7) &^ 7
	if start+body > maxMessage {
		return m, 0, fmt.Errorf("message of %d bytes: %w", start+body, errMalformed)
	}
	if int64(len(buf)) < start+body {
		return m, 0, nil
	}
	m.kind = buf[1]
	d := decoder{buf: buf[:headerSize+fields], at: headerSize}
	for d.at < len(d.buf) {
		m.field(&d)
		if d.bad {
			return m, 0, errMalformed
		}
	}
	m.body = buf[start : start+body]
	return m, int(start + body), nil
}

// field reads one field of the header.
func (m *message) field(d *decoder) {
	d.align(8)
	code := d.byte()
	switch v := d.basic(d.signature()).(type) {
	case uint32:
		if code == fieldReply {
			m.reply = v
		}
	case string:
		for _, f := range [...]struct {
			code byte
			into *string
		}{
			{fieldInterface, &m.iface}, {fieldMember, &m.member}, {fieldError, &m.errorName},
			{fieldSender, &m.sender}, {fieldSignature, &m.signature},
		} {
			if f.code == code {
				*f.into = v
			}
		}
	}
}

// args reads a body of basic types and of variants that hold one.
func (m *message) args() ([]any, error) {
	d := decoder{buf: m.body}
	var out []any
	for _, kind := range m.signature {
		of := string(kind)
		if of == "v" {
			of = d.signature()
		}
		out = append(out, d.basic(of))
	}
	if d.bad {
		return nil, fmt.Errorf("%w: signature %q", errMalformed, m.signature)
	}
	return out, nil
}

// decoder reads values; bad says that the bytes did not make sense, and what
// was read after it is zero.
type decoder struct {
	buf []byte
	at  int
	bad bool
}

func (d *decoder) take(n int) []byte {
	if d.bad || n < 0 || n > len(d.buf)-d.at {
		d.bad = true
		return make([]byte, 8)
	}
	b := d.buf[d.at : d.at+n]
	d.at += n
	return b
}

func (d *decoder) align(n int) {
	if over := d.at % n; over != 0 {
		d.take(n - over)
	}
}

func (d *decoder) byte() byte { return d.take(1)[0] }

func (d *decoder) uint32() uint32 {
	d.align(4)
	return binary.LittleEndian.Uint32(d.take(4))
}

// terminated reads n bytes and the NUL after them.
func (d *decoder) terminated(n uint32) string {
	if n >= math.MaxInt32 {
		d.bad = true
		return ""
	}
	b := d.take(int(n) + 1)
	if d.bad || b[n] != 0 {
		d.bad = true
		return ""
	}
	return string(b[:n])
}

func (d *decoder) signature() string { return d.terminated(uint32(d.byte())) }

// basic reads a value of a type that is not made of others.
func (d *decoder) basic(kind string) any {
	switch kind {
	case "s", "o":
		return d.terminated(d.uint32())
	case "g":
		return d.signature()
	case "u", "b", "i":
		return d.uint32()
	case "t", "x", "d":
		d.align(8)
		return binary.LittleEndian.Uint64(d.take(8))
	case "y":
		return d.byte()
	}
	d.bad = true
	return nil
}
