package cgroups

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

func (m *legacy) Destroy() error {
	own := make([]string, 0, len(m.dirs)+1)
	for _, d := range m.dirs {
		own = append(own, d.dir)
	}
	if m.v2 != nil {
		own = append(own, m.v2.dir)
	}
	return destroy(m.made, own)
}

func (m *unified) Destroy() error { return destroy(m.made, []string{m.dir}) }

// destroy removes what was made: the container's own directories with all
// below, and of its ancestors those nobody else uses by now.
func destroy(made, own []string) error {
	var errs []error
	until := time.Now().Add(removeWait)
	for _, dir := range slices.Backward(made) {
		if !slices.Contains(own, dir) {
			errs = append(errs, removeUnused(dir))
			continue
		}
		errs = append(errs, removeTree(dir, until))
	}
	return errors.Join(errs...)
}

// removeUnused removes an ancestor, unless somebody else has put something
// into it.
func removeUnused(dir string) error {
	switch err := unix.Rmdir(dir); err {
	case nil, unix.ENOENT, unix.EBUSY, unix.ENOTEMPTY:
		return nil
	default:
		return fmt.Errorf("remove cgroup %s: %w", dir, err)
	}
}

// removeTree removes a cgroup and those below it, and waits for processes
// that are dying.
func removeTree(dir string, until time.Time) error {
	for p := newPace(time.Until(until)); ; {
		err := unix.Rmdir(dir)
		switch err {
		case nil, unix.ENOENT:
			return nil
		case unix.EBUSY, unix.ENOTEMPTY:
		default:
			return fmt.Errorf("remove cgroup %s: %w", dir, err)
		}
		below, err := cgfs.Below(dir, func(child string) error { return removeTree(child, until) })
		if err != nil {
			return err
		}
		if below > 0 {
			if time.Now().After(until) {
				return fmt.Errorf("remove cgroup %s: new ones still appear below it", dir)
			}
			continue
		}
		if err := waitEmpty(dir, &p); err != nil {
			return err
		}
	}
}

// waitEmpty waits for a change that lets dir be removed: by event on v2, by
// the end of each process on v1.
func waitEmpty(dir string, p *pace) error {
	if err := waitEvent(dir, "populated", "0", time.Until(p.until)); err == nil || !errors.Is(err, unix.ENOENT) {
		return err
	}
	pids, err := cgfs.Pids(dir)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if err := waitExit(pid, p.until); err != nil {
			return fmt.Errorf("remove cgroup %s: %w", dir, err)
		}
	}
	// The last process may be past its exit and not yet out of the cgroup.
	if len(pids) == 0 && !p.next() {
		return fmt.Errorf("remove cgroup %s: %w", dir, unix.EBUSY)
	}
	return nil
}

// NoProcess tells of an error of pidfd_open(2) that the pid is nobody's, or by
// now a thread's: EINVAL before Linux 6.16, and ENOENT since.
func NoProcess(err error) bool {
	return err == unix.ESRCH || err == unix.EINVAL || err == unix.ENOENT
}

func waitExit(pid int, until time.Time) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if NoProcess(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open pidfd of process %d: %w", pid, err)
	}
	defer unix.Close(fd)
	ready, err := poll(fd, unix.POLLIN, until)
	if err == nil && !ready {
		err = errors.New("is still alive")
	}
	if err != nil {
		return fmt.Errorf("process %d: %w", pid, err)
	}
	return nil
}

// poll waits for an event on fd and reports whether it came in time.
func poll(fd int, events int16, until time.Time) (bool, error) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for {
		t := unix.NsecToTimespec(int64(max(0, time.Until(until))))
		n, err := unix.Ppoll(fds, &t, nil)
		if err != unix.EINTR {
			return n > 0, err
		}
	}
}
