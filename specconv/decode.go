package specconv

import (
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// What follows says which property of config.json goes where; each function
// reads one object of the specification. TestDecodeEverything compares it
// with the json tags of runtime-spec, so that no property is forgotten.

func text[T ~string](d *decoder, v *T) {
	if d.space(); d.word("null") {
		return
	}
	if d.peek() != '"' {
		d.fail("a string is wanted, not %s", d.found())
		return
	}
	*v = T(d.quoted())
}

func boolean(d *decoder, v *bool) {
	switch d.space(); {
	case d.word("true"):
		*v = true
	case d.word("false"):
		*v = false
	case d.word("null"):
	default:
		d.fail("true or false is wanted, not %s", d.found())
	}
}

func integer[T ~int | ~int32 | ~int64](d *decoder, v *T) {
	if s, ok := d.numeral(); ok {
		n, err := strconv.ParseInt(s, 10, 64)
		if *v = T(n); err != nil || int64(*v) != n {
			d.outOfRange(s)
		}
	}
}

func natural[T ~uint | ~uint16 | ~uint32 | ~uint64](d *decoder, v *T) {
	if s, ok := d.numeral(); ok {
		n, err := strconv.ParseUint(s, 10, 64)
		if *v = T(n); err != nil || uint64(*v) != n {
			d.outOfRange(s)
		}
	}
}

// numeral is the text of a number, or not ok for null.
func (d *decoder) numeral() (s string, ok bool) {
	if d.space(); d.word("null") {
		return "", false
	}
	if b := d.peek(); b != '-' && (b < '0' || b > '9') {
		d.fail("a number is wanted, not %s", d.found())
		return "", false
	}
	s = d.number()
	return s, d.err == nil
}

func (d *decoder) outOfRange(s string) {
	d.pos -= len(s)
	d.fail("%s is not a whole number in the range of this property", s)
}

// pointer reads a value that may be unset.
func pointer[T any](d *decoder, v **T, read func(*decoder, *T)) {
	*v = nil
	if d.space(); d.word("null") {
		return
	}
	*v = new(T)
	read(d, *v)
}

func list[T any](d *decoder, v *[]T, read func(*decoder, *T)) {
	*v = nil
	for i := range d.elements() {
		var zero T
		*v = append(*v, zero)
		read(d, &(*v)[i])
	}
}

func dict[T any](d *decoder, v *map[string]T, read func(*decoder, *T)) {
	*v = nil
	for name := range d.members() {
		if *v == nil {
			*v = make(map[string]T)
		}
		var e T
		read(d, &e)
		(*v)[name] = e
	}
}

func readSpec(d *decoder, v *specs.Spec) {
	for name := range d.members() {
		switch name {
		case "ociVersion":
			text(d, &v.Version)
		case "process":
			pointer(d, &v.Process, readProcess)
		case "root":
			pointer(d, &v.Root, readRoot)
		case "hostname":
			text(d, &v.Hostname)
		case "domainname":
			text(d, &v.Domainname)
		case "mounts":
			list(d, &v.Mounts, readMount)
		case "hooks":
			pointer(d, &v.Hooks, readHooks)
		case "annotations":
			dict(d, &v.Annotations, text)
		case "linux":
			pointer(d, &v.Linux, readLinux)
		}
	}
}

func readRoot(d *decoder, v *specs.Root) {
	for name := range d.members() {
		switch name {
		case "path":
			text(d, &v.Path)
		case "readonly":
			boolean(d, &v.Readonly)
		}
	}
}

func readMount(d *decoder, v *specs.Mount) {
	for name := range d.members() {
		switch name {
		case "destination":
			text(d, &v.Destination)
		case "type":
			text(d, &v.Type)
		case "source":
			text(d, &v.Source)
		case "options":
			list(d, &v.Options, text)
		case "uidMappings":
			list(d, &v.UIDMappings, readIDMapping)
		case "gidMappings":
			list(d, &v.GIDMappings, readIDMapping)
		}
	}
}

func readIDMapping(d *decoder, v *specs.LinuxIDMapping) {
	for name := range d.members() {
		switch name {
		case "containerID":
			natural(d, &v.ContainerID)
		case "hostID":
			natural(d, &v.HostID)
		case "size":
			natural(d, &v.Size)
		}
	}
}

func readHooks(d *decoder, v *specs.Hooks) {
	for name := range d.members() {
		switch name {
		case "prestart":
			//lint:ignore SA1019 deprecated, and engines still use it
			list(d, &v.Prestart, readHook)
		case "createRuntime":
			list(d, &v.CreateRuntime, readHook)
		case "createContainer":
			list(d, &v.CreateContainer, readHook)
		case "startContainer":
			list(d, &v.StartContainer, readHook)
		case "poststart":
			list(d, &v.Poststart, readHook)
		case "poststop":
			list(d, &v.Poststop, readHook)
		}
	}
}

func readHook(d *decoder, v *specs.Hook) {
	for name := range d.members() {
		switch name {
		case "path":
			text(d, &v.Path)
		case "args":
			list(d, &v.Args, text)
		case "env":
			list(d, &v.Env, text)
		case "timeout":
			pointer(d, &v.Timeout, integer)
		}
	}
}
