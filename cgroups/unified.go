package cgroups

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

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
	fresh       bool // Set puts the device policy in force even without rules
	rootless    bool
	owner       *Owner
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
	if err := m.enable(); err != nil {
		return err
	}
	if m.owner != nil && !m.half {
		return delegate(m.dir, *m.owner)
	}
	return nil
}

// enable turns on controllers for the cgroup, from the mount point down: on a
// v2 host all there are, for statistics and later updates; beside v1 only
// what is needed.
func (m *unified) enable() error {
	wanted := m.controllers
	if m.half {
		wanted = nil
		for _, s := range m.needed {
			if !slices.Contains(wanted, s.Controller) {
				wanted = append(wanted, s.Controller)
			}
		}
	}
	has, err := enabled(path.Dir(m.dir))
	if err != nil {
		return err
	}
	if subset(wanted, has) {
		return nil
	}
	rest := strings.TrimPrefix(path.Dir(m.dir), m.mount)
	at := m.mount
	for _, component := range strings.Split(rest, "/") {
		at = path.Join(at, component)
		if err := m.enableAt(at, wanted); err != nil {
			return err
		}
	}
	return nil
}

func (m *unified) enableAt(dir string, wanted []string) error {
	has, err := enabled(dir)
	if err != nil || subset(wanted, has) {
		return err
	}
	file := dir + "/cgroup.subtree_control"
	if cgfs.Write(file, "+"+strings.Join(wanted, " +")) == nil {
		return nil
	}
	// One that is refused spoils the whole write.
	for _, c := range wanted {
		if slices.Contains(has, c) {
			continue
		}
		err := cgfs.Write(file, "+"+c)
		i := slices.IndexFunc(m.needed, func(s cgfs.Setting) bool { return s.Controller == c })
		if err != nil && i >= 0 {
			return fmt.Errorf("%s: enable controller %s: %w", m.needed[i].Property, c, explainEnable(err, dir))
		}
	}
	if t, err := cgfs.Read(m.dir + "/cgroup.type"); err == nil && t == "domain invalid" {
		return fmt.Errorf("linux.cgroupsPath: %s is below a threaded cgroup and can hold no process", m.dir)
	}
	return nil
}

// explainEnable says which of v2's rules a refusal comes from.
func explainEnable(err error, dir string) error {
	switch {
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("%w (%s holds processes itself, so it cannot limit its children; choose another linux.cgroupsPath)", err, dir)
	case errors.Is(err, unix.EOPNOTSUPP):
		return fmt.Errorf("%w (%s is threaded; this controller needs domain cgroups)", err, dir)
	case errors.Is(err, unix.ENOENT):
		return fmt.Errorf("%w (not available in %s)", err, dir)
	}
	return err
}

func enabled(dir string) ([]string, error) {
	text, err := cgfs.Read(dir + "/cgroup.subtree_control")
	return strings.Fields(text), err
}

func subset(some, all []string) bool {
	for _, s := range some {
		if !slices.Contains(all, s) {
			return false
		}
	}
	return true
}

func (m *unified) Set(r *specs.LinuxResources) error {
	list, err := v2.Settings(r)
	if err != nil {
		return err
	}
	if err := checkUsage(m.dir+"/memory.current", r); err != nil {
		return err
	}
	if err := cgfs.Apply(list, func(string) string { return m.dir }); err != nil {
		return err
	}
	return m.setDevices(r)
}

func (m *unified) setDevices(r *specs.LinuxResources) error {
	asked := r != nil && len(r.Devices) > 0
	if m.half || !asked && !m.fresh {
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
	return err
}

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

// Kill relies on cgroup.kill (Linux 5.14), which takes in the whole subtree,
// frozen or forking.
func (m *unified) Kill() error {
	err := cgfs.Write(m.dir+"/cgroup.kill", "1")
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}

func (m *unified) Destroy() error { return destroy(m.made, []string{m.dir}) }
