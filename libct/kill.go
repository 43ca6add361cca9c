package libct

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"rt/cgroups"
	"rt/nsexec"
)

// killDeadline bounds the wait for a killed process to end.
const killDeadline = 10 * time.Second

// Kill sends a signal to the container's process (runtime.md#kill). all is for
// callers of old: SIGKILL then goes to every process, and a container that has
// stopped is no error.
func (c *Container) Kill(sig unix.Signal, all bool) error {
	status, err := c.status()
	if err != nil {
		return err
	}
	if status == Stopped || status == Creating && c.rec.InitPid == 0 {
		if all {
			return c.killRest(sig)
		}
		return ErrNotRunning
	}
	if sig == unix.SIGKILL && (all || !c.rec.OwnPids) {
		// Without a pid namespace of its own, init's end would end nothing else.
		return c.killAll()
	}
	if err := c.signal(sig); err != nil {
		return err
	}
	if status == Paused && sig == unix.SIGKILL {
		m, err := c.cgroup()
		if err != nil {
			return err
		}
		return thaw(m)
	}
	return nil
}

// killRest is for what a stopped container's init has left behind. The lock
// keeps another container from having the name by then.
func (c *Container) killRest(sig unix.Signal) error {
	if sig != unix.SIGKILL {
		return nil
	}
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.reload(); err != nil {
		return err
	}
	if status, err := c.status(); err != nil || status != Stopped {
		return err
	}
	return c.killAll()
}

// signal reaches init, and no other process that might have its pid by now.
func (c *Container) signal(sig unix.Signal) error {
	fd, err := c.pidfd()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.PidfdSendSignal(fd, sig, nil, 0); err != nil {
		if errors.Is(err, unix.ESRCH) {
			return ErrNotRunning
		}
		return fmt.Errorf("signal container init: %w", err)
	}
	return nil
}

// pidfd opens init. Its start time is compared after that: from then on the
// pid cannot become another's unnoticed.
func (c *Container) pidfd() (int, error) {
	if c.rec.InitPid <= 0 {
		return -1, ErrNotRunning
	}
	fd, err := unix.PidfdOpen(c.rec.InitPid, 0)
	if err != nil {
		if cgroups.NoProcess(err) {
			return -1, ErrNotRunning
		}
		return -1, fmt.Errorf("pidfd_open container init: %w", err)
	}
	alive, err := c.alive()
	if alive {
		return fd, nil
	}
	unix.Close(fd)
	if err == nil {
		err = ErrNotRunning
	}
	return -1, err
}

// killAll ends every process of the container and waits for init's end. In a
// cgroup that was there before the container, only init is known to be the
// container's; its pid namespace takes the rest along.
func (c *Container) killAll() error {
	fd, err := c.pidfd()
	if err == nil {
		defer unix.Close(fd)
		err = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
		if err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("kill container init: %w", err)
		}
	} else {
		if !errors.Is(err, ErrNotRunning) {
			return err
		}
		fd = -1
	}
	m, err := c.cgroup()
	if err != nil {
		return err
	}
	switch {
	case c.rec.Cgroup.Own():
		err = m.Kill()
	case fd >= 0:
		err = thaw(m)
	}
	if err != nil {
		return err
	}
	if fd < 0 {
		return nil
	}
	return waitExit(fd, killDeadline)
}

// thaw lets a killed process die: a frozen one cannot (cgroup v1).
func thaw(m cgroups.Manager) error {
	frozen, err := m.Frozen()
	if err == nil && frozen {
		err = m.Thaw()
	}
	return err
}

// waitExit waits until a process has ended.
func waitExit(pidfd int, wait time.Duration) error {
	ended, err := nsexec.AwaitExit(pidfd, wait)
	if err != nil {
		return fmt.Errorf("wait for container init: %w", err)
	}
	if !ended {
		return fmt.Errorf("wait for container init: still there %v after SIGKILL", wait)
	}
	return nil
}
