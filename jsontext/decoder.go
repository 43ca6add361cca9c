package specconv

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decoder reads JSON (RFC 8259) straight into the structs of runtime-spec.
//
// Reflection would cost more than all other work on the host before the
// container is cloned: encoding/json learns the shape of every struct anew in
// each process. It also names no property in its syntax errors, takes names in
// any case, and bytes that are no UTF-8.
//
// Reading stops at the first error, which err keeps. Of a property given
// twice the last counts. Null leaves the zero value.
type decoder struct {
	data string
	pos  int
	path []step
	err  error
}

// step is a property or an element of an array.
type step struct {
	name    string
	element bool
	index   int
}

// maxDepth bounds the recursion into values that are skipped; the deepest
// property of the specification is 7 levels down.
const maxDepth = 100

// document reads data, which is to hold one value and nothing else.
func document[T any](data []byte, read func(*decoder, *T)) (*T, error) {
	d := &decoder{data: string(data)}
	if !utf8.ValidString(d.data) {
		d.pos = invalidUTF8(d.data)
		d.fail("invalid UTF-8")
		return nil, d.err
	}
	v := new(T)
	if d.space(); d.peek() != '{' {
		d.fail("an object is wanted, not %s", d.found())
	}
	read(d, v)
	if d.space(); d.err == nil && d.pos < len(d.data) {
		d.fail("nothing may follow the object")
	}
	return v, d.err
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return len(s)
}

// fail keeps the first error, with its place. At the end of the data nothing
// matches, so that every loop ends.
func (d *decoder) fail(format string, args ...any) {
	if d.err != nil {
		return
	}
	before := d.data[:min(d.pos, len(d.data))]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	where := ""
	if len(d.path) > 0 {
		where = " (" + d.property() + ")"
	}
	d.err = fmt.Errorf("line %d, column %d%s: %s", line, column, where, fmt.Sprintf(format, args...))
	d.pos = len(d.data)
}

// property is the place being read, such as process.args[0].
func (d *decoder) property() string {
	path := ""
	for _, s := range d.path {
		if s.element {
			path = at(path, s.index)
		} else {
			path = under(path, s.name)
		}
	}
	return path
}

func (d *decoder) space() {
	for d.pos < len(d.data) {
		switch d.data[d.pos] {
		case ' ', '\n', '\t', '\r':
			d.pos++
		default:
			return
		}
	}
}

// peek is the next byte, 0 at the end.
func (d *decoder) peek() byte {
	if d.pos < len(d.data) {
		return d.data[d.pos]
	}
	return 0
}

// found describes what is there instead of what is wanted.
func (d *decoder) found() string {
	switch b := d.peek(); {
	case d.pos >= len(d.data):
		return "the end of the file"
	case b == '"':
		return "a string"
	case b == '{':
		return "an object"
	case b == '[':
		return "an array"
	case b == '-' || '0' <= b && b <= '9':
		return "a number"
	case b == 't' || b == 'f' || b == 'n':
		return strings.TrimRight(d.data[d.pos:min(d.pos+5, len(d.data))], " \r\n\t,]}")
	default:
		r, _ := utf8.DecodeRuneInString(d.data[d.pos:])
		return strconv.QuoteRune(r)
	}
}

// take steps over a byte that is wanted next.
func (d *decoder) take(want byte) bool {
	if d.peek() == want {
		d.pos++
		return true
	}
	return false
}

// word steps over null, true or false.
func (d *decoder) word(w string) bool {
	if strings.HasPrefix(d.data[d.pos:], w) {
		d.pos += len(w)
		return true
	}
	return false
}

// members yields the name of each property of an object. The loop reads the
// value; a value that it leaves is skipped. For null it yields nothing.
func (d *decoder) members() iter.Seq[string] {
	return func(yield func(string) bool) {
		if d.space(); d.word("null") {
			return
		}
		if !d.take('{') {
			d.fail("an object is wanted, not %s", d.found())
			return
		}
		if d.space(); d.take('}') {
			return
		}
		for d.err == nil {
			d.space()
			if d.peek() != '"' {
				d.fail("a property in quotes is wanted, not %s", d.found())
				return
			}
			name := d.quoted()
			if d.space(); !d.take(':') {
				d.fail("a colon is wanted after %q, not %s", name, d.found())
				return
			}
			d.path = append(d.path, step{name: name})
			start := d.pos
			yield(name)
			if d.pos == start {
				d.skip(0)
			}
			d.path = d.path[:len(d.path)-1]
			if !d.more('}') {
				return
			}
		}
	}
}

// more steps over the comma between members, or the end of them.
func (d *decoder) more(end byte) bool {
	d.space()
	switch {
	case d.err != nil || d.take(end):
		return false
	case d.take(','):
		return true
	}
	d.fail("a comma or %q is wanted, not %s", end, d.found())
	return false
}

// elements yields the index of each element of an array, which the loop reads.
func (d *decoder) elements() iter.Seq[int] {
	return func(yield func(int) bool) {
		if d.space(); d.word("null") {
			return
		}
		if !d.take('[') {
			d.fail("an array is wanted, not %s", d.found())
			return
		}
		if d.space(); d.take(']') {
			return
		}
		d.path = append(d.path, step{element: true})
		for i := 0; d.err == nil; i++ {
			d.path[len(d.path)-1].index = i
			yield(i)
			if !d.more(']') {
				break
			}
		}
		d.path = d.path[:len(d.path)-1]
	}
}

// skip steps over a value of any kind, as properties that are not known must
// be ignored (config.md#extensibility), checking its grammar.
func (d *decoder) skip(depth int) {
	if d.space(); depth > maxDepth {
		d.fail("more than %d levels", maxDepth)
		return
	}
	switch b := d.peek(); {
	case b == '{':
		for range d.members() {
			d.skip(depth + 1)
		}
	case b == '[':
		for range d.elements() {
			d.skip(depth + 1)
		}
	case b == '"':
		d.quoted()
	case d.word("null") || d.word("true") || d.word("false"):
	default:
		d.number()
	}
}

// quoted reads a string. Without escapes it is a part of the data, not a copy.
func (d *decoder) quoted() string {
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
func (d *decoder) escaped(head string) string {
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
func (d *decoder) escape() (rune, bool) {
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
func (d *decoder) unicode() (rune, bool) {
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
func (d *decoder) number() string {
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

func (d *decoder) digits() string {
	start := d.pos
	for d.pos < len(d.data) && '0' <= d.data[d.pos] && d.data[d.pos] <= '9' {
		d.pos++
	}
	return d.data[start:d.pos]
}
