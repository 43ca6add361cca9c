package devices

import (
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

const byDefault = "allow c *:* m|allow b *:* m|allow c 1:3 rwm|allow c 1:5 rwm|allow c 1:7 rwm|allow c 1:8 rwm|" +
	"allow c 1:9 rwm|allow c 5:0 rwm|allow c 5:2 rwm|allow c 136:* rwm"

func flat(settings []cgfs.Setting) string {
	var out []string
	for _, s := range settings {
		out = append(out, strings.TrimPrefix(s.File, "devices.")+" "+s.Value)
	}
	return strings.Join(out, "|")
}

func TestPolicySettings(t *testing.T) {
	for _, c := range []struct {
		name  string
		rules []specs.LinuxDeviceCgroup
		want  string
	}{
		{"none", nil, "deny a|" + byDefault},
		{"deny all", []specs.LinuxDeviceCgroup{denyAll}, "deny a|" + byDefault},
		{"in the order given", []specs.LinuxDeviceCgroup{denyAll, entry(true, "c", 10, 229, "rwm"), entry(true, "b", 8, 20, "rw")},
			"deny a|allow c 10:229 rwm|allow b 8:20 rw|" + byDefault},
		{"privileged", []specs.LinuxDeviceCgroup{allowAll}, "allow a"},
		{"all but one", []specs.LinuxDeviceCgroup{allowAll, entry(false, "c", 1, 1, "rwm")}, "allow a|deny c 1:1 rwm"},
		{"taken back", []specs.LinuxDeviceCgroup{entry(true, "c", 10, 229, "rwm"), entry(false, "c", 10, 229, "wm")},
			"deny a|allow c 10:229 r|" + byDefault},
		{"taken back by a wider rule", []specs.LinuxDeviceCgroup{entry(true, "c", 10, 229, "rwm"), entry(false, "c", 10, Any, "")},
			"deny a|" + byDefault},
	} {
		rules, err := Rules(c.rules)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPolicy(rules)
		if got := flat(p.Settings()); err != nil || got != c.want {
			t.Errorf("%s:\n got %s, %v\nwant %s", c.name, got, err, c.want)
		}
	}
}

func TestPolicyWithoutForm(t *testing.T) {
	for _, entries := range [][]specs.LinuxDeviceCgroup{
		{denyAll, entry(true, "c", 10, Any, "rwm"), entry(false, "c", 10, 229, "w")},
		{allowAll, entry(false, "b", Any, Any, "rwm"), entry(true, "b", 8, 0, "r")},
	} {
		rules, err := Rules(entries)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := NewPolicy(rules); err == nil {
			t.Errorf("%v: %v, want an error", entries, flat(p.Settings()))
		}
	}
}
