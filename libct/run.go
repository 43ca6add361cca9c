package libct

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Run makes a container and runs its program at once. Unless it detaches it
// waits for the program, deletes the container and gives the exit code.
func (r *Runtime) Run(id string, o RunOptions) (code int, err error) {
	o.attached = !o.Detach
	l, unlock, err := r.begin(id, o.CreateOptions, true)
	if err != nil {
		return -1, err
	}
	locked := true
	defer func() {
		if locked {
			unlock()
		}
	}()
	var f *foreground
	if !o.Detach {
		f = newForeground(o.Stdin, o.Stdout, o.NoSubreaper)
		if p := l.config.Spec.Process; p != nil && p.Terminal {
			if err := f.findTerminal(o.IO); err != nil {
				l.undo()
				return -1, err
			}
		}
		f.catch() // from now on there is something to clean up
		defer f.end()
	}
	if err := l.run(f); err != nil {
		return -1, err
	}
	defer l.x.Close()
	if err := l.poststart(); err != nil {
		l.notify.close()
		l.x.Reap()
		return -1, err
	}
	unlock() // others may pause, exec or kill meanwhile
	locked = false
	if o.Detach {
		if err := l.notify.relay(l.x.Pid); err != nil {
			r.Warn(err.Error())
		}
		return 0, nil
	}
	relayed := l.notify.follow()
	ws, err := f.wait(l.x.Pid, l.x.PidFD)
	if err != nil {
		return -1, err
	}
	if err := relayed(); err != nil {
		r.Warn(err.Error())
	}
	if err := l.finish(o.Keep); err != nil {
		return -1, err
	}
	return exitCode(ws), nil
}

// run is create and start in one: nothing has to wait between them.
func (l *launch) run(f *foreground) (err error) {
	defer func() {
		if err != nil {
			l.notify.close()
			l.undo()
		}
	}()
	if l.config.Process == nil {
		return fmt.Errorf("process: is not set: there is nothing to run")
	}
	if err := l.build(); err != nil {
		return err
	}
	if l.console != nil {
		if err := f.terminal(l.console); err != nil {
			return err
		}
	}
	if err := l.announce(); err != nil {
		return err
	}
	if l.notify, err = l.listenNotify(); err != nil {
		return err
	}
	if err := l.x.Exec(l.plan.Last(&l.regs)); err != nil {
		return startError(l.starved(hookSaid(err, l.hookLog), l.manager, l.config.Resources()))
	}
	return nil
}

// finish deletes a container that has ended, unless somebody has done so.
func (l *launch) finish(keep bool) error {
	if keep {
		return nil
	}
	unlock, err := l.lock()
	if errors.Is(err, ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	ours := l.rec
	if err := l.reload(); errors.Is(err, ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if l.rec.InitPid != ours.InitPid || l.rec.InitStart != ours.InitStart {
		return nil // it was deleted, and another has its name
	}
	return l.remove()
}

func exitCode(ws unix.WaitStatus) int {
	if ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}
