package cgroups

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
	"rt/cgroups/devices"
	"rt/cgroups/v2"
)

// unified is a container's cgroup in the v2 hierarchy: all of it on a v2
// host, the part that v1 lacks on a hybrid one.
type unified struct {
	mount, dir  string   // mount is "" after Load
	controllers []string // available, unknown after Load
	needed      []cgfs.Setting
	half        bool // v1 has the processes, the devices and the freezer
	fresh       bool // made by New: Set puts the device policy in force
	rootless    bool
	owner       *int
	made        []string
}

// newUnified counts a relative path from the parent of the runtime's own
// cgroup: that one has processes, so it cannot give controllers to children.
func newUnified(u *Unified, name string, c Config) *unified {
	return &unified{
		mount:       u.Mount,
		dir:         place(u.Mount, path.Dir(u.Own), name),
		controllers: u.Controllers,
		fresh:       true,
		rootless:    c.Rootless,
		owner:       c.Owner,
	}
}

func (m *unified) State() State {
	return State{Paths: map[string]string{"": m.dir}, Made: m.made}
}

func (m *unified) available(controller string) bool {
	return m.mount == "" || slices.Contains(m.controllers, controller)
}

// check also notes which controllers Create must enable.
func (m *unified) check(r *specs.LinuxResources) error {
	list, err := v2.Settings(r)
	m.needed = list
	errs := []error{err, missing(list, m.available)}
	if !m.half {
		_, err := rules(r)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (m *unified) Create() (err error) {
	if m.made, err = cgfs.Mkdir(m.dir); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			cgfs.Rmdir(m.made)
			m.made = nil
		}
	}()
	if !m.half && (len(m.made) == 0 || path.Dir(m.dir) != m.mount) {
		if err := notFrozen(m); err != nil {
			return err
		}
	}
	if err := m.enable(); err != nil {
		return err
	}
	if err := m.fit(); err != nil {
		return err
	}
	if m.owner != nil && !m.half {
		return delegate(m.dir, *m.owner)
	}
	return nil
}

func (m *unified) Set(r *specs.LinuxResources) error {
	r, err := m.whole(r)
	if err != nil {
		return err
	}
	list, err := v2.Settings(r)
	if err != nil {
		return err
	}
	if err := checkUsage(m.dir+"/memory.current", r); err != nil {
		return err
	}
	before := keepUnless(m.fresh, list, m.of)
	if err := cgfs.Apply(list, m.of); err != nil {
		return errors.Join(err, before.back())
	}
	return m.setDevices(r)
}

func (m *unified) setDevices(r *specs.LinuxResources) error {
	if m.half || !m.fresh {
		return nil
	}
	list, err := rules(r)
	if err != nil {
		return err
	}
	err = devices.Attach(m.dir, list)
	if m.rootless && (errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)) {
		// Without privilege no device node can be made or mounted either.
		return nil
	}
	m.fresh = err != nil // what a hook adds from now on stays
	return err
}

func (m *unified) home() string { return m.dir }

func (m *unified) of(string) string { return m.dir }

func (m *unified) Join() (Join, error) {
	dir, err := openDir(m.dir)
	return Join{Dir: dir}, err
}

func (m *unified) Pids() ([]int, error) { return cgfs.Pids(m.dir) }

func openDir(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open cgroup %s: %w", dir, err)
	}
	return os.NewFile(uintptr(fd), dir), nil
}
