package devices

import (
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

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

// Update lists the writes that lead from the policy in force, as devices.list
// shows it, to p, without denying in between what both allow.
func (p Policy) Update(list string) ([]cgfs.Setting, error) {
	now, err := parseList(list)
	if err != nil {
		return nil, err
	}
	switch {
	case now.Allow != p.Allow:
		return p.Settings(), nil
	case p.Allow:
		// devices.list has only "a *:* rwm" for a policy that allows, whatever
		// its exceptions. The base is left alone: with cgroups below, which a
		// privileged container may have, the kernel takes no new one.
		return p.Settings()[1:], nil
	}
	var out []cgfs.Setting
	base, except := files(p.Allow)
	for _, e := range p.Except {
		if e.Access &^= now.access(e); e.Access != 0 {
			out = append(out, setting(except, e.String(), e.Property))
		}
	}
	for _, e := range now.Except {
		if e.Access &^= p.access(e); e.Access != 0 {
			out = append(out, setting(base, e.String(), property))
		}
	}
	return out, nil
}

// access gives what the policy's exception for the same devices covers.
func (p Policy) access(r Rule) uint8 {
	for _, e := range p.Except {
		if e.same(r) {
			return e.Access
		}
	}
	return 0
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

// parseList reads devices.list, of lines such as "c 1:3 rwm".
func parseList(list string) (Policy, error) {
	var p Policy
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "a ") {
			return Policy{Allow: true}, nil
		}
		r, err := parseLine(line)
		if err != nil {
			return p, fmt.Errorf("read devices.list: %q: %w", line, err)
		}
		p.Except = append(p.Except, r)
	}
	return p, nil
}

func parseLine(line string) (Rule, error) {
	var e specs.LinuxDeviceCgroup
	var major, minor string
	if _, err := fmt.Sscanf(strings.Replace(line, ":", " ", 1), "%1s %s %s %s", &e.Type, &major, &minor, &e.Access); err != nil {
		return Rule{}, err
	}
	r, err := parse(e)
	if err != nil {
		return r, err
	}
	for _, n := range [...]struct {
		text string
		to   *int64
	}{{major, &r.Major}, {minor, &r.Minor}} {
		if n.text == "*" {
			continue
		}
		if _, err := fmt.Sscan(n.text, n.to); err != nil {
			return r, err
		}
	}
	r.Allow = true
	return r, nil
}
