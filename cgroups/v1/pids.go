package v1

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

func pids(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r.Pids == nil || r.Pids.Limit == nil {
		return nil, nil
	}
	value := "max"
	if *r.Pids.Limit >= 0 {
		value = signed(*r.Pids.Limit)
	}
	return []cgfs.Setting{{Controller: "pids", File: "pids.max", Value: value, Property: "linux.resources.pids.limit"}}, nil
}
