package cgroups

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

// withQuota gives r the quota in force where it changes only the period: the
// file cpu.max takes no period alone.
func withQuota(dir string, r *specs.LinuxResources) (*specs.LinuxResources, error) {
	zero := func(quota *int64) bool { return quota == nil || *quota == 0 }
	if r == nil || r.CPU == nil || r.CPU.Period == nil || *r.CPU.Period == 0 || !zero(r.CPU.Quota) {
		return r, nil
	}
	text, err := cgfs.Read(dir + "/cpu.max")
	if err != nil {
		return nil, fmt.Errorf("linux.resources.cpu.period: %w", err)
	}
	quota, _, _ := strings.Cut(text, " ")
	now, err := strconv.ParseInt(quota, 10, 64)
	if err != nil {
		return r, nil // "max"
	}
	cpu := *r.CPU
	cpu.Quota = &now
	with := *r
	with.CPU = &cpu
	return &with, nil
}
