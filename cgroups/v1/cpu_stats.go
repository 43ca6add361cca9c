package v1

import (
	"strings"

	"rt/cgroups/cgfs"
)

// clockTick is the unit of cpuacct.stat in nanoseconds: USER_HZ is 100 on
// every architecture that this runtime has.
const clockTick = 1e9 / 100

// throttling reads the controller cpu.
func throttling(c *cgfs.Counters, s *cgfs.Stats) {
	table, t := c.Table("cpu.stat"), &s.CPU.Throttling
	t.Periods, t.ThrottledPeriods, t.ThrottledTime = table["nr_periods"], table["nr_throttled"], table["throttled_time"]
}

// cpuUsage reads the controller cpuacct. Of the two files that tell user and
// kernel time apart, cpuacct.stat is scaled to the time that was measured, and
// the other, which counts ticks, is the only one by CPU.
func cpuUsage(c *cgfs.Counters, s *cgfs.Stats) {
	u := &s.CPU.Usage
	u.Total = c.Number("cpuacct.usage")
	u.Percpu = c.Numbers("cpuacct.usage_percpu")
	split := c.Table("cpuacct.stat")
	u.User, u.Kernel = split["user"]*clockTick, split["system"]*clockTick

	const file = "cpuacct.usage_all" // "cpu user system", then a line per CPU
	_, rows, _ := strings.Cut(c.Text(file), "\n")
	for row := range strings.Lines(rows) {
		f := strings.Fields(row)
		if len(f) != 3 {
			c.Bad(file, row)
			return
		}
		u.PercpuUser = append(u.PercpuUser, c.Parse(file, f[1]))
		u.PercpuKernel = append(u.PercpuKernel, c.Parse(file, f[2]))
	}
}
