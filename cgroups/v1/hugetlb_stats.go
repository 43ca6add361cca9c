package v1

import "rt/cgroups/cgfs"

// hugetlbStats counts reservations, which include what is in use.
func hugetlbStats(c *cgfs.Counters, s *cgfs.Stats) {
	for _, size := range c.PageSizes(".rsvd.usage_in_bytes") {
		prefix := "hugetlb." + size + ".rsvd."
		s.Hugetlb[size] = cgfs.HugetlbStats{
			Usage:   c.Number(prefix + "usage_in_bytes"),
			Max:     c.Number(prefix + "max_usage_in_bytes"),
			Failcnt: c.Number(prefix + "failcnt"),
		}
	}
}
