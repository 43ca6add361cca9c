package systemd

import (
	"strings"
	"testing"
)

func TestParsePath(t *testing.T) {
	for _, c := range []struct {
		path string
		user bool
		want string // the cgroup
	}{
		{"", false, "/system.slice/rt-a.b_c-1.scope"},
		{"", true, "/user.slice/rt-a.b_c-1.scope"},
		{":libpod:x", false, "/system.slice/libpod-x.scope"},
		{":libpod:x", true, "/user.slice/libpod-x.scope"},
		{"machine.slice:libpod:0a", false, "/machine.slice/libpod-0a.scope"},
		{"a-b-c.slice:p:x", false, "/a.slice/a-b.slice/a-b-c.slice/p-x.scope"},
		{"-.slice:p:x", false, "/p-x.scope"},
		{"-:p:x", false, "/p-x.scope"},
		{"a.slice::x", false, "/a.slice/x.scope"},
		{`a\x2db.slice:p:x`, false, `/a\x2db.slice/p-x.scope`},
	} {
		n, err := ParsePath(c.path, "a.b_c-1", c.user)
		if err != nil || n.Path() != c.want {
			t.Errorf("%q: %q, %v; want %q", c.path, n.Path(), err, c.want)
		}
	}
	if n, err := ParsePath("", "a+b", false); err != nil || n.Unit != `rt-a\x2bb.scope` {
		t.Errorf("id a+b: %q, %v", n.Unit, err)
	}
}

func TestParsePathRefuses(t *testing.T) {
	for _, path := range []string{
		"/a/b", "x", "a.slice:x", "a.slice:b:c:d", "a:b:c", "a.scope:b:c", ".slice:b:c", "-a.slice:b:c", "a-.slice:b:c",
		"a--b.slice:b:c", "a/b.slice:b:c", "a.slice:b:", "a.slice:b:c.slice", "a.slice:b:c d", "a.slice:b/..:c",
		"a.slice:b:c\n", "a.slice:b@:c", "a.slice:b:" + strings.Repeat("x", 250), "a.slice:é:x",
	} {
		if n, err := ParsePath(path, "id", false); err == nil || !strings.HasPrefix(err.Error(), "linux.cgroupsPath: ") {
			t.Errorf("%q: %+v, %v; want an error that names linux.cgroupsPath", path, n, err)
		}
	}
}
