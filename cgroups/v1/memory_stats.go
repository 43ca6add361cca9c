package v1

import "rt/cgroups/cgfs"

func memoryStats(c *cgfs.Counters, s *cgfs.Stats) {
	m := &s.Memory
	m.Raw = c.Table("memory.stat")
	m.Cache = m.Raw["cache"]
	m.Killed = c.Table("memory.oom_control")["oom_kill"]
	for _, part := range [...]struct {
		prefix string
		to     *cgfs.MemoryUsage
	}{
		{"memory.", &m.Usage}, {"memory.memsw.", &m.Swap},
		{"memory.kmem.", &m.Kernel}, {"memory.kmem.tcp.", &m.KernelTCP},
	} {
		*part.to = cgfs.MemoryUsage{
			Limit:   c.Number(part.prefix + "limit_in_bytes"),
			Usage:   c.Number(part.prefix + "usage_in_bytes"),
			Max:     c.Number(part.prefix + "max_usage_in_bytes"),
			Failcnt: c.Number(part.prefix + "failcnt"),
		}
	}
}
