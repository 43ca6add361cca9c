package v2

import (
	"errors"
	"fmt"
	"math"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

const memoryProperty = "linux.resources.memory."

func memory(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r.Memory == nil {
		return nil, nil
	}
	m := r.Memory
	var out []cgfs.Setting
	var errs []error
	add := func(file, value, property string) *cgfs.Setting {
		out = append(out, cgfs.Setting{Controller: "memory", File: file, Value: value, Property: memoryProperty + property})
		return &out[len(out)-1]
	}
	swap, err := swapMax(m)
	errs = append(errs, err)
	if swap != "" {
		// A kernel without swap has none to allow or to forbid.
		add("memory.swap.max", swap, "swap").Optional = swap == "max" || swap == "0"
	}
	if set(m.Limit) {
		add("memory.max", limit(*m.Limit), "limit")
	}
	if set(m.Reservation) {
		add("memory.low", limit(*m.Reservation), "reservation")
	}
	// kernel is ignored, as the spec allows: v2 counts kernel memory always.
	if set(m.KernelTCP) && *m.KernelTCP > 0 {
		errs = append(errs, noHeir(memoryProperty+"kernelTCP"))
	}
	if m.Swappiness != nil && *m.Swappiness != math.MaxUint64 {
		errs = append(errs, noHeir(memoryProperty+"swappiness"))
	}
	if m.DisableOOMKiller != nil && *m.DisableOOMKiller {
		errs = append(errs, noHeir(memoryProperty+"disableOOMKiller"))
	}
	if m.UseHierarchy != nil && !*m.UseHierarchy {
		errs = append(errs, fmt.Errorf("%suseHierarchy: cgroup v2 is always hierarchical", memoryProperty))
	}
	return out, errors.Join(errs...)
}

// swapMax converts swap, which counts memory in, to v2's limit on swap alone;
// "" is to leave it as it is.
func swapMax(m *specs.LinuxMemory) (string, error) {
	switch {
	case !set(m.Swap):
		// As on v1, no limit on memory means none on memory+swap.
		if set(m.Limit) && *m.Limit < 0 {
			return "max", nil
		}
		return "", nil
	case *m.Swap < 0:
		return "max", nil
	case !set(m.Limit) || *m.Limit < 0:
		return "", fmt.Errorf("%sswap: cgroup v2 needs memory.limit beside it", memoryProperty)
	case *m.Swap < *m.Limit:
		return "", fmt.Errorf("%sswap: %d is below memory.limit %d, which it includes", memoryProperty, *m.Swap, *m.Limit)
	}
	return limit(*m.Swap - *m.Limit), nil
}

func set(v *int64) bool { return v != nil && *v != 0 }
