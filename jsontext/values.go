package jsontext

import (
	"strconv"
	"time"
)

// Each of these reads one value into v, which null leaves as it is.

// Text reads a string.
func Text[T ~string](d *Decoder, v *T) {
	if d.space(); d.word("null") {
		return
	}
	if d.peek() != '"' {
		d.mismatch("a string is wanted, not %s", d.found())
		return
	}
	*v = T(d.quoted())
}

// Bool reads true or false.
func Bool(d *Decoder, v *bool) {
	switch d.space(); {
	case d.word("true"):
		*v = true
	case d.word("false"):
		*v = false
	case d.word("null"):
	default:
		d.mismatch("true or false is wanted, not %s", d.found())
	}
}

// Int reads a whole number that fits its type.
func Int[T ~int | ~int32 | ~int64](d *Decoder, v *T) {
	if s, ok := d.numeral(); ok {
		n, err := strconv.ParseInt(s, 10, 64)
		if *v = T(n); err != nil || int64(*v) != n {
			d.outOfRange(s)
		}
	}
}

// Uint reads a whole number that fits its type and is not negative.
func Uint[T ~uint | ~uint16 | ~uint32 | ~uint64](d *Decoder, v *T) {
	if s, ok := d.numeral(); ok {
		n, err := strconv.ParseUint(s, 10, 64)
		if *v = T(n); err != nil || uint64(*v) != n {
			d.outOfRange(s)
		}
	}
}

// numeral is the text of a number, or not ok for null.
func (d *Decoder) numeral() (s string, ok bool) {
	if d.space(); d.word("null") {
		return "", false
	}
	if b := d.peek(); b != '-' && (b < '0' || b > '9') {
		d.mismatch("a number is wanted, not %s", d.found())
		return "", false
	}
	s = d.number()
	return s, !d.done
}

func (d *Decoder) outOfRange(s string) {
	d.pos -= len(s)
	d.mismatch("%s is not a whole number in the range of this property", s)
}

// Time reads a time as RFC 3339 has it.
func Time(d *Decoder, v *time.Time) {
	d.space()
	start := d.pos
	var s string
	if Text(d, &s); s == "" {
		return
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		d.pos = start
		d.mismatch("%q is not a time", s)
	}
	*v = t
}

// Pointer reads a value that may be unset, to which null sets it.
func Pointer[T any](d *Decoder, v **T, read func(*Decoder, *T)) {
	*v = nil
	if d.space(); d.word("null") {
		return
	}
	*v = new(T)
	read(d, *v)
}

// List reads an array of any length, nil for an empty one.
func List[T any](d *Decoder, v *[]T, read func(*Decoder, *T)) {
	*v = nil
	for i := range d.elements() {
		var zero T
		*v = append(*v, zero)
		read(d, &(*v)[i])
	}
}

// Dict reads an object whose names are keys, nil for an empty one.
func Dict[T any](d *Decoder, v *map[string]T, read func(*Decoder, *T)) {
	*v = nil
	for name := range d.Members() {
		if *v == nil {
			*v = make(map[string]T)
		}
		var e T
		read(d, &e)
		(*v)[name] = e
	}
}
