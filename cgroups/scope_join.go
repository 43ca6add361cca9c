package cgroups

import (
	"fmt"
	"path"

	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
	"rt/cgroups/systemd"
)

func (s *scope) Join() (Join, error) {
	j, err := s.enter("", s.files.Join)
	j.entered = s.entered
	return j, err
}

func (s *scope) Sub(spec []string) (Join, error) {
	sub := ""
	if len(spec) == 1 {
		var err error
		if sub, err = inside(spec[0]); err != nil {
			return Join{}, fmt.Errorf("cgroup %q: %w", spec[0], err)
		}
	}
	return s.enter(sub, func() (Join, error) { return s.files.Sub(spec) })
}

func (s *scope) Beside(pid int) (Join, error) {
	v2, ok := s.files.(*unified)
	if !ok {
		return s.files.Beside(pid)
	}
	sub, err := v2.holding(pid)
	if err != nil {
		return Join{}, err
	}
	return s.enter(sub, func() (Join, error) { return v2.Beside(pid) })
}

// enter says how a process enters the cgroup sub of the container's: as files
// have it, or where we may not, by systemd. Only a user's systemd is asked, and
// that is none of v1.
func (s *scope) enter(sub string, files func() (Join, error)) (Join, error) {
	j, err := files()
	if err != nil || !s.unit.User || mayEnter(s.place()) {
		return j, err
	}
	j.Close()
	return Join{Attach: func(pid int) error { return s.attach(path.Clean("/"+sub), pid) }}, nil
}

// attach has systemd move a process. It does not tell the kernel's reason, so
// what v2 refuses is found out beforehand.
func (s *scope) attach(sub string, pid int) error {
	gives, err := cgfs.Read(s.place() + sub + "/cgroup.subtree_control")
	if err != nil {
		return err
	}
	if gives != "" {
		return fmt.Errorf("linux.cgroupsPath: %s gives controllers to cgroups below it, so it takes no processes: %w",
			path.Join(s.place(), sub), unix.EBUSY)
	}
	if sub == "/" {
		sub = ""
	}
	return s.manager(func(m *systemd.Manager) error { return m.Attach(s.unit.Name, sub, pid) })
}
