package v2

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

func rdma(r *specs.LinuxResources) ([]cgfs.Setting, error) { return cgfs.Rdma(r.Rdma) }
