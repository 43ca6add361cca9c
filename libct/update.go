package libct

import (
	"errors"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups"
	"rt/specconv"
)

// Update changes limits. What r leaves unset stays as it is, and so does what
// it sets to zero where zero is no limit of its own: engines fill in whole
// objects. The errors are those of create, with places below linux.resources.
//
// Device rules are no limits and stay as they are.
func (c *Container) Update(r *specs.LinuxResources) error {
	limits := *r
	limits.Devices = nil // not even to be checked
	return c.whileLocked(func(m cgroups.Manager, status Status) error {
		if status == Stopped {
			return ErrNotRunning
		}
		if len(c.rec.Cgroup.Paths) == 0 {
			return errors.New("update limits: the container has no cgroup: none was to be had, or wanted, when it was made")
		}
		layout, err := cgroups.Detect()
		if err != nil {
			return err
		}
		host := specconv.Host{CgroupV2: layout.Pure()}
		if err := specconv.CheckResources(&limits, host); err != nil {
			return err
		}
		return m.Set(&limits)
	})
}
