package v2

import (
	"math"

	"rt/cgroups/cgfs"
)

// memoryStats brings v2's count of swap alone into v1's of memory and swap.
func memoryStats(c *cgfs.Counters, s *cgfs.Stats) {
	m := &s.Memory
	m.Raw = c.Table("memory.stat")
	m.Cache = m.Raw["file"]
	events := c.Table("memory.events")
	m.Killed = events["oom_kill"]
	m.Usage = cgfs.MemoryUsage{
		Limit:   c.Number("memory.max"),
		Usage:   c.Number("memory.current"),
		Max:     c.Number("memory.peak"),
		Failcnt: events["max"],
	}
	m.Swap = cgfs.MemoryUsage{
		Limit:   c.Number("memory.swap.max"),
		Usage:   m.Usage.Usage + c.Number("memory.swap.current"),
		Failcnt: c.Table("memory.swap.events")["max"],
	}
	if m.Usage.Limit == math.MaxUint64 {
		m.Swap.Limit = math.MaxUint64
	} else if m.Swap.Limit != math.MaxUint64 {
		m.Swap.Limit += m.Usage.Limit
	}
	m.PSI = pressure(c, "memory.pressure")
}
