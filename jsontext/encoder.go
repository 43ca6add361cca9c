package jsontext

import (
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Encoder writes a JSON text, value after value; commas and white space are
// its own affair. The zero value is ready to use.
type Encoder struct {
	Indent string // for each level, a value to a line; "" is all in one line

	buf   []byte
	depth int
}

// Bytes is what was written.
func (e *Encoder) Bytes() []byte { return e.buf }

// Object writes an object. In it, members calls Name before each value.
func (e *Encoder) Object(members func()) { e.nested('{', members, '}') }

// Array writes an array of the values that elements writes.
func (e *Encoder) Array(elements func()) { e.nested('[', elements, ']') }

// Name begins a member of an object; what is written next is its value.
func (e *Encoder) Name(name string) *Encoder {
	e.Text(name)
	e.buf = append(e.buf, ':')
	if e.Indent != "" {
		e.buf = append(e.buf, ' ')
	}
	return e
}

// Text writes a string.
func (e *Encoder) Text(s string) {
	e.next()
	e.buf = appendText(e.buf, s)
}

// Int writes a number.
func (e *Encoder) Int(n int) {
	e.next()
	e.buf = strconv.AppendInt(e.buf, int64(n), 10)
}

// Uint writes a number.
func (e *Encoder) Uint(n uint64) {
	e.next()
	e.buf = strconv.AppendUint(e.buf, n, 10)
}

// Bool writes true or false.
func (e *Encoder) Bool(b bool) {
	e.next()
	e.buf = strconv.AppendBool(e.buf, b)
}

// Null writes null.
func (e *Encoder) Null() {
	e.next()
	e.buf = append(e.buf, "null"...)
}

// Time writes a time as RFC 3339 has it, to the nanosecond.
func (e *Encoder) Time(t time.Time) { e.Text(t.Format(time.RFC3339Nano)) }

// List writes an array of strings.
func (e *Encoder) List(list []string) {
	e.Array(func() {
		for _, s := range list {
			e.Text(s)
		}
	})
}

// Dict writes an object of strings, sorted by name.
func (e *Encoder) Dict(dict map[string]string) {
	e.Object(func() {
		for _, name := range slices.Sorted(maps.Keys(dict)) {
			e.Name(name).Text(dict[name])
		}
	})
}

// next goes to where a value can stand.
func (e *Encoder) next() {
	switch e.last() {
	case 0, ':', ' ': // the first of all, or after a name
		return
	case '{', '[':
	default:
		e.buf = append(e.buf, ',')
	}
	e.line()
}

// last is the byte written last. No value ends with one that begins an object
// or an array, or that follows a name.
func (e *Encoder) last() byte {
	if len(e.buf) == 0 {
		return 0
	}
	return e.buf[len(e.buf)-1]
}

// line begins a new line, where there are lines.
func (e *Encoder) line() {
	if e.Indent == "" {
		return
	}
	e.buf = append(e.buf, '\n')
	for range e.depth {
		e.buf = append(e.buf, e.Indent...)
	}
}

func (e *Encoder) nested(begin byte, write func(), end byte) {
	e.next()
	e.buf = append(e.buf, begin)
	e.depth++
	write()
	e.depth--
	if e.last() != begin {
		e.line()
	}
	e.buf = append(e.buf, end)
}

// appendText writes a string (RFC 8259, section 7). What is not UTF-8 becomes
// U+FFFD, as text in JSON must be UTF-8.
func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
