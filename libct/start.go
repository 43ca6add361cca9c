package libct

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"rt/libct/hooks"
	"rt/nsexec"
)

// Start has the container's process run its program (runtime.md#start). It
// returns once execve has succeeded, or with the error of whatever stopped it;
// when somebody is to be told, once the container says that it is ready.
func (c *Container) Start() error {
	notify, err := c.start()
	if err != nil {
		return err
	}
	// Without the lock: others may pause, exec or kill meanwhile.
	if err := notify.relay(c.rec.InitPid); err != nil {
		c.rt.Warn(err.Error())
	}
	return nil
}

func (c *Container) start() (notify *notifier, err error) {
	unlock, err := c.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := c.startable(); err != nil {
		return nil, err
	}
	notify, err = c.listenNotify()
	if err != nil {
		return nil, err
	}
	sock, err := c.reach()
	if err != nil {
		notify.close()
		return nil, err
	}
	defer unix.Close(sock)
	err = wake(sock, c.rec.Tail)
	if err != nil {
		err = c.failStart(err)
	} else {
		if err := c.settle(); err != nil {
			c.rt.Warn(err.Error())
		}
		err = c.poststart()
	}
	if err != nil {
		notify.close()
	}
	return notify, err
}

func (c *Container) startable() error {
	if err := c.reload(); err != nil {
		return err
	}
	status, err := c.status()
	switch {
	case err != nil:
		return err
	case status == Stopped || status == Creating:
		return ErrStartDead
	case status == Paused:
		return errors.New("cannot start a container in the paused state")
	case status != Created:
		return ErrStartTwice
	case c.rec.NoProcess:
		return errors.New("process: is not set: there is nothing to start")
	}
	return nil
}

// reach connects to the executor. That this fails, for want of descriptors say,
// is not the container's failure, which stays as it is.
func (c *Container) reach() (sock int, err error) {
	sock, err = unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("start container: %w", err)
	}
	err = inDirectory(c.dir, func(dir string) error {
		return unix.Connect(sock, &unix.SockaddrUnix{Name: dir + startSock})
	})
	if err != nil {
		unix.Close(sock)
		return -1, fmt.Errorf("start container: connect to its init: %w", err)
	}
	return sock, nil
}

// wake lets the executor go on and waits for what comes of it.
func wake(sock int, tail []nsexec.Note) error {
	lent, err := nsexec.Start(sock, tail)
	for _, output := range lent {
		err = hookSaid(err, output)
		output.Close()
	}
	return err
}

// settle waits until init has given up its lock. The end of its connection can
// come first, as execve closes descriptors in an order of its own, and who asks
// for the state after start is to hear that the container runs.
func (c *Container) settle() error {
	fd, err := unix.Open(c.path(initLock), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		defer unix.Close(fd)
		err = flock(fd, unix.LOCK_SH, lockDeadline)
	}
	if err != nil {
		return fmt.Errorf("wait for the lock of container init: %w", err)
	}
	return nil
}

// failStart destroys a container whose start has failed and runs its poststop
// hooks (runtime.md#lifecycle, steps 7 to 9).
func (c *Container) failStart(cause error) error {
	spec, specErr := c.Spec()
	m, cgroupErr := c.cgroup()
	if specErr == nil && cgroupErr == nil {
		cause = c.starved(cause, m, spec.Linux.Resources)
	}
	c.destroy()
	return startError(cause)
}

func (c *Container) destroy() {
	if err := c.remove(); err != nil {
		c.rt.Warn(err.Error())
	}
}

// poststart runs the poststart hooks. A container whose hook fails is
// destroyed.
func (c *Container) poststart() error {
	if len(c.rec.Poststart) == 0 {
		return nil
	}
	err := hooks.Run(hooks.List{
		Kind:  "poststart",
		Hooks: c.rec.Poststart,
		Dir:   c.rec.Bundle,
		State: c.hookState(Running, c.rec.InitPid),
	})
	if err != nil {
		c.destroy()
	}
	return err
}
