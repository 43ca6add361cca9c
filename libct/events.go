package libct

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"rt/cgroups"
)

// Event is what Stats and Events tell of a container.
type Event struct {
	Type string         `json:"type"` // "stats" or "oom"
	ID   string         `json:"id"`
	Data *cgroups.Stats `json:"data,omitempty"` // of stats
}

// Stats is an event with what the kernel counts for the container by now.
func (c *Container) Stats() (Event, error) {
	status, err := c.status()
	if err != nil {
		return Event{}, err
	}
	if status == Stopped {
		return Event{}, ErrNotRunning
	}
	m, err := c.cgroup()
	if err != nil {
		return Event{}, err
	}
	return c.stats(m)
}

func (c *Container) stats(m cgroups.Manager) (Event, error) {
	s, err := m.Stats()
	return Event{"stats", c.rec.ID, s}, err
}

// Events tells tell, until the container has ended, what Stats would after each
// interval, and when the container has run out of memory.
func (c *Container) Events(interval time.Duration, tell func(Event) error) error {
	end, err := c.pidfd()
	if err != nil {
		return err
	}
	defer unix.Close(end)
	m, err := c.cgroup()
	if err != nil {
		return err
	}
	oom, err := m.WatchOOM()
	if err != nil {
		return err
	}
	defer oom.Close()

	for next := time.Now().Add(interval); ; {
		fds := []unix.PollFd{{Fd: int32(end), Events: unix.POLLIN}, oom.Poll()}
		if err := pollUntil(fds, next); err != nil {
			return fmt.Errorf("wait for events: %w", err)
		}
		// What has ended it is told before the end.
		n, err := oom.Count()
		if err != nil {
			return err
		}
		for range n {
			if err := tell(Event{Type: "oom", ID: c.rec.ID}); err != nil {
				return err
			}
		}
		if fds[0].Revents != 0 {
			return nil
		}
		if time.Now().Before(next) {
			continue
		}
		next = next.Add(interval)
		event, err := c.stats(m)
		if alive, err := c.alive(); !alive {
			return err // the cgroup may be gone, and the counts with it
		}
		if err == nil {
			err = tell(event)
		}
		if err != nil {
			return err
		}
	}
}

// pollUntil waits for any of the descriptors, or until the time has come.
func pollUntil(fds []unix.PollFd, until time.Time) error {
	for {
		wait := unix.NsecToTimespec(int64(max(time.Until(until), 0)))
		if _, err := unix.Ppoll(fds, &wait, nil); err != unix.EINTR {
			return err
		}
	}
}
