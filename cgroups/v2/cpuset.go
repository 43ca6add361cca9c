package v2

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

func cpuset(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r.CPU == nil {
		return nil, nil
	}
	var out []cgfs.Setting
	if r.CPU.Cpus != "" {
		out = append(out, cgfs.Setting{Controller: "cpuset", File: "cpuset.cpus", Value: r.CPU.Cpus,
			Property: "linux.resources.cpu.cpus"})
	}
	if r.CPU.Mems != "" {
		out = append(out, cgfs.Setting{Controller: "cpuset", File: "cpuset.mems", Value: r.CPU.Mems,
			Property: "linux.resources.cpu.mems"})
	}
	return out, nil
}
