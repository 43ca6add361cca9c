package v1

import (
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
	add := func(file, value, property string) *cgfs.Setting {
		out = append(out, cgfs.Setting{Controller: "memory", File: file, Value: value, Property: memoryProperty + property})
		return &out[len(out)-1]
	}
	limit, swap := set(m.Limit), set(m.Swap)
	if limit {
		add("memory.limit_in_bytes", signed(*m.Limit), "limit").Linked = true
	}
	switch {
	case swap:
		s := add("memory.memsw.limit_in_bytes", signed(*m.Swap), "swap")
		s.Linked, s.Optional = true, *m.Swap == -1
	case limit && *m.Limit == -1:
		// No limit on memory cannot be had under one on memory+swap.
		s := add("memory.memsw.limit_in_bytes", "-1", "limit")
		s.Linked, s.Optional = true, true
	}
	if set(m.Reservation) {
		add("memory.soft_limit_in_bytes", signed(*m.Reservation), "reservation")
	}
	// kernel is ignored, as the spec allows: Linux 5.16 has taken it away.
	if set(m.KernelTCP) {
		add("memory.kmem.tcp.limit_in_bytes", signed(*m.KernelTCP), "kernelTCP")
	}
	// Engines say "unset" with -1, which is the greatest number here.
	if s := m.Swappiness; s != nil && *s != math.MaxUint64 {
		if *s > 100 {
			return nil, fmt.Errorf("%sswappiness: %d is not in 0–100", memoryProperty, *s)
		}
		add("memory.swappiness", unsigned(*s), "swappiness")
	}
	if m.DisableOOMKiller != nil {
		add("memory.oom_control", flag(*m.DisableOOMKiller), "disableOOMKiller")
	}
	if m.UseHierarchy != nil {
		add("memory.use_hierarchy", flag(*m.UseHierarchy), "useHierarchy")
	}
	return out, nil
}

func set(v *int64) bool { return v != nil && *v != 0 }

func flag(v bool) string {
	if v {
		return "1"
	}
	return "0"
}
