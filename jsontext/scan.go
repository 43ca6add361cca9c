package jsontext

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// quoted reads a string. Without escapes it is a part of the data, not a copy.
func (d *Decoder) quoted() string {
	start := d.pos + 1
	for i := start; i < len(d.data); i++ {
		switch b := d.data[i]; {
		case b == '"':
			d.pos = i + 1
			return d.data[start:i]
		case b == '\\':
			d.pos = i
			return d.escaped(d.data[start:i])
		case b < ' ':
			d.pos = i
			d.fail("control character %q in a string", b)
			return ""
		}
	}
	d.fail("a string has no end")
	return ""
}

// escaped reads the rest of a string from its first backslash on.
func (d *Decoder) escaped(head string) string {
	var b strings.Builder
	b.WriteString(head)
	for d.pos < len(d.data) {
		switch c := d.data[d.pos]; {
		case c == '"':
			d.pos++
			return b.String()
		case c < ' ':
			d.fail("control character %q in a string", c)
			return ""
		case c != '\\':
			b.WriteByte(c)
			d.pos++
		default:
			r, ok := d.escape()
			if !ok {
				d.fail("invalid escape in a string")
				return ""
			}
			b.WriteRune(r)
		}
	}
	d.fail("a string has no end")
	return ""
}

// escape reads one escape sequence, or two that are a surrogate pair. Half a
// pair becomes U+FFFD.
func (d *Decoder) escape() (rune, bool) {
	if d.pos+1 >= len(d.data) {
		return 0, false
	}
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if i := strings.IndexByte(from, d.data[d.pos+1]); i >= 0 {
		d.pos += 2
		return rune(to[i]), true
	}
	r, ok := d.unicode()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	back := d.pos
	if low, ok := d.unicode(); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, true
		}
	}
	d.pos = back
	return utf8.RuneError, true
}

// unicode reads \uXXXX.
func (d *Decoder) unicode() (rune, bool) {
	const size = len(`\uXXXX`)
	if !strings.HasPrefix(d.data[d.pos:], `\u`) || len(d.data) < d.pos+size {
		return 0, false
	}
	hex := d.data[d.pos+2 : d.pos+size]
	n, err := strconv.ParseUint(hex, 16, 16)
	if err != nil {
		return 0, false
	}
	d.pos += size
	return rune(n), true
}

// number steps over a number and returns its text.
func (d *Decoder) number() string {
	start := d.pos
	d.take('-')
	switch first := d.digits(); {
	case first == "":
		d.fail("a value is wanted, not %s", d.found())
		return ""
	case len(first) > 1 && first[0] == '0':
		d.fail("a number must not begin with 0")
		return ""
	}
	if d.take('.') && d.digits() == "" {
		d.fail("a digit is wanted, not %s", d.found())
		return ""
	}
	if d.take('e') || d.take('E') {
		if !d.take('+') {
			d.take('-')
		}
		if d.digits() == "" {
			d.fail("a digit is wanted, not %s", d.found())
			return ""
		}
	}
	return d.data[start:d.pos]
}

func (d *Decoder) digits() string {
	start := d.pos
	for d.pos < len(d.data) && '0' <= d.data[d.pos] && d.data[d.pos] <= '9' {
		d.pos++
	}
	return d.data[start:d.pos]
}
