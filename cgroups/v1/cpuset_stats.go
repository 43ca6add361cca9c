package v1

import (
	"strconv"
	"strings"

	"rt/cgroups/cgfs"
)

func cpusetStats(c *cgfs.Counters, s *cgfs.Stats) {
	s.Cpuset = cgfs.CpusetStats{
		CPUs:             numbers(c, "cpuset.cpus"),
		CPUExclusive:     c.Number("cpuset.cpu_exclusive"),
		Mems:             numbers(c, "cpuset.mems"),
		MemHardwall:      c.Number("cpuset.mem_hardwall"),
		MemExclusive:     c.Number("cpuset.mem_exclusive"),
		MemoryMigrate:    c.Number("cpuset.memory_migrate"),
		MemorySpreadPage: c.Number("cpuset.memory_spread_page"),
		MemorySpreadSlab: c.Number("cpuset.memory_spread_slab"),
		MemoryPressure:   c.Number("cpuset.memory_pressure"),
		SchedLoadBalance: c.Number("cpuset.sched_load_balance"),
	}
	const file = "cpuset.sched_relax_domain_level" // -1 is the system's default
	if text := c.Text(file); text != "" {
		level, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			c.Bad(file, text)
		}
		s.Cpuset.SchedRelaxDomainLevel = level
	}
}

// numbers spells out a list such as "0-2,5" (cpuset(7), List format).
func numbers(c *cgfs.Counters, file string) []uint16 {
	var list []uint16
	for part := range strings.SplitSeq(c.Text(file), ",") {
		if part == "" {
			continue
		}
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err := strconv.ParseUint(first, 10, 15)
		to, err2 := strconv.ParseUint(last, 10, 15)
		if err != nil || err2 != nil {
			c.Bad(file, part)
			return nil
		}
		for n := from; n <= to; n++ {
			list = append(list, uint16(n))
		}
	}
	return list
}
