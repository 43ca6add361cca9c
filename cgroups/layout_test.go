package cgroups

import (
	"reflect"
	"testing"
)

const ownText = `12:cpu,cpuacct:/docker/abc
11:memory:/
1:name=systemd:/init.scope
0::/../..
`

func TestParseOwn(t *testing.T) {
	got, err := parseOwn(ownText)
	want := Layout{
		V1: []Hierarchy{
			{Controllers: []string{"cpu", "cpuacct"}, Own: "/docker/abc"},
			{Controllers: []string{"memory"}, Own: "/"},
			{Controllers: []string{"name=systemd"}, Own: "/init.scope"},
		},
		V2: &Unified{Own: "/"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"x\n", "1:cpu\n", "1:cpu:relative\n"} {
		if l, err := parseOwn(bad); err == nil {
			t.Errorf("parseOwn(%q) = %+v, want an error", bad, l)
		}
	}
}

func TestMountinfo(t *testing.T) {
	const text = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 /docker/abc /cg/cpu\040acct rw,relatime shared:5 - cgroup cgroup rw,cpu,cpuacct
33 31 0:30 / /cg/memory rw,relatime - cgroup cgroup rw,memory
34 31 0:30 / /elsewhere rw,relatime - cgroup cgroup rw,memory
35 31 0:31 / /cg/named rw - cgroup none rw,xattr,name=systemd
36 31 0:32 /other /cg/v2 rw - cgroup2 none rw,nsdelegate
`
	l, err := parseOwn(ownText)
	if err != nil {
		t.Fatal(err)
	}
	l.mountinfo(text)
	want := Layout{
		V1: []Hierarchy{
			{Controllers: []string{"cpu", "cpuacct"}, Mount: "/cg/cpu acct", Own: "/"},
			{Controllers: []string{"memory"}, Mount: "/cg/memory", Own: "/"},
			{Controllers: []string{"name=systemd"}, Mount: "/cg/named", Own: "/init.scope"},
		},
		V2: &Unified{Mount: "/cg/v2", Own: "/"},
	}
	if !reflect.DeepEqual(l, want) {
		t.Errorf("got %+v %+v", l.V1, l.V2)
	}
}

func TestBelow(t *testing.T) {
	for _, c := range []struct{ root, own, want string }{
		{"/", "/", "/"},
		{"/", "/a/b", "/a/b"},
		{"/a", "/a/b", "/b"},
		{"/a", "/a", "/"},
		{"/a", "/ab", "/"},
	} {
		if got := below(c.root, c.own); got != c.want {
			t.Errorf("below(%q, %q) = %q, want %q", c.root, c.own, got, c.want)
		}
	}
}

func TestDetect(t *testing.T) {
	l, err := Detect()
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range l.V1 {
		if len(h.Controllers) == 0 || h.Mount == "" || h.Own == "" {
			t.Errorf("incomplete: %+v", h)
		}
	}
}
