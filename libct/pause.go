package libct

import (
	"errors"
	"fmt"

	"rt/cgroups"
)

// Pause freezes all processes of the container.
func (c *Container) Pause() error {
	return c.whileLocked(func(m cgroups.Manager, status Status) error {
		if status == Paused {
			return errors.New("cannot pause a container that is paused")
		}
		if status != Running && status != Created {
			return fmt.Errorf("cannot pause: %w: %s", ErrNotRunning, status)
		}
		return m.Freeze()
	})
}

// Resume thaws them.
func (c *Container) Resume() error {
	return c.whileLocked(func(m cgroups.Manager, status Status) error {
		if status != Paused {
			return ErrNotPaused
		}
		return m.Thaw()
	})
}

func (c *Container) whileLocked(do func(m cgroups.Manager, status Status) error) error {
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.reload(); err != nil {
		return err
	}
	status, err := c.status()
	if err != nil {
		return err
	}
	m, err := c.cgroup()
	if err != nil {
		return err
	}
	return do(m, status)
}
