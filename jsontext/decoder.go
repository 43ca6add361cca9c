package jsontext

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Decoder reads a JSON text straight into a struct. A value of another kind
// than is wanted is stepped over, so that all such are reported at once; what
// is no JSON ends the reading, and everything is an empty value from then on.
// Of a property given twice the last counts. Null leaves the zero value.
type Decoder struct {
	data string
	pos  int
	path []step
	errs faults
	done bool // there is nothing left to read, or no sense in it
}

// faults are reported on one line.
type faults []string

func (f faults) Error() string { return strings.Join(f, "; ") }

// maxFaults bounds what is reported of a text that somebody made to be wrong.
const maxFaults = 20

// step is a property or an element of an array.
type step struct {
	name    string
	element bool
	index   int
}

// maxDepth bounds the recursion into values that are skipped; the deepest
// property of the specification is 7 levels down.
const maxDepth = 100

// Decode reads data, which is to hold one object and nothing else. The error
// names line, column and property of all that is wrong; the value is the rest.
func Decode[T any](data []byte, read func(*Decoder, *T)) (*T, error) {
	d := &Decoder{data: string(data)}
	if !utf8.ValidString(d.data) {
		d.pos = invalidUTF8(d.data)
		d.fail("invalid UTF-8")
		return nil, d.errs
	}
	v := new(T)
	if d.space(); d.peek() != '{' {
		d.fail("an object is wanted, not %s", d.found())
	}
	read(d, v)
	if d.space(); !d.done && d.pos < len(d.data) {
		d.fail("nothing may follow the object")
	}
	if d.errs != nil {
		return v, d.errs
	}
	return v, nil
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

// fail ends the reading. At the end of the data nothing matches, so that every
// loop ends.
func (d *Decoder) fail(format string, args ...any) {
	d.report(format, args...)
	d.done = true
	d.pos = len(d.data)
}

// mismatch steps over a value of the wrong kind. What is wrong inside it says
// no more.
func (d *Decoder) mismatch(format string, args ...any) {
	d.report(format, args...)
	if known := len(d.errs); known < maxFaults {
		d.skip(0)
		d.errs = d.errs[:known]
	} else {
		d.fail("and perhaps more")
	}
}

// report keeps an error with its place.
func (d *Decoder) report(format string, args ...any) {
	if d.done {
		return
	}
	before := d.data[:min(d.pos, len(d.data))]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	where := ""
	if len(d.path) > 0 {
		where = " (" + d.property() + ")"
	}
	d.errs = append(d.errs, fmt.Sprintf("line %d, column %d%s: %s", line, column, where, fmt.Sprintf(format, args...)))
}

// property is the place being read, such as process.args[0].
func (d *Decoder) property() string {
	path := ""
	for _, s := range d.path {
		if s.element {
			path = At(path, s.index)
		} else {
			path = Under(path, s.name)
		}
	}
	return path
}

func (d *Decoder) space() {
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
func (d *Decoder) peek() byte {
	if d.pos < len(d.data) {
		return d.data[d.pos]
	}
	return 0
}

// found describes what is there instead of what is wanted.
func (d *Decoder) found() string {
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
	case 'a' <= b && b <= 'z':
		word, end := d.data[d.pos:min(d.pos+20, len(d.data))], 0
		for end < len(word) && 'a' <= word[end] && word[end] <= 'z' {
			end++
		}
		return word[:end]
	default:
		r, _ := utf8.DecodeRuneInString(d.data[d.pos:])
		return strconv.QuoteRune(r)
	}
}

// take steps over a byte that is wanted next.
func (d *Decoder) take(want byte) bool {
	if d.peek() == want {
		d.pos++
		return true
	}
	return false
}

// word steps over null, true or false.
func (d *Decoder) word(w string) bool {
	if strings.HasPrefix(d.data[d.pos:], w) {
		d.pos += len(w)
		return true
	}
	return false
}

// Members yields the name of each property of an object. The loop reads the
// value; a value that it leaves is skipped, and so is all after a break. For
// null it yields nothing.
func (d *Decoder) Members() iter.Seq[string] {
	return func(yield func(string) bool) {
		if d.space(); d.word("null") {
			return
		}
		if !d.take('{') {
			d.mismatch("an object is wanted, not %s", d.found())
			return
		}
		if d.space(); d.take('}') {
			return
		}
		for wanted := true; !d.done; {
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
			wanted = wanted && yield(name)
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
func (d *Decoder) more(end byte) bool {
	d.space()
	switch {
	case d.done || d.take(end):
		return false
	case d.take(','):
		return true
	}
	d.fail("a comma or %q is wanted, not %s", end, d.found())
	return false
}

// elements yields the index of each element of an array, which the loop reads
// without a break.
func (d *Decoder) elements() iter.Seq[int] {
	return func(yield func(int) bool) {
		if d.space(); d.word("null") {
			return
		}
		if !d.take('[') {
			d.mismatch("an array is wanted, not %s", d.found())
			return
		}
		if d.space(); d.take(']') {
			return
		}
		d.path = append(d.path, step{element: true})
		for i := 0; !d.done; i++ {
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
func (d *Decoder) skip(depth int) {
	if d.space(); depth > maxDepth {
		d.fail("more than %d levels", maxDepth)
		return
	}
	switch b := d.peek(); {
	case b == '{':
		for range d.Members() {
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
