package v1

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

func cpu(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r.CPU == nil {
		return nil, nil
	}
	c := r.CPU
	var out []cgfs.Setting
	add := func(file, value, property string) {
		out = append(out, cgfs.Setting{Controller: "cpu", File: file, Value: value,
			Property: "linux.resources.cpu." + property, Linked: true})
	}
	if c.Shares != nil && *c.Shares != 0 {
		add("cpu.shares", unsigned(*c.Shares), "shares")
	}
	// The kernel holds quota and burst, and runtime and period, against each
	// other and against the parent's.
	if c.Period != nil && *c.Period != 0 {
		add("cpu.cfs_period_us", unsigned(*c.Period), "period")
	}
	if c.Quota != nil && *c.Quota != 0 {
		add("cpu.cfs_quota_us", signed(*c.Quota), "quota")
	}
	if c.Burst != nil {
		add("cpu.cfs_burst_us", unsigned(*c.Burst), "burst")
	}
	if c.RealtimePeriod != nil && *c.RealtimePeriod != 0 {
		add("cpu.rt_period_us", unsigned(*c.RealtimePeriod), "realtimePeriod")
	}
	if c.RealtimeRuntime != nil && *c.RealtimeRuntime != 0 {
		add("cpu.rt_runtime_us", signed(*c.RealtimeRuntime), "realtimeRuntime")
	}
	if c.Idle != nil {
		add("cpu.idle", signed(*c.Idle), "idle")
	}
	return out, nil
}
