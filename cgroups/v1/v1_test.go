package v1

import (
	"math"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

func ptr[T any](v T) *T { return &v }

func flat(settings []cgfs.Setting) string {
	var out []string
	for _, s := range settings {
		out = append(out, s.File+"="+s.Value)
	}
	return strings.Join(out, "; ")
}

func TestSettings(t *testing.T) {
	device := specs.LinuxThrottleDevice{Rate: 1000}
	device.Major, device.Minor = 8, 16
	weight := specs.LinuxWeightDevice{Weight: ptr(uint16(200))}
	weight.Major = 8
	for _, c := range []struct {
		name string
		r    *specs.LinuxResources
		want string
	}{
		{"nothing", nil, ""},
		{"zero is unset", &specs.LinuxResources{
			//lint:ignore SA1019 deprecated, and still to be passed over
			Memory:  &specs.LinuxMemory{Limit: ptr(int64(0)), Swap: ptr(int64(0)), Reservation: ptr(int64(0)), Kernel: ptr(int64(7)), Swappiness: ptr(uint64(math.MaxUint64))},
			CPU:     &specs.LinuxCPU{Shares: ptr(uint64(0)), Quota: ptr(int64(0)), Period: ptr(uint64(0)), RealtimeRuntime: ptr(int64(0))},
			BlockIO: &specs.LinuxBlockIO{Weight: ptr(uint16(0))}}, ""},
		{"cpu", &specs.LinuxResources{CPU: &specs.LinuxCPU{Shares: ptr(uint64(512)), Quota: ptr(int64(-1)), Period: ptr(uint64(50000)),
			RealtimeRuntime: ptr(int64(1000)), RealtimePeriod: ptr(uint64(9000)), Idle: ptr(int64(1)), Cpus: "0-1", Mems: "0"}},
			"cpuset.cpus=0-1; cpuset.mems=0; cpu.shares=512; cpu.cfs_period_us=50000; cpu.cfs_quota_us=-1; cpu.rt_period_us=9000; cpu.rt_runtime_us=1000; cpu.idle=1"},
		{"memory", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(10)), Swap: ptr(int64(20)), Reservation: ptr(int64(5)), DisableOOMKiller: ptr(false)}},
			"memory.limit_in_bytes=10; memory.memsw.limit_in_bytes=20; memory.soft_limit_in_bytes=5; memory.oom_control=0"},
		{"no memory limit takes swap's with it", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(-1))}},
			"memory.limit_in_bytes=-1; memory.memsw.limit_in_bytes=-1"},
		{"pids", &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(0))}}, "pids.max=0"},
		{"unlimited pids", &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(-1))}}, "pids.max=max"},
		{"block", &specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{Weight: ptr(uint16(300)), LeafWeight: ptr(uint16(100)),
			WeightDevice:            []specs.LinuxWeightDevice{weight},
			ThrottleReadBpsDevice:   []specs.LinuxThrottleDevice{device},
			ThrottleWriteIOPSDevice: []specs.LinuxThrottleDevice{device}}},
			"blkio.bfq.weight=300; blkio.leaf_weight=100; blkio.bfq.weight_device=8:0 200; blkio.throttle.read_bps_device=8:16 1000; blkio.throttle.write_iops_device=8:16 1000"},
		{"hugetlb", &specs.LinuxResources{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 9}}},
			"hugetlb.2MB.limit_in_bytes=9; hugetlb.2MB.rsvd.limit_in_bytes=9"},
		{"network", &specs.LinuxResources{Network: &specs.LinuxNetwork{ClassID: ptr(uint32(1048577)), Priorities: []specs.LinuxInterfacePriority{{Name: "eth0", Priority: 5}}}},
			"net_cls.classid=1048577; net_prio.ifpriomap=eth0 5"},
		{"rdma", &specs.LinuxResources{Rdma: map[string]specs.LinuxRdma{"mlx5_1": {HcaHandles: ptr(uint32(3)), HcaObjects: ptr(uint32(4))}, "a": {HcaObjects: ptr(uint32(1))}}},
			"rdma.max=a hca_object=1; rdma.max=mlx5_1 hca_handle=3 hca_object=4"},
	} {
		got, err := Settings(c.r)
		if err != nil || flat(got) != c.want {
			t.Errorf("%s:\n got %s, %v\nwant %s", c.name, flat(got), err, c.want)
		}
	}
}

func TestSettingsErrors(t *testing.T) {
	r := &specs.LinuxResources{
		Memory:         &specs.LinuxMemory{Swappiness: ptr(uint64(101))},
		HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "../x"}},
		Network:        &specs.LinuxNetwork{Priorities: []specs.LinuxInterfacePriority{{Name: "a b"}}},
		Rdma:           map[string]specs.LinuxRdma{"a\nb": {}},
		Unified:        map[string]string{"memory.high": "1"},
	}
	_, err := Settings(r)
	for _, want := range []string{"linux.resources.memory.swappiness: ", `linux.resources.hugepageLimits[0].pageSize: "../x"`,
		`linux.resources.network.priorities[0].name: "a b"`, `linux.resources.rdma["a\nb"]: `, "linux.resources.unified: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
}
