package systemd

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// AnnotationPrefix begins the annotations that set properties of the unit.
const AnnotationPrefix = "org.systemd.property."

// annotated are the properties that a container's author may set: when its own
// processes are ended, and how. Annotations reach rt from people who may not
// touch the host (CVE-2024-3154), and with others of systemd's properties they
// could leave the slice (Slice), lift limits (MemoryMax, DevicePolicy), take
// processes of the host along into their end (PIDs, Conflicts,
// PropagatesStopTo), start units (Wants, OnFailure) or reboot the machine
// (FailureAction, JobTimeoutAction).
//
// A container that depends on the others (DefaultDependencies) has a part in a
// shutdown, and may not hold it up for long: see maxStop.
var annotated = map[string]func(text string) (any, error){
	"After":                      units,
	"CollectMode":                text,
	"DefaultDependencies":        boolean,
	"FinalKillSignal":            number32,
	"KillSignal":                 number32,
	"RuntimeMaxUSec":             number64,
	"RuntimeRandomizedExtraUSec": number64,
	"SendSIGHUP":                 boolean,
	"SendSIGKILL":                always,
	"TimeoutStopUSec":            number64,
}

// maxStop is how long, in microseconds, a container's processes are given for
// their end at most. Engines turn the grace period of a pod into it, which may
// be hours; it still counts where they stop a container.
const maxStop = 10 * 60 * 1000000

// maxAfter is how many units a container may wait for.
const maxAfter = 16

// Annotated gives the properties that annotations set. Values are written as
// gvariant text; a name in Sec, as the manuals have it, takes seconds.
func Annotated(annotations map[string]string) ([]Property, error) {
	var out []Property
	var errs []error
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		name, ok := strings.CutPrefix(key, AnnotationPrefix)
		if !ok {
			continue
		}
		parse := annotated[name]
		if base, ok := strings.CutSuffix(name, "Sec"); ok && parse == nil && annotated[base+"USec"] != nil {
			name, parse = base+"USec", seconds
		}
		if parse == nil {
			errs = append(errs, fmt.Errorf("annotations[%q]: rt does not leave this property of systemd's to a container", key))
			continue
		}
		value, err := parse(strings.TrimSpace(annotations[key]))
		if err != nil {
			errs = append(errs, fmt.Errorf("annotations[%q]: %w", key, err))
			continue
		}
		if slices.ContainsFunc(out, func(p Property) bool { return p.Name == name }) {
			errs = append(errs, fmt.Errorf("annotations[%q]: %s is set twice", key, name))
			continue
		}
		if stop, ok := value.(uint64); ok && name == "TimeoutStopUSec" {
			value = min(stop, maxStop)
		}
		out = append(out, Property{name, value})
	}
	return out, errors.Join(errs...)
}

func boolean(s string) (any, error) {
	if s != "true" && s != "false" {
		return nil, fmt.Errorf("%q is not true or false", s)
	}
	return s == "true", nil
}

// always is for what may be said and not be refused.
func always(s string) (any, error) {
	value, err := boolean(s)
	if err == nil && s != "true" {
		err = errors.New("rt does not let a container outlive its scope, and takes only true")
	}
	return value, err
}

// units takes a list of names of units.
func units(s string) (any, error) {
	list, err := textList(s)
	if err != nil {
		return nil, err
	}
	if len(list) > maxAfter {
		return nil, fmt.Errorf("%d units are more than %d", len(list), maxAfter)
	}
	for _, unit := range list {
		if err := checkUnit(strings.Replace(unit, "@", "", 1)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// integer takes a number with or without its type.
func integer(s string) string {
	for _, kind := range [...]string{"uint64", "int64", "uint32", "int32", "uint16", "int16", "byte"} {
		if rest, ok := strings.CutPrefix(s, kind+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return s
}

func number64(s string) (any, error) {
	n, err := strconv.ParseUint(integer(s), 0, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is not a number of 64 bits (such as %q)", s, "uint64 5000000")
	}
	return n, nil
}

func number32(s string) (any, error) {
	n, err := strconv.ParseInt(integer(s), 0, 32)
	if err != nil {
		return nil, fmt.Errorf("%q is not a number of 32 bits", s)
	}
	return int32(n), nil
}

// seconds gives microseconds.
func seconds(s string) (any, error) {
	n, err := strconv.ParseFloat(integer(s), 64)
	if err != nil || !(n >= 0) || n*1e6 >= math.MaxInt64 {
		return nil, fmt.Errorf("%q is not a number of seconds", s)
	}
	return uint64(math.Round(n * 1e6)), nil
}

func text(s string) (any, error) {
	value, rest, err := quoted(s)
	if err == nil && rest != "" {
		err = fmt.Errorf("%q: there is more than one text", s)
	}
	return value, err
}

// quoted reads a text in quotes off the beginning of s.
func quoted(s string) (value, rest string, err error) {
	if s == "" || s[0] != '\'' && s[0] != '"' {
		return "", "", fmt.Errorf("%q is not a text in quotes (such as %q)", s, "'inactive-or-failed'")
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == s[0]:
			return b.String(), strings.TrimSpace(s[i+1:]), nil
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`\'"`, s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		case s[i] == '\\' || s[i] < ' ':
			return "", "", fmt.Errorf("%q: no such character or escape in a text", s)
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", fmt.Errorf("%q has no closing quote", s)
}

func textList(s string) ([]string, error) {
	bad := fmt.Errorf("%q is not a list of texts (such as %q)", s, "['a.service', 'b.service']")
	rest, ok := strings.CutPrefix(strings.TrimSpace(strings.TrimPrefix(s, "@as")), "[")
	if !ok {
		return nil, bad
	}
	list := []string{}
	for rest = strings.TrimSpace(rest); rest != "]"; {
		var one string
		var err error
		if one, rest, err = quoted(rest); err != nil {
			return nil, err
		}
		list = append(list, one)
		if after, more := strings.CutPrefix(rest, ","); more {
			rest = strings.TrimSpace(after)
		} else if rest != "]" {
			return nil, bad
		}
	}
	return list, nil
}
