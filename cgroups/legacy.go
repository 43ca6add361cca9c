package cgroups

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
	"rt/cgroups/devices"
	"rt/cgroups/v1"
)

// legacy is a container's cgroup on a v1 or hybrid host: a directory in every
// v1 hierarchy.
type legacy struct {
	dirs []legacyDir
	made []string

	// v2 is the directory in the unified hierarchy of a hybrid host. It is
	// nil unless a controller was asked for that only lives there, or systemd
	// has made it.
	v2 *unified

	fresh    bool // made by New: Set puts the device policy in force
	rootless bool
}

type legacyDir struct {
	controllers []string
	mount       string // "" after Load
	dir         string
}

func newLegacy(l Layout, name string, c Config) *legacy {
	m := &legacy{fresh: true, rootless: c.Rootless, dirs: make([]legacyDir, 0, len(l.V1))}
	for _, h := range l.V1 {
		m.dirs = append(m.dirs, legacyDir{h.Controllers, h.Mount, place(h.Mount, h.Own, name)})
	}
	if l.V2 != nil {
		half := newUnified(l.V2, name, c)
		half.half = true
		// Systemd looks there for the processes of its units.
		if _, rest := m.split(c.Resources, half.available); rest != nil || c.Systemd {
			m.v2 = half
		}
	}
	return m
}

func loadLegacy(s State) *legacy {
	m := &legacy{made: s.Made}
	for _, controller := range slices.Sorted(maps.Keys(s.Paths)) {
		dir := s.Paths[controller]
		if controller == "" {
			m.v2 = &unified{dir: dir, half: true}
			continue
		}
		i := slices.IndexFunc(m.dirs, func(d legacyDir) bool { return d.dir == dir })
		if i < 0 {
			i = len(m.dirs)
			m.dirs = append(m.dirs, legacyDir{dir: dir})
		}
		m.dirs[i].controllers = append(m.dirs[i].controllers, controller)
	}
	return m
}

func (m *legacy) State() State {
	s := State{Paths: make(map[string]string, len(m.dirs)+1), Made: m.made}
	for _, d := range m.dirs {
		for _, c := range d.controllers {
			s.Paths[c] = d.dir
		}
	}
	if m.v2 != nil {
		s.Paths[""] = m.v2.dir
	}
	return s
}

// of gives a controller's directory, "" when it has no v1 hierarchy.
func (m *legacy) of(controller string) string {
	for _, d := range m.dirs {
		if slices.Contains(d.controllers, controller) {
			return d.dir
		}
	}
	return ""
}

// split parts r into what v1 controllers take and what only v2 has; either
// may be nil.
func (m *legacy) split(r *specs.LinuxResources, v2 func(controller string) bool) (old, rest *specs.LinuxResources) {
	if r == nil {
		return nil, nil
	}
	only := func(old, new string) bool { return m.of(old) == "" && v2(new) }
	a, b := *r, specs.LinuxResources{}
	moved := false
	if len(r.HugepageLimits) > 0 && only("hugetlb", "hugetlb") {
		a.HugepageLimits, b.HugepageLimits, moved = nil, r.HugepageLimits, true
	}
	if len(r.Rdma) > 0 && only("rdma", "rdma") {
		a.Rdma, b.Rdma, moved = nil, r.Rdma, true
	}
	if r.Pids != nil && only("pids", "pids") {
		a.Pids, b.Pids, moved = nil, r.Pids, true
	}
	if r.Memory != nil && only("memory", "memory") {
		a.Memory, b.Memory, moved = nil, r.Memory, true
	}
	if r.BlockIO != nil && only("blkio", "io") {
		a.BlockIO, b.BlockIO, moved = nil, r.BlockIO, true
	}
	if !moved {
		return r, nil
	}
	return &a, &b
}

func (m *legacy) parts(r *specs.LinuxResources) (old, rest *specs.LinuxResources) {
	if m.v2 == nil {
		return r, nil
	}
	return m.split(r, m.v2.available)
}

func (m *legacy) check(r *specs.LinuxResources) error {
	old, rest := m.parts(r)
	list, err := v1.Settings(old)
	policy, ruleErr := m.policy(old)
	errs := []error{err, missing(list, func(c string) bool { return m.of(c) != "" }), ruleErr, m.enforceable(policy)}
	if m.v2 != nil && rest != nil {
		errs = append(errs, m.v2.check(rest))
	}
	return errors.Join(errs...)
}

// enforceable refuses a policy where the host has no controller for it. What
// every container is denied counts, too: one that may make nodes would have
// the host's disks. Without privilege it can make none.
func (m *legacy) enforceable(p devices.Policy) error {
	if m.of("devices") != "" || m.rootless || p.Allow && len(p.Except) == 0 {
		return nil
	}
	return fmt.Errorf("linux.resources.devices: %w", &cgfs.MissingError{Controller: "devices"})
}

func (m *legacy) policy(r *specs.LinuxResources) (devices.Policy, error) {
	list, err := rules(r)
	if err != nil {
		return devices.Policy{}, err
	}
	return devices.NewPolicy(list)
}

func (m *legacy) Create() (err error) {
	defer func() {
		if err != nil {
			cgfs.Rmdir(m.made)
			m.made = nil
		}
	}()
	for _, d := range m.dirs {
		made, err := cgfs.Mkdir(d.dir)
		if err != nil {
			return err
		}
		m.made = append(m.made, made...)
		if slices.Contains(d.controllers, "freezer") && (len(made) == 0 || path.Dir(d.dir) != d.mount) {
			if err := notFrozen(m); err != nil {
				return err
			}
		}
		if slices.Contains(d.controllers, "cpuset") {
			if err := v1.InheritCpuset(d.mount, d.dir, len(made) > 0); err != nil {
				return err
			}
		}
	}
	if m.v2 != nil {
		if err := m.v2.Create(); err != nil {
			return err
		}
		m.made = append(m.made, m.v2.made...)
	}
	return nil
}

// claim counts all of the cgroup's own directories as made for the container,
// as they are where systemd has made some, and has given the name to nobody
// else.
func (m *legacy) claim() {
	for _, d := range m.dirs {
		if !slices.Contains(m.made, d.dir) {
			m.made = append(m.made, d.dir)
		}
	}
}

func (m *legacy) Set(r *specs.LinuxResources) error {
	old, rest := m.parts(r)
	list, err := v1.Settings(old)
	if err != nil {
		return err
	}
	if err := checkUsage(m.of("memory")+"/memory.usage_in_bytes", old); err != nil {
		return err
	}
	before := keepUnless(m.fresh, list, m.of)
	err = explainBusy(cgfs.Apply(list, m.of), m.of("memory")+"/memory.usage_in_bytes")
	if err == nil && rest != nil {
		err = m.v2.Set(rest)
	}
	if err != nil {
		return errors.Join(err, before.back())
	}
	return m.setDevices(old)
}

func (m *legacy) setDevices(r *specs.LinuxResources) error {
	if !m.fresh {
		return nil
	}
	policy, err := m.policy(r)
	if err != nil {
		return err
	}
	if m.of("devices") == "" {
		return m.enforceable(policy)
	}
	err = cgfs.Apply(policy.Settings(), m.of)
	m.fresh = err != nil // what a hook adds from now on stays
	if m.rootless && errors.Is(err, unix.EPERM) {
		// Without privilege no device node can be made or mounted either.
		return nil
	}
	return err
}

func (m *legacy) Join() (Join, error) {
	return m.join(func(_ []string, dir string) string { return dir })
}

// join gives the way into a cgroup derived from each of the container's.
func (m *legacy) join(sub func(controllers []string, dir string) string) (Join, error) {
	var j Join
	for _, d := range m.dirs {
		j.Tasks = append(j.Tasks, sub(d.controllers, d.dir)+"/tasks")
	}
	if m.v2 != nil {
		dir, err := openDir(sub(nil, m.v2.dir))
		if err != nil {
			return Join{}, err
		}
		j.Dir = dir
	}
	return j, nil
}

// home is the directory that answers for the container's processes: that of
// the freezer, which Kill and Freeze need, or any other.
func (m *legacy) home() string {
	if dir := m.of("freezer"); dir != "" {
		return dir
	}
	return m.dirs[0].dir
}

func (m *legacy) Pids() ([]int, error) { return cgfs.Pids(m.home()) }
