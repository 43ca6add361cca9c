package cgroups

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

// How long the kernel is given to do what it was told.
const (
	freezeWait = 10 * time.Second
	killWait   = 10 * time.Second
	removeWait = 10 * time.Second
)

var errNoFreezer = errors.New("the host has no freezer controller")

func (m *legacy) Freeze() error {
	dir := m.of("freezer")
	if dir == "" {
		return fmt.Errorf("freeze cgroup: %w", errNoFreezer)
	}
	err := freezeV1(dir, freezeWait)
	if err != nil {
		// Half frozen is neither: the container goes on as it was.
		err = errors.Join(err, m.Thaw())
	}
	return err
}

func freezeV1(dir string, wait time.Duration) error {
	state := dir + "/freezer.state"
	for p := newPace(wait); ; {
		// A process that forks or enters meanwhile may be missed: writing
		// again takes it in.
		if err := cgfs.Write(state, "FROZEN"); err != nil {
			return fmt.Errorf("freeze cgroup: %w", err)
		}
		now, err := cgfs.Read(state)
		if err != nil || now == "FROZEN" {
			return err
		}
		if !p.next() {
			return fmt.Errorf("freeze cgroup %s: still %s after %v", dir, now, wait)
		}
	}
}

func (m *legacy) Thaw() error {
	dir := m.of("freezer")
	if dir == "" {
		return fmt.Errorf("thaw cgroup: %w", errNoFreezer)
	}
	return cgfs.Write(dir+"/freezer.state", "THAWED")
}

func (m *legacy) Frozen() (bool, error) {
	dir := m.of("freezer")
	if dir == "" {
		return false, nil
	}
	state, err := cgfs.Read(dir + "/freezer.state")
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	return state == "FROZEN", err
}

// v2 has an event for the end of freezing, and cgroup.freeze takes in
// processes that fork or enter meanwhile.

func (m *unified) Freeze() error {
	err := cgfs.Write(m.dir+"/cgroup.freeze", "1")
	if err == nil {
		err = waitEvent(m.dir, "frozen", "1", freezeWait)
	}
	if err != nil {
		// Half frozen is neither: the container goes on as it was.
		return errors.Join(fmt.Errorf("freeze cgroup: %w", err), m.Thaw())
	}
	return nil
}

func (m *unified) Thaw() error {
	if err := cgfs.Write(m.dir+"/cgroup.freeze", "0"); err != nil {
		return fmt.Errorf("thaw cgroup: %w", err)
	}
	return nil
}

func (m *unified) Frozen() (bool, error) {
	frozen, err := cgfs.Field(m.dir+"/cgroup.events", "frozen")
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	return frozen == "1", err
}

// notFrozen refuses a cgroup in which a new container would stop at its first
// step, and its maker wait for ever: one that was found in place, or is new in
// one that is frozen.
func notFrozen(m Manager) error {
	frozen, err := m.Frozen()
	if err == nil && frozen {
		err = errors.New("linux.cgroupsPath: the cgroup is frozen, or one above it")
	}
	return err
}

// pace spaces out looks at what v1 has no event for: the freezer's state, and
// the moment between a process's end and its leaving the cgroup.
type pace struct {
	until time.Time
	step  time.Duration
}

func newPace(d time.Duration) pace { return pace{time.Now().Add(d), 20 * time.Microsecond} }

// next waits a little, longer each time, and reports whether time is left.
func (p *pace) next() bool {
	if time.Now().After(p.until) {
		return false
	}
	t := unix.NsecToTimespec(int64(p.step))
	unix.Ppoll(nil, &t, nil)
	p.step = min(2*p.step, 5*time.Millisecond)
	return true
}
