package v2

import "rt/cgroups/cgfs"

// ReadStats adds to s what is counted in a v2 directory, in the words of v1.
func ReadStats(dir string, s *cgfs.Stats) error {
	c := cgfs.Counters{Dir: dir}
	for _, read := range [...]func(*cgfs.Counters, *cgfs.Stats){cpuStats, memoryStats, pidsStats, ioStats, hugetlbStats} {
		read(&c, s)
	}
	return c.Err
}
