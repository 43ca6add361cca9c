package libct

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Delete takes away a container that has stopped, and one that was created and
// never started (runtime.md#delete). With force one in any state, and one that
// is not there is no error.
func (r *Runtime) Delete(id string, force bool) error {
	c, err := r.Load(id)
	if err != nil {
		if force && errors.Is(err, ErrNotExist) {
			return nil
		}
		return err
	}
	unlock, err := c.lockForDelete(force)
	if err != nil {
		if force && errors.Is(err, ErrNotExist) {
			return nil
		}
		return err
	}
	defer unlock()
	if err := c.reload(); err != nil {
		if force && errors.Is(err, ErrNotExist) {
			return nil
		}
		return err
	}
	return c.delete(force)
}

// lockForDelete gets past a create or start that hangs, when force is meant:
// it ends the process they wait for.
func (c *Container) lockForDelete(force bool) (func(), error) {
	if force && c.rec.InitPid > 0 && c.busy() {
		if err := c.killAll(); err != nil {
			return nil, err
		}
	}
	return c.lock()
}

func (c *Container) delete(force bool) error {
	if c.rec.Phase == Creating {
		return c.remove() // its create was killed, for the lock is ours
	}
	status, err := c.status()
	if err != nil && !force {
		return err
	}
	if err == nil && !force && status != Stopped && status != Created {
		return fmt.Errorf("cannot delete container %q that is not stopped: %s", c.rec.ID, status)
	}
	return c.remove()
}

// remove ends what runs and takes everything away, the directory last: while
// it is there delete can be called again.
func (c *Container) remove() error {
	alive, err := c.alive()
	if err != nil {
		return err
	}
	if alive || !c.rec.OwnPids {
		if err := c.killAll(); err != nil {
			return err
		}
	}
	m, err := c.cgroup()
	if err != nil {
		return err
	}
	if err := m.Destroy(); err != nil {
		return err
	}
	if err := c.unmountRest(); err != nil {
		return err
	}
	c.poststop()
	if err := c.removeDirectory(); err != nil {
		return fmt.Errorf("remove directory of container %q: %w", c.rec.ID, err)
	}
	return nil
}

// removeDirectory takes state.json last, which says whose directory it is. What
// else there may be is of an rt that was killed.
func (c *Container) removeDirectory() error {
	if c.rec.Notify {
		if err := os.RemoveAll(c.path(notifyDir)); err != nil {
			return err
		}
	}
	for _, name := range [...]string{startSock, initLock, configFile, stateFile} {
		unix.Unlink(c.path(name))
	}
	if err := unix.Rmdir(c.dir); err == nil {
		return nil
	}
	return os.RemoveAll(c.dir)
}
