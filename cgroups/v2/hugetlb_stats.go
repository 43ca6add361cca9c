package v2

import "rt/cgroups/cgfs"

// hugetlbStats counts reservations, which include what is in use.
func hugetlbStats(c *cgfs.Counters, s *cgfs.Stats) {
	for _, size := range c.PageSizes(".rsvd.current") {
		s.Hugetlb[size] = cgfs.HugetlbStats{
			Usage:   c.Number("hugetlb." + size + ".rsvd.current"),
			Failcnt: c.Table("hugetlb." + size + ".events")["max"],
		}
	}
}
