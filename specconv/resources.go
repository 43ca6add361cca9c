package specconv

import (
	"math"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Resources is linux.resources as it is meant. Until version 1.3 a pids limit
// of 0 was how "no limit" was written by engines and read by runtimes; since
// then it is a limit (config-linux.md#pids).
func (c *Config) Resources() *specs.LinuxResources {
	r := c.Spec.Linux.Resources
	if r == nil || r.Pids == nil || r.Pids.Limit == nil || *r.Pids.Limit != 0 || !olderThan(c.Spec.Version, 1, 3) {
		return r
	}
	meant := *r
	meant.Pids = nil
	return &meant
}

// olderThan compares the first two numbers of a version that has been checked.
func olderThan(version string, major, minor int) bool {
	var have [2]int
	for i, part := range strings.SplitN(version, ".", 3)[:2] {
		have[i], _ = strconv.Atoi(part)
	}
	return have[0] < major || have[0] == major && have[1] < minor
}

// CheckResources checks limits alone, as update gets them. The error is
// Violations, with paths below linux.resources.
func CheckResources(r *specs.LinuxResources, host Host) error {
	c := checker{host: host}
	c.resources(r)
	return c.err()
}

// resources checks config-linux.md#control-groups. Which limits the host can
// apply is found out where they are applied.
func (c *checker) resources(r *specs.LinuxResources) {
	const path = "linux.resources"
	for i := range r.Devices {
		c.deviceRule(at(path+".devices", i), &r.Devices[i])
	}
	c.memory(path+".memory", r.Memory)
	c.cpu(path+".cpu", r.CPU)
	if r.Pids != nil {
		c.orUnlimited(path+".pids.limit", r.Pids.Limit)
	}
	c.blockIO(path+".blockIO", r.BlockIO)
	c.hugepages(path+".hugepageLimits", r.HugepageLimits)
	if n := r.Network; n != nil {
		for i, p := range n.Priorities {
			if !netDeviceName(p.Name) {
				c.fail(at(path+".network.priorities", i)+".name", "%q is not the name of a network device", p.Name)
			}
		}
	}
	c.rdma(path+".rdma", r.Rdma)
	c.unified(path+".unified", r.Unified)
}

// orUnlimited checks a number of which -1 means no limit, or all.
func (c *checker) orUnlimited(path string, limit *int64) {
	if limit != nil && *limit < -1 {
		c.fail(path, "%d is below -1", *limit)
	}
}

// deviceRule checks config-linux.md#allowed-device-list. Engines write -1 for
// "all" where the number should be left out.
func (c *checker) deviceRule(path string, d *specs.LinuxDeviceCgroup) {
	switch d.Type {
	case "", "a", "c", "b":
	default:
		c.fail(path+".type", "%q is not one of a, b, c", d.Type)
	}
	c.orUnlimited(path+".major", d.Major)
	c.orUnlimited(path+".minor", d.Minor)
	if strings.Trim(d.Access, "rwm") != "" {
		c.fail(path+".access", "%q is not a composition of r, w and m", d.Access)
	}
}

func (c *checker) memory(path string, m *specs.LinuxMemory) {
	if m == nil {
		return
	}
	c.orUnlimited(path+".limit", m.Limit)
	c.orUnlimited(path+".reservation", m.Reservation)
	c.orUnlimited(path+".swap", m.Swap)
	//lint:ignore SA1019 deprecated, and still checked
	c.orUnlimited(path+".kernel", m.Kernel)
	c.orUnlimited(path+".kernelTCP", m.KernelTCP)
	// Swap counts memory and swap together.
	switch limit, swap := value(m.Limit), value(m.Swap); {
	case swap > 0 && limit < 0:
		c.fail(path+".swap", "%d includes the memory limit, which is unlimited", swap)
	case swap > 0 && swap < limit:
		c.fail(path+".swap", "%d is below the memory limit %d, which it includes", swap, limit)
	}
	// Callers that mean "unset" by -1 end up with the greatest number.
	if s := value(m.Swappiness); s > 100 && s != math.MaxUint64 {
		c.fail(path+".swappiness", "%d is not between 0 and 100", s)
	}
}

// value is a limit with "unset" and "unchanged" as 0.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// The kernel's bounds for a period and a quota of the CPU, in microseconds.
const (
	minCPUPeriod = 1_000
	maxCPUPeriod = 1_000_000
	minCPUQuota  = 1_000
)

// cpu checks config-linux.md#cpu. A zero leaves a value as it is.
func (c *checker) cpu(path string, r *specs.LinuxCPU) {
	if r == nil {
		return
	}
	if p := value(r.Period); p != 0 && (p < minCPUPeriod || p > maxCPUPeriod) {
		c.fail(path+".period", "%d is not between %d and %d", p, minCPUPeriod, maxCPUPeriod)
	}
	quota := value(r.Quota)
	if quota > 0 && quota < minCPUQuota {
		c.fail(path+".quota", "%d is below %d", quota, minCPUQuota)
	}
	if burst := value(r.Burst); quota > 0 && burst > uint64(quota) {
		c.fail(path+".burst", "%d is above the quota %d", burst, quota)
	}
	c.orUnlimited(path+".realtimeRuntime", r.RealtimeRuntime)
	if period := value(r.RealtimePeriod); period > 0 && value(r.RealtimeRuntime) > 0 && uint64(*r.RealtimeRuntime) > period {
		c.fail(path+".realtimeRuntime", "%d is above the period %d", *r.RealtimeRuntime, period)
	}
	if idle := value(r.Idle); idle != 0 && idle != 1 {
		c.fail(path+".idle", "%d is neither 0 nor 1", idle)
	}
	c.listMask(path+".cpus", r.Cpus, maxCPU)
	c.listMask(path+".mems", r.Mems, maxNode)
}

func (c *checker) blockIO(path string, b *specs.LinuxBlockIO) {
	if b == nil {
		return
	}
	c.weight(path+".weight", b.Weight)
	c.weight(path+".leafWeight", b.LeafWeight)
	for i := range b.WeightDevice {
		d := &b.WeightDevice[i]
		p := at(path+".weightDevice", i)
		c.blockDevice(p, d.Major, d.Minor)
		c.weight(p+".weight", d.Weight)
		c.weight(p+".leafWeight", d.LeafWeight)
		if d.Weight == nil && d.LeafWeight == nil {
			c.fail(p, "weight or leafWeight is required")
		}
	}
	for _, t := range [...]struct {
		name string
		list []specs.LinuxThrottleDevice
	}{
		{".throttleReadBpsDevice", b.ThrottleReadBpsDevice},
		{".throttleWriteBpsDevice", b.ThrottleWriteBpsDevice},
		{".throttleReadIOPSDevice", b.ThrottleReadIOPSDevice},
		{".throttleWriteIOPSDevice", b.ThrottleWriteIOPSDevice},
	} {
		for i, d := range t.list {
			c.blockDevice(at(path+t.name, i), d.Major, d.Minor)
		}
	}
}

func (c *checker) blockDevice(path string, major, minor int64) {
	if major < 0 || major > maxMajor || minor < 0 || minor > maxMinor {
		c.fail(path, "%d:%d is not the number of a device", major, minor)
	}
}

func (c *checker) weight(path string, w *uint16) {
	if v := value(w); v != 0 && (v < 10 || v > 1000) {
		c.fail(path, "%d is not between 10 and 1000", v)
	}
}

func (c *checker) hugepages(path string, limits []specs.LinuxHugepageLimit) {
	seen := map[string]bool{}
	for i, l := range limits {
		p := at(path, i) + ".pageSize"
		if !hugepageSize(l.Pagesize) {
			c.fail(p, "%q does not have a form such as 64KB, 2MB or 1GB", l.Pagesize)
		}
		if seen[l.Pagesize] {
			c.fail(p, "%q is listed twice", l.Pagesize)
		}
		seen[l.Pagesize] = true
	}
}

// hugepageSize is the kernel's spelling in the names of hugetlb files.
func hugepageSize(s string) bool {
	for _, unit := range [...]string{"KB", "MB", "GB"} {
		if n, ok := strings.CutSuffix(s, unit); ok {
			return number(n) && n != "0"
		}
	}
	return false
}

func (c *checker) rdma(path string, limits map[string]specs.LinuxRdma) {
	for _, device := range sortedKeys(limits) {
		if device == "" || strings.ContainsAny(device, " \t\n\x00") {
			c.fail(path, "%q is not the name of a device", device)
		}
		if l := limits[device]; l.HcaHandles == nil && l.HcaObjects == nil {
			c.fail(under(path, device), "hcaHandles or hcaObjects is required")
		}
	}
}

// unified checks that each key is a file of the cgroup's own directory: any
// slash could lead to another cgroup (GHSA-5g49-rx9x-qfc6).
func (c *checker) unified(path string, files map[string]string) {
	if len(files) > 0 && !c.host.CgroupV2 {
		c.fail(path, "needs cgroup v2, which this host does not use")
	}
	for _, name := range sortedKeys(files) {
		controller, file, ok := strings.Cut(name, ".")
		if !ok || controller == "" || file == "" || strings.Contains(name, "..") || strings.ContainsAny(name, "/\x00") {
			c.fail(path, "%q is not the name of a cgroup file such as memory.high", name)
		}
		c.text(under(path, name), files[name])
	}
}
