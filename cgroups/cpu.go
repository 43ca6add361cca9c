package cgroups

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

// A quota and its period make one limit, and on v2 so do swap and memory. Where
// r changes one of them alone, whole gives it the other, as it is in force: the
// file cpu.max takes no period alone, and systemd keeps their ratio.

func (m *unified) whole(r *specs.LinuxResources) (*specs.LinuxResources, error) {
	r, err := withLimit(m.dir, r)
	if err != nil {
		return nil, err
	}
	return wholeQuota(r, func() (quota, period string, err error) {
		text, err := cgfs.Read(m.dir + "/cpu.max")
		quota, period, _ = strings.Cut(text, " ")
		return quota, period, err
	})
}

func (m *legacy) whole(r *specs.LinuxResources) (*specs.LinuxResources, error) {
	return wholeQuota(r, func() (quota, period string, err error) {
		dir := m.of("cpu")
		if quota, err = cgfs.Read(dir + "/cpu.cfs_quota_us"); err != nil {
			return "", "", err
		}
		period, err = cgfs.Read(dir + "/cpu.cfs_period_us")
		return quota, period, err
	})
}

func wholeQuota(r *specs.LinuxResources, inForce func() (quota, period string, err error)) (*specs.LinuxResources, error) {
	if r == nil || r.CPU == nil {
		return r, nil
	}
	quota, period := r.CPU.Quota != nil && *r.CPU.Quota != 0, r.CPU.Period != nil && *r.CPU.Period != 0
	if quota == period {
		return r, nil
	}
	property := "linux.resources.cpu.quota"
	if period {
		property = "linux.resources.cpu.period"
	}
	text, periodText, err := inForce()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", property, err)
	}
	cpu := *r.CPU
	if !quota {
		now := int64(-1)
		if text != "max" {
			if now, err = strconv.ParseInt(text, 10, 64); err != nil {
				return nil, fmt.Errorf("%s: read quota in force: %w", property, err)
			}
		}
		cpu.Quota = &now
	} else {
		now, err := strconv.ParseUint(periodText, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: read period in force: %w", property, err)
		}
		cpu.Period = &now
	}
	with := *r
	with.CPU = &cpu
	return &with, nil
}
