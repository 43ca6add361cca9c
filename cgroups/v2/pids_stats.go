package v2

import "rt/cgroups/cgfs"

func pidsStats(c *cgfs.Counters, s *cgfs.Stats) { s.Pids = c.Pids() }
