// Package v1 turns linux.resources into writes to the files of cgroup v1
// controllers. It decides only: nothing here touches the host. It imports
// cgfs and runtime-spec.
package v1

import (
	"errors"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

// A controller gives the settings its part of the resources comes down to.
type controller func(r *specs.LinuxResources) ([]cgfs.Setting, error)

// Settings lists the writes for all of r but its device rules (package
// devices) and huge page limits where hugetlb is a v2 controller. Zero, where
// it means nothing to the kernel, is unset. All that cannot be done is
// reported.
func Settings(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r == nil {
		return nil, nil
	}
	var all []cgfs.Setting
	var errs []error
	for _, c := range [...]controller{cpuset, cpu, memory, pids, blkio, hugetlb, netCls, netPrio, rdma, unified} {
		settings, err := c(r)
		all, errs = append(all, settings...), append(errs, err)
	}
	return all, errors.Join(errs...)
}

// unified refuses what only v2 has words for.
func unified(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if len(r.Unified) > 0 {
		return nil, errors.New("linux.resources.unified: the host has cgroup v1")
	}
	return nil, nil
}

func signed(v int64) string { return strconv.FormatInt(v, 10) }

func unsigned(v uint64) string { return strconv.FormatUint(v, 10) }
