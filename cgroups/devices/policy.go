package devices

import (
	"errors"
	"fmt"

	"rt/cgroups/cgfs"
)

// Policy is all that a v1 devices cgroup can hold: one answer for every
// device, and exceptions that all say the opposite.
type Policy struct {
	Allow  bool
	Except []Rule
}

// NewPolicy brings rules into the form of v1. Rules that it has no form for,
// such as one device denied out of an allowed range, are reported: the kernel
// would drop them without a word.
func NewPolicy(rules []Rule) (Policy, error) {
	var p Policy
	var errs []error
	for _, r := range rules {
		switch {
		case r.Type == 'a':
			p = Policy{Allow: r.Allow}
		case r.Allow == p.Allow:
			errs = append(errs, p.remove(r))
		default:
			p.add(r)
		}
	}
	return p, errors.Join(errs...)
}

func (p *Policy) add(r Rule) {
	for i := range p.Except {
		if p.Except[i].same(r) {
			p.Except[i].Access |= r.Access
			return
		}
	}
	p.Except = append(p.Except, r)
}

func (p *Policy) remove(r Rule) error {
	kept := p.Except[:0]
	for _, e := range p.Except {
		if e.Access&r.Access != 0 && e.meets(r) {
			if !r.covers(e) {
				return fmt.Errorf("%s: cgroup v1 cannot take %q out of %q (%s)", r.Property, r, e, e.Property)
			}
			e.Access &^= r.Access
		}
		if e.Access != 0 {
			kept = append(kept, e)
		}
	}
	p.Except = kept
	return nil
}

func (r Rule) same(o Rule) bool {
	return r.Type == o.Type && r.Major == o.Major && r.Minor == o.Minor
}

// meets reports whether some device is named by both rules.
func (r Rule) meets(o Rule) bool {
	either := func(a, b int64) bool { return a == b || a == Any || b == Any }
	return r.Type == o.Type && either(r.Major, o.Major) && either(r.Minor, o.Minor)
}

// covers reports whether every device of o is one of r.
func (r Rule) covers(o Rule) bool {
	within := func(a, b int64) bool { return a == Any || a == b }
	return r.Type == o.Type && within(r.Major, o.Major) && within(r.Minor, o.Minor)
}

// Settings lists the writes that put the policy in force, whatever was there.
func (p Policy) Settings() []cgfs.Setting {
	base, except := files(p.Allow)
	out := make([]cgfs.Setting, 0, len(p.Except)+1)
	out = append(out, setting(base, "a", property))
	for _, e := range p.Except {
		out = append(out, setting(except, e.String(), e.Property))
	}
	return out
}

func files(allow bool) (base, except string) {
	if allow {
		return "devices.allow", "devices.deny"
	}
	return "devices.deny", "devices.allow"
}

func setting(file, value, property string) cgfs.Setting {
	return cgfs.Setting{Controller: "devices", File: file, Value: value, Property: property}
}
