package cgroups

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

var (
	hybridHost = Layout{
		V1: []Hierarchy{
			{Controllers: []string{"cpu", "cpuacct"}, Mount: "/cg/cpu", Own: "/"},
			{Controllers: []string{"memory"}, Mount: "/cg/memory", Own: "/own/mem"},
			{Controllers: []string{"devices"}, Mount: "/cg/devices", Own: "/"},
		},
		V2: &Unified{Controllers: []string{"hugetlb", "pids"}, Mount: "/cg/unified", Own: "/"},
	}
	v2Host = Layout{V2: &Unified{Controllers: []string{"cpu", "memory"}, Mount: "/cg", Own: "/user.slice/engine"}}
)

func TestPlaces(t *testing.T) {
	hugepages := &specs.LinuxResources{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 1}}}
	v1 := func(cpu, memory, devices string) map[string]string {
		return map[string]string{"cpu": cpu, "cpuacct": cpu, "memory": memory, "devices": devices}
	}
	withV2 := v1("/cg/cpu/a", "/cg/memory/a", "/cg/devices/a")
	withV2[""] = "/cg/unified/a"
	for _, c := range []struct {
		name      string
		layout    Layout
		path      string
		resources *specs.LinuxResources
		want      map[string]string
	}{
		{"v1, by id", hybridHost, "", nil, v1("/cg/cpu/ID", "/cg/memory/own/mem/ID", "/cg/devices/ID")},
		{"v1, absolute", hybridHost, "/a/b", nil, v1("/cg/cpu/a/b", "/cg/memory/a/b", "/cg/devices/a/b")},
		{"v1, relative", hybridHost, "a/b", nil, v1("/cg/cpu/a/b", "/cg/memory/own/mem/a/b", "/cg/devices/a/b")},
		{"v1, out", hybridHost, "../../a", nil, v1("/cg/cpu/a", "/cg/memory/own/mem/a", "/cg/devices/a")},
		{"v1, absolute and out", hybridHost, "/./../a//../b", nil, v1("/cg/cpu/b", "/cg/memory/b", "/cg/devices/b")},
		{"hybrid", hybridHost, "/a", hugepages, withV2},
		{"v2, by id", v2Host, "", nil, map[string]string{"": "/cg/user.slice/ID"}},
		{"v2, absolute", v2Host, "/a/b", nil, map[string]string{"": "/cg/a/b"}},
		{"v2, out", v2Host, "../a", nil, map[string]string{"": "/cg/user.slice/a"}},
	} {
		m, err := New(c.layout, Config{ID: "ID", Path: c.path, Resources: c.resources})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := m.State().Paths; !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		loaded, err := Load(m.State())
		if err != nil || !reflect.DeepEqual(loaded.State(), m.State()) {
			t.Errorf("%s: loaded as %+v, %v", c.name, loaded, err)
		}
	}
}

func TestPlaceOfTheRuntime(t *testing.T) {
	for _, c := range []struct {
		layout Layout
		path   string
	}{
		{hybridHost, "/"},
		{hybridHost, "."},
		{hybridHost, "/a/.."},
		{hybridHost, "/own"},
		{hybridHost, "/own/mem"},
		{v2Host, "/"},
		{v2Host, "engine"},
		{v2Host, "/user.slice"},
	} {
		if _, err := New(c.layout, Config{ID: "ID", Path: c.path}); !errors.Is(err, errOwn) {
			t.Errorf("%q: %v, want %v", c.path, err, errOwn)
		}
	}
}

func TestNewReportsAll(t *testing.T) {
	r := &specs.LinuxResources{
		Network: &specs.LinuxNetwork{ClassID: ptr(uint32(7))},
		CPU:     &specs.LinuxCPU{Cpus: "0"},
		Devices: []specs.LinuxDeviceCgroup{{Type: "x"}},
		Memory:  &specs.LinuxMemory{Swappiness: ptr(uint64(101))},
	}
	for _, c := range []struct {
		layout Layout
		want   []string
	}{
		{hybridHost, []string{
			`linux.resources.network.classID: cgroup controller "net_cls" is not available`,
			`linux.resources.cpu.cpus: cgroup controller "cpuset" is not available`,
			`linux.resources.devices[0].type: "x" is not a, b or c`,
			`linux.resources.memory.swappiness: 101 is not in 0–100`,
		}},
		{v2Host, []string{
			`linux.resources.network.classID: cgroup v2 has no such limit`,
			`linux.resources.cpu.cpus: cgroup controller "cpuset" is not available`,
			`linux.resources.devices[0].type: "x" is not a, b or c`,
			`linux.resources.memory.swappiness: cgroup v2 has no such limit`,
		}},
	} {
		_, err := New(c.layout, Config{ID: "ID", Resources: r})
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v\nlacks %s", err, want)
			}
		}
	}
}

func TestNewWithoutDevicesController(t *testing.T) {
	l := Layout{V1: hybridHost.V1[:2]}
	rules := func(list ...specs.LinuxDeviceCgroup) *specs.LinuxResources {
		return &specs.LinuxResources{Devices: list}
	}
	for _, c := range []struct {
		name      string
		resources *specs.LinuxResources
		rootless  bool
		refused   bool
	}{
		{"what every container is denied", nil, false, true},
		{"limits alone", &specs.LinuxResources{CPU: &specs.LinuxCPU{Shares: ptr(uint64(7))}}, false, true},
		{"denied", rules(specs.LinuxDeviceCgroup{Access: "rwm"}), false, true},
		{"all but one", rules(specs.LinuxDeviceCgroup{Allow: true}, specs.LinuxDeviceCgroup{Type: "c", Major: ptr(int64(1)), Minor: ptr(int64(1))}), false, true},
		{"all", rules(specs.LinuxDeviceCgroup{Allow: true, Access: "rwm"}), false, false},
		{"without privilege", rules(specs.LinuxDeviceCgroup{Access: "rwm"}), true, false},
	} {
		_, err := New(l, Config{ID: "ID", Resources: c.resources, Rootless: c.rootless})
		if refused := err != nil && strings.Contains(err.Error(), "linux.resources.devices: "); refused != c.refused || err != nil && !refused {
			t.Errorf("%s: %v, want refused %v", c.name, err, c.refused)
		}
	}
	if m, err := New(Layout{}, Config{ID: "ID"}); err == nil {
		t.Errorf("nothing mounted: %+v", m)
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, dir := range []string{"", "/", "a", "/a/../b", "/a/"} {
		if m, err := Load(State{Paths: map[string]string{"memory": dir}}); err == nil {
			t.Errorf("%q: %+v, want an error", dir, m)
		}
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		dir, cgroup, sub string
		ok               bool
	}{
		{"/sys/fs/cgroup/a/b", "/a/b", "", true},
		{"/sys/fs/cgroup/a/b", "/a/b/init.scope", "/init.scope", true},
		{"/sys/fs/cgroup/a/b", "/a/bc", "", false},
		{"/sys/fs/cgroup/a/b", "/", "", false},
	} {
		if sub, ok := within(c.dir, c.cgroup); sub != c.sub || ok != c.ok {
			t.Errorf("within(%q, %q) = %q, %v", c.dir, c.cgroup, sub, ok)
		}
	}
}
