package v2

import (
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

func ptr[T any](v T) *T { return &v }

func flat(settings []cgfs.Setting) string {
	var out []string
	for _, s := range settings {
		text := s.File + "=" + s.Value
		if s.Else != "" {
			text += " or " + s.Else + "=" + s.ElseValue
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestWeight(t *testing.T) {
	for _, c := range []struct{ shares, want uint64 }{
		{0, 1}, {1, 1}, {2, 1}, {3, 2}, {102, 17}, {512, 59}, {1024, 100}, {2048, 174}, {262143, 10000}, {262144, 10000}, {1 << 40, 10000},
	} {
		if got := Weight(c.shares); got != c.want {
			t.Errorf("Weight(%d) = %d, want %d", c.shares, got, c.want)
		}
	}
	last := uint64(0)
	for shares := uint64(2); shares <= 262144; shares++ {
		w := Weight(shares)
		if w < last || w > 10000 {
			t.Fatalf("Weight(%d) = %d after %d", shares, w, last)
		}
		last = w
	}
}

func TestSettings(t *testing.T) {
	device := specs.LinuxThrottleDevice{Rate: 1000}
	device.Major, device.Minor = 8, 16
	free := device
	free.Rate = 0
	weight := specs.LinuxWeightDevice{Weight: ptr(uint16(1000))}
	weight.Major = 8
	for _, c := range []struct {
		name string
		r    *specs.LinuxResources
		want string
	}{
		{"nothing", nil, ""},
		{"cpu", &specs.LinuxResources{CPU: &specs.LinuxCPU{Shares: ptr(uint64(1024)), Quota: ptr(int64(5000)), Period: ptr(uint64(50000)), Burst: ptr(uint64(10)), Idle: ptr(int64(0)), Cpus: "1", Mems: "0"}},
			"cpuset.cpus=1; cpuset.mems=0; cpu.weight=100; cpu.max=5000 50000; cpu.max.burst=10; cpu.idle=0"},
		{"quota alone", &specs.LinuxResources{CPU: &specs.LinuxCPU{Quota: ptr(int64(-1))}}, "cpu.max=max"},
		{"period alone", &specs.LinuxResources{CPU: &specs.LinuxCPU{Period: ptr(uint64(50000))}}, "cpu.max=max 50000"},
		{"memory and swap", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(10)), Swap: ptr(int64(30)), Reservation: ptr(int64(5))}},
			"memory.swap.max=20; memory.max=10; memory.low=5"},
		{"no swap", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(10)), Swap: ptr(int64(10))}}, "memory.swap.max=0; memory.max=10"},
		{"any swap", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(10)), Swap: ptr(int64(-1))}}, "memory.swap.max=max; memory.max=10"},
		{"no limit", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(-1))}}, "memory.swap.max=max; memory.max=max"},
		//lint:ignore SA1019 deprecated, and still to be passed over
		{"what v2 does anyway", &specs.LinuxResources{Memory: &specs.LinuxMemory{UseHierarchy: ptr(true), DisableOOMKiller: ptr(false), Kernel: ptr(int64(5)), KernelTCP: ptr(int64(-1))}}, ""},
		{"io", &specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{Weight: ptr(uint16(10)),
			WeightDevice:          []specs.LinuxWeightDevice{weight},
			ThrottleReadBpsDevice: []specs.LinuxThrottleDevice{device}, ThrottleWriteIOPSDevice: []specs.LinuxThrottleDevice{free}}},
			"io.bfq.weight=10 or io.weight=1; io.bfq.weight=8:0 1000 or io.weight=8:0 10000; io.max=8:16 rbps=1000; io.max=8:16 wiops=max"},
		{"hugetlb", &specs.LinuxResources{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "1GB", Limit: 9}}}, "hugetlb.1GB.max=9; hugetlb.1GB.rsvd.max=9"},
		{"unified comes last", &specs.LinuxResources{Unified: map[string]string{"pids.max": "7", "io.max": "8:0 rbps=1\n8:16 wbps=2\n", "cgroup.max.depth": "3"}, Pids: &specs.LinuxPids{Limit: ptr(int64(5))}},
			"pids.max=5; cgroup.max.depth=3; io.max=8:0 rbps=1; io.max=8:16 wbps=2; pids.max=7"},
	} {
		got, err := Settings(c.r)
		if err != nil || flat(got) != c.want {
			t.Errorf("%s:\n got %s, %v\nwant %s", c.name, flat(got), err, c.want)
		}
	}
}

func TestSettingsErrors(t *testing.T) {
	r := &specs.LinuxResources{
		CPU: &specs.LinuxCPU{RealtimeRuntime: ptr(int64(1)), RealtimePeriod: ptr(uint64(2))},
		Memory: &specs.LinuxMemory{Swap: ptr(int64(5)), KernelTCP: ptr(int64(1)), Swappiness: ptr(uint64(60)),
			DisableOOMKiller: ptr(true), UseHierarchy: ptr(false)},
		BlockIO: &specs.LinuxBlockIO{LeafWeight: ptr(uint16(5))},
		Network: &specs.LinuxNetwork{ClassID: ptr(uint32(1)), Priorities: []specs.LinuxInterfacePriority{{Name: "a"}}},
		Unified: map[string]string{"../x/cgroup.procs": "1", "plain": "2", ".x": "3"},
	}
	_, err := Settings(r)
	for _, want := range []string{"cpu.realtimeRuntime", "cpu.realtimePeriod", "memory.swap", "memory.kernelTCP", "memory.swappiness",
		"memory.disableOOMKiller", "memory.useHierarchy", "blockIO.leafWeight", "network.classID", "network.priorities",
		`unified["../x/cgroup.procs"]`, `unified["plain"]`, `unified[".x"]`} {
		if err == nil || !strings.Contains(err.Error(), "linux.resources."+want+": ") {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
	_, err = Settings(&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(10)), Swap: ptr(int64(5))}})
	if err == nil || !strings.Contains(err.Error(), "linux.resources.memory.swap: 5 is below") {
		t.Errorf("swap below limit: %v", err)
	}
}
