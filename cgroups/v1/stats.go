package v1

import (
	"errors"

	"rt/cgroups/cgfs"
)

// ReadStats adds to s what the v1 controllers count; dir gives a controller's
// directory, "" where the host lacks it.
func ReadStats(dir func(controller string) string, s *cgfs.Stats) error {
	var errs []error
	for _, part := range [...]struct {
		controller string
		read       func(*cgfs.Counters, *cgfs.Stats)
	}{
		{"cpu", throttling}, {"cpuacct", cpuUsage}, {"cpuset", cpusetStats}, {"memory", memoryStats},
		{"pids", pidsStats}, {"blkio", blkioStats}, {"hugetlb", hugetlbStats},
	} {
		if d := dir(part.controller); d != "" {
			c := cgfs.Counters{Dir: d}
			part.read(&c, s)
			errs = append(errs, c.Err)
		}
	}
	return errors.Join(errs...)
}
