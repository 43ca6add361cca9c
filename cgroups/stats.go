package cgroups

import (
	"fmt"

	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
	"rt/cgroups/v1"
	"rt/cgroups/v2"
)

// Stats is what the kernel counts for a cgroup.
type Stats = cgfs.Stats

func newStats() *Stats { return &Stats{Hugetlb: map[string]cgfs.HugetlbStats{}} }

// Stats reads the v2 half of a hybrid host first: every v2 cgroup counts CPU
// time, and v1 knows it in more detail.
func (m *legacy) Stats() (*Stats, error) {
	s := newStats()
	if m.v2 != nil {
		if err := v2.ReadStats(m.v2.dir, s); err != nil {
			return nil, err
		}
	}
	if err := v1.ReadStats(m.of, s); err != nil {
		return nil, err
	}
	return s, present(m.home())
}

func (m *unified) Stats() (*Stats, error) {
	s := newStats()
	if err := v2.ReadStats(m.dir, s); err != nil {
		return nil, err
	}
	return s, present(m.dir)
}

func (none) Stats() (*Stats, error) { return nil, errNone }

// present tells what was counted from what is missing because the cgroup is.
func present(dir string) error {
	if err := unix.Access(dir, unix.F_OK); err != nil {
		return fmt.Errorf("count cgroup %s: %w", dir, err)
	}
	return nil
}
