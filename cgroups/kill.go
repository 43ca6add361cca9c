package cgroups

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

// Kill freezes the processes so that none forks unseen, kills them and thaws,
// nested cgroups that froze by themselves included: a frozen v1 process does
// not die.
func (m *legacy) Kill() error {
	home, freezer := m.home(), m.of("freezer")
	killed := map[int]bool{}
	for until := time.Now().Add(killWait); ; {
		fresh, err := m.killRound(home, freezer, killed)
		if err != nil || !fresh {
			return err
		}
		if time.Now().After(until) {
			return fmt.Errorf("kill cgroup %s: new processes still appear after %v", home, killWait)
		}
	}
}

func (m *legacy) killRound(home, freezer string, killed map[int]bool) (fresh bool, err error) {
	pids, err := cgfs.Pids(home)
	if err != nil || len(pids) == 0 {
		return false, err
	}
	if freezer != "" {
		defer func() { err = errors.Join(err, thawAll(freezer)) }()
		// What resists freezing is killed all the same, in another round if
		// it has forked.
		freezeV1(freezer, 50*time.Millisecond)
		if pids, err = cgfs.Pids(home); err != nil {
			return false, err
		}
	}
	for _, pid := range pids {
		if err := unix.Kill(pid, unix.SIGKILL); err != nil && err != unix.ESRCH {
			return false, fmt.Errorf("kill process %d: %w", pid, err)
		}
		fresh = fresh || !killed[pid]
		killed[pid] = true
	}
	return fresh, nil
}

func thawAll(dir string) error {
	return cgfs.Walk(dir, func(dir string) error { return cgfs.Write(dir+"/freezer.state", "THAWED") })
}

// Kill relies on cgroup.kill (Linux 5.14), which takes in the whole subtree,
// frozen or forking.
func (m *unified) Kill() error {
	err := cgfs.Write(m.dir+"/cgroup.kill", "1")
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}
