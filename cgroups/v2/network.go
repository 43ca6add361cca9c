package v2

import (
	"errors"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

// network has no controller in v2; what is asked of it is refused.
func network(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r.Network == nil {
		return nil, nil
	}
	var errs []error
	if id := r.Network.ClassID; id != nil && *id != 0 {
		errs = append(errs, noHeir("linux.resources.network.classID"))
	}
	if len(r.Network.Priorities) > 0 {
		errs = append(errs, noHeir("linux.resources.network.priorities"))
	}
	return nil, errors.Join(errs...)
}
