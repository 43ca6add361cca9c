// Package devices decides which device numbers the processes of a cgroup may
// use: linux.resources.devices as rules, as a v1 policy, and as an eBPF
// program for v2. It runs on the host and imports cgfs and runtime-spec.
package devices

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Access bits, numbered as BPF_DEVCG_ACC_* in linux/bpf.h.
const (
	Mknod = 1 << iota
	Read
	Write

	all = Mknod | Read | Write
)

// Any stands for every major or minor number.
const Any = -1

// Rule allows or denies access to devices. A rule for both types is for every
// number and every access; what the configuration says of both types short of
// that comes as one rule for each.
type Rule struct {
	Allow        bool
	Type         byte // 'b', 'c', or 'a' for both
	Major, Minor int64
	Access       uint8
	Property     string
}

const property = "linux.resources.devices"

// defaults are what every runtime allows below a policy that denies: making
// nodes, and using those that each container has (config-linux.md#default-devices).
var defaults = [...]Rule{
	{true, 'c', Any, Any, Mknod, property},
	{true, 'b', Any, Any, Mknod, property},
	{true, 'c', 1, 3, all, property},     // null
	{true, 'c', 1, 5, all, property},     // zero
	{true, 'c', 1, 7, all, property},     // full
	{true, 'c', 1, 8, all, property},     // random
	{true, 'c', 1, 9, all, property},     // urandom
	{true, 'c', 5, 0, all, property},     // tty
	{true, 'c', 5, 2, all, property},     // ptmx
	{true, 'c', 136, Any, all, property}, // pts
}

// Rules parses linux.resources.devices, to be applied in order, the last
// match deciding. What no rule speaks of is denied, but for the devices that
// every container has.
func Rules(entries []specs.LinuxDeviceCgroup) ([]Rule, error) {
	rules := make([]Rule, 0, len(entries)+len(defaults)+1)
	base := Rule{Allow: false, Type: 'a', Major: Any, Minor: Any, Access: all, Property: property}
	rules = append(rules, base)
	var errs []error
	for i, e := range entries {
		r, err := parse(e)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s[%d].%w", property, i, err))
			continue
		}
		r.Property = property + "[" + strconv.Itoa(i) + "]"
		switch {
		case r.Type != 'a':
			rules = append(rules, r)
		case r.Major == Any && r.Minor == Any && r.Access == all:
			// It overrides whatever came before.
			base = r
			rules = append(rules[:0], r)
		default:
			for _, t := range []byte("cb") {
				r.Type = t
				rules = append(rules, r)
			}
		}
	}
	if !base.Allow {
		rules = append(rules, defaults[:]...)
	}
	return rules, errors.Join(errs...)
}

func parse(e specs.LinuxDeviceCgroup) (Rule, error) {
	r := Rule{Allow: e.Allow}
	switch e.Type {
	case "", "a":
		r.Type = 'a'
	case "b", "c":
		r.Type = e.Type[0]
	default:
		return r, fmt.Errorf("type: %q is not a, b or c", e.Type)
	}
	var err error
	if r.Major, err = number("major", e.Major); err != nil {
		return r, err
	}
	if r.Minor, err = number("minor", e.Minor); err != nil {
		return r, err
	}
	for _, c := range e.Access {
		switch c {
		case 'r':
			r.Access |= Read
		case 'w':
			r.Access |= Write
		case 'm':
			r.Access |= Mknod
		default:
			return r, fmt.Errorf("access: %q holds more than r, w and m", e.Access)
		}
	}
	if e.Access == "" {
		r.Access = all
	}
	return r, nil
}

func number(name string, n *int64) (int64, error) {
	switch {
	case n == nil:
		return Any, nil
	case *n < Any || *n > 1<<32-1:
		return 0, fmt.Errorf("%s: %d is not a device number", name, *n)
	}
	return *n, nil
}

// String gives the rule as v1 writes it.
func (r Rule) String() string {
	b := append(make([]byte, 0, 32), r.Type, ' ')
	b = append(appendNumber(b, r.Major), ':')
	b = append(appendNumber(b, r.Minor), ' ')
	for _, a := range [...]struct {
		bit    uint8
		letter byte
	}{{Read, 'r'}, {Write, 'w'}, {Mknod, 'm'}} {
		if r.Access&a.bit != 0 {
			b = append(b, a.letter)
		}
	}
	return string(b)
}

func appendNumber(b []byte, n int64) []byte {
	if n == Any {
		return append(b, '*')
	}
	return strconv.AppendInt(b, n, 10)
}
