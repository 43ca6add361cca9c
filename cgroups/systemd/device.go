package systemd

import (
	"fmt"
	"strings"

	"rt/cgroups/devices"
)

// Devices gives the properties that make systemd write the same v1 policy as
// we do, when it writes: a policy of its own it would put in place again with
// every reload. On v2 it attaches a program only if told to, beside ours, and
// is told nothing.
//
// It has no words for exceptions to a policy that allows; they last until it
// reloads.
func Devices(p devices.Policy) []Property {
	if p.Allow {
		return []Property{{"DevicePolicy", "auto"}}
	}
	allow := []pair{}
	for _, r := range p.Except {
		if node := deviceNode(r); node != "" {
			text := r.String() // "c 1:3 rwm"
			allow = append(allow, pair{node, text[strings.LastIndexByte(text, ' ')+1:]})
		}
	}
	return []Property{{"DevicePolicy", "strict"}, {"DeviceAllow", allow}}
}

// deviceNode names devices as systemd.resource-control(5) does, "" for what it
// cannot name: one minor number of every major one.
func deviceNode(r devices.Rule) string {
	kind := "char"
	if r.Type == 'b' {
		kind = "block"
	}
	switch {
	case r.Major == devices.Any && r.Minor == devices.Any:
		return kind + "-*"
	case r.Major == devices.Any:
		return ""
	case r.Minor == devices.Any:
		return fmt.Sprintf("%s-%d", kind, r.Major)
	}
	return fmt.Sprintf("/dev/%s/%d:%d", kind, r.Major, r.Minor)
}
