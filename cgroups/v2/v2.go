// Package v2 turns linux.resources into writes to the files of a cgroup v2
// directory. It decides only: nothing here touches the host. It imports cgfs
// and runtime-spec.
package v2

import (
	"errors"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

// A controller gives the settings its part of the resources comes down to.
type controller func(r *specs.LinuxResources) ([]cgfs.Setting, error)

// Settings lists the writes for all of r but its device rules (package
// devices). Zero, where it means nothing to the kernel, is unset. What v1
// could do and v2 cannot is reported, all of it.
func Settings(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r == nil {
		return nil, nil
	}
	var all []cgfs.Setting
	var errs []error
	for _, c := range [...]controller{cpuset, cpu, memory, pids, io, hugetlb, rdma, network, unified} {
		settings, err := c(r)
		all, errs = append(all, settings...), append(errs, err)
	}
	return all, errors.Join(errs...)
}

// limit writes a negative number as v2's word for no limit.
func limit(v int64) string {
	if v < 0 {
		return "max"
	}
	return strconv.FormatInt(v, 10)
}

func unsigned(v uint64) string { return strconv.FormatUint(v, 10) }
