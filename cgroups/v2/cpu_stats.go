package v2

import "rt/cgroups/cgfs"

func cpuStats(c *cgfs.Counters, s *cgfs.Stats) {
	const microsecond = 1000
	table, u, t := c.Table("cpu.stat"), &s.CPU.Usage, &s.CPU.Throttling
	u.Total = table["usage_usec"] * microsecond
	u.User, u.Kernel = table["user_usec"]*microsecond, table["system_usec"]*microsecond
	t.Periods, t.ThrottledPeriods = table["nr_periods"], table["nr_throttled"]
	t.ThrottledTime = table["throttled_usec"] * microsecond
	s.CPU.PSI = pressure(c, "cpu.pressure")
}
