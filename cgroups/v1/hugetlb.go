package v1

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

func hugetlb(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	return cgfs.Hugetlb(r.HugepageLimits, "limit_in_bytes")
}
