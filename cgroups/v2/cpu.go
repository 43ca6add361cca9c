package v2

import (
	"errors"
	"fmt"
	"math"

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
		add("cpu.weight", unsigned(Weight(*c.Shares)), "shares")
	}
	quota, period := c.Quota != nil && *c.Quota != 0, c.Period != nil && *c.Period != 0
	switch {
	case quota && period:
		add("cpu.max", limit(*c.Quota)+" "+unsigned(*c.Period), "quota")
	case quota:
		add("cpu.max", limit(*c.Quota), "quota")
	case period:
		add("cpu.max", "max "+unsigned(*c.Period), "period")
	}
	if c.Burst != nil {
		add("cpu.max.burst", unsigned(*c.Burst), "burst")
	}
	if c.Idle != nil {
		add("cpu.idle", fmt.Sprint(*c.Idle), "idle")
	}
	var errs []error
	if c.RealtimeRuntime != nil && *c.RealtimeRuntime != 0 {
		errs = append(errs, noHeir("linux.resources.cpu.realtimeRuntime"))
	}
	if c.RealtimePeriod != nil && *c.RealtimePeriod != 0 {
		errs = append(errs, noHeir("linux.resources.cpu.realtimePeriod"))
	}
	return out, errors.Join(errs...)
}

// Weight gives the cpu.weight for v1 shares: a curve through what is least,
// default and greatest in both, (2, 1), (1024, 100) and (262144, 10000),
// quadratic between their logarithms. A straight line would give a default
// container less than half of a default neighbour.
func Weight(shares uint64) uint64 {
	switch {
	case shares <= 2:
		return 1
	case shares >= 262144:
		return 10000
	}
	l := math.Log2(float64(shares))
	return uint64(math.Ceil(math.Pow(10, (l*l+125*l)/612-7.0/34)))
}

func noHeir(property string) error {
	return fmt.Errorf("%s: cgroup v2 has no such limit", property)
}
