package libct

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"rt/libct/hooks"
	"rt/nsexec"
)

// Start has the container's process run its program (runtime.md#start). It
// returns once execve has succeeded, or with the error of whatever stopped it.
func (c *Container) Start() error {
	unlock, err := c.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.reload(); err != nil {
		return err
	}
	status, err := c.status()
	switch {
	case err != nil:
		return err
	case status == Stopped || status == Creating:
		return ErrStartDead
	case status != Created:
		return ErrStartTwice
	case c.rec.NoProcess:
		return errors.New("process: is not set: there is nothing to start")
	}
	if err := c.wake(); err != nil {
		return c.failStart(err)
	}
	return c.poststart()
}

// wake lets the executor go on and waits for what comes of it.
func (c *Container) wake() error {
	sock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("start container: %w", err)
	}
	defer unix.Close(sock)
	err = inDirectory(c.dir, func(dir string) error {
		return unix.Connect(sock, &unix.SockaddrUnix{Name: dir + startSock})
	})
	if err != nil {
		return fmt.Errorf("start container: connect to its init: %w", err)
	}
	return nsexec.Start(sock, c.rec.Tail)
}

// failStart destroys a container whose start has failed and runs its poststop
// hooks (runtime.md#lifecycle, steps 7 to 9).
func (c *Container) failStart(cause error) error {
	c.destroy()
	return fmt.Errorf("unable to start container process: %w", cause)
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
