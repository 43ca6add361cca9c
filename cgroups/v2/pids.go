package v2

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

func pids(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r.Pids == nil || r.Pids.Limit == nil {
		return nil, nil
	}
	return []cgfs.Setting{{Controller: "pids", File: "pids.max", Value: limit(*r.Pids.Limit), Property: "linux.resources.pids.limit"}}, nil
}
