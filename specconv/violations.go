package specconv

import (
	"fmt"
	"strings"

	"rt/jsontext"
)

// Violation is one property of config.json that breaks the specification or
// that the kernel could not carry out.
type Violation struct {
	Path    string // such as process.rlimits[2].type
	Message string
}

// Violations are all that is wrong with a configuration, in the order of the
// checks.
type Violations []Violation

// Error lists every violation on one line.
func (v Violations) Error() string {
	parts := make([]string, len(v))
	for i, x := range v {
		parts[i] = x.Path + ": " + x.Message
	}
	return "invalid configuration: " + strings.Join(parts, "; ")
}

// checker gathers what the checks find.
type checker struct {
	host       Host
	violations Violations
	warnings   []string
}

func (c *checker) fail(path, format string, args ...any) {
	c.violations = append(c.violations, Violation{path, fmt.Sprintf(format, args...)})
}

func (c *checker) warn(path, format string, args ...any) {
	c.warnings = append(c.warnings, path+": "+fmt.Sprintf(format, args...))
}

// err is nil or all Violations.
func (c *checker) err() error {
	if len(c.violations) == 0 {
		return nil
	}
	return c.violations
}

// at is the path of an element of an array. Paths are put together only
// where one is reported, as most configurations are right.
func at(path string, index int) string { return jsontext.At(path, index) }

func under(path, name string) string { return jsontext.Under(path, name) }

// text reports a string that cannot be handed to the kernel, and says
// whether it can.
func (c *checker) text(path, s string) bool {
	if strings.IndexByte(s, 0) < 0 {
		return true
	}
	c.fail(path, "%q contains a NUL byte", s)
	return false
}

// texts is text for every element.
func (c *checker) texts(path string, list []string) {
	for i, s := range list {
		if strings.IndexByte(s, 0) >= 0 {
			c.text(at(path, i), s)
		}
	}
}

// absolute reports a path that is not absolute, and says whether it is.
func (c *checker) absolute(path, value string) bool {
	switch {
	case value == "":
		c.fail(path, "is required")
	case value[0] != '/':
		c.fail(path, "path %q is not absolute", value)
	default:
		return c.text(path, value)
	}
	return false
}

// member finds name in a table, and reports it when it is not there.
func member[T any, S ~string](c *checker, path string, table []named[T], name S) (T, bool) {
	for _, e := range table {
		if e.name == string(name) {
			return e.value, true
		}
	}
	var zero T
	if name == "" {
		c.fail(path, "is required")
	} else {
		c.fail(path, "%q is not one of %s", name, strings.Join(names(table), ", "))
	}
	return zero, false
}

// named is an entry of the tables of names.
type named[T any] struct {
	name  string
	value T
}

func names[T any](table []named[T]) []string {
	list := make([]string, len(table))
	for i, e := range table {
		list[i] = e.name
	}
	return list
}
