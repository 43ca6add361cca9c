// Package cgroups gives a container its place in the cgroup hierarchies and
// puts linux.resources in force there. It runs on the host, and imports its
// own subpackages, golang.org/x/sys/unix and runtime-spec.
//
// v1 and v2 turn resources into writes (cgfs.Setting), devices turns rules
// into a v1 policy or a v2 program; the managers here decide where, and act.
package cgroups

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
	"rt/cgroups/devices"
	"rt/cgroups/v1"
	"rt/cgroups/v2"
)

// Config is what a container asks of its cgroup.
type Config struct {
	ID        string                // of the container; names the cgroup when Path is empty
	Path      string                // linux.cgroupsPath
	Resources *specs.LinuxResources // what Set will be given first, for checks beforehand
	Rootless  bool                  // the runtime may lack permission over cgroups
	Disabled  bool                  // there is to be no cgroup, and no limit is asked for
	Owner     *int                  // user of the host whom a v2 cgroup is delegated to; nil for nobody
	Warn      func(string)          // told what does not stop the work; may be nil

	// Systemd is set when a service manager is to make the cgroup: Path is then
	// "slice:prefix:name", and these are for its unit.
	Systemd     bool
	Description string            // of the unit, that of no other container
	Annotations map[string]string // of the container
}

// errOwn keeps Kill and Freeze away from the runtime and the host.
var errOwn = errors.New("the runtime itself runs there")

// New decides the container's place and checks what it asks for, without
// touching the host. All that is wrong is reported.
func New(l Layout, c Config) (Manager, error) {
	if len(l.V1) == 0 && l.V2 == nil {
		return nil, errNoMount
	}
	if c.Warn == nil {
		c.Warn = func(string) {}
	}
	if c.Disabled {
		return disabled(l, c.Resources)
	}
	if c.Systemd {
		return newScope(l, c)
	}
	name := c.Path
	if name == "" {
		name = c.ID
	}
	if strings.ContainsAny(name, "\n\x00") {
		return nil, fmt.Errorf("linux.cgroupsPath: %q is not a path of cgroups", name)
	}
	if l.holdsOwn(name) {
		return nil, fmt.Errorf("linux.cgroupsPath: %q: %w", name, errOwn)
	}
	m := newFiles(l, name, c)
	if err := m.check(c.Resources); err != nil {
		return nil, err
	}
	if c.Rootless {
		limits, _ := settings(c.Resources, l.Pure())
		return &rootless{m, limits, c.Path != "", c.Warn}, nil
	}
	return m, nil
}

// files is a manager that acts on the cgroup file systems alone.
type files interface {
	Manager
	check(r *specs.LinuxResources) error
	whole(r *specs.LinuxResources) (*specs.LinuxResources, error)
	home() string
	of(controller string) string // directory, "" where there is none
}

func newFiles(l Layout, name string, c Config) files {
	if l.Pure() {
		return newUnified(l.V2, name, c)
	}
	return newLegacy(l, name, c)
}

// disabled is for who wants no cgroup; limits are then an error.
func disabled(l Layout, r *specs.LinuxResources) (Manager, error) {
	limits, err := settings(r, l.Pure())
	if err == nil && len(limits) > 0 {
		err = fmt.Errorf("%s: cgroups are disabled", limits[0].Property)
	}
	return none{}, err
}

// Load finds the cgroup again that State described.
func Load(s State) (Manager, error) {
	for controller, dir := range s.Paths {
		if !path.IsAbs(dir) || path.Clean(dir) != dir || dir == "/" {
			return nil, fmt.Errorf("load cgroup: %s: %q is not a clean absolute path", controller, dir)
		}
	}
	if len(s.Paths) == 0 {
		return none{}, nil
	}
	var m files = loadLegacy(s)
	if dir, has := s.Paths[""]; has && len(s.Paths) == 1 {
		m = &unified{dir: dir, made: s.Made}
	}
	if s.Unit != nil {
		return loadScope(m, s), nil
	}
	return m, nil
}

// holdsOwn reports whether the place that name stands for is, in some
// hierarchy, a root, or the runtime's own cgroup or one above.
func (l Layout) holdsOwn(name string) bool {
	above := func(dir, own string) bool {
		return dir == own || strings.HasPrefix(own, strings.TrimSuffix(dir, "/")+"/")
	}
	for _, h := range l.V1 {
		if above(place("/", h.Own, name), h.Own) {
			return true
		}
	}
	return l.V2 != nil && above(place("/", path.Dir(l.V2.Own), name), l.V2.Own)
}

// place gives a container's directory: an absolute path counts from the
// mount point, a relative one from base. Neither can leave it with "..".
func place(mount, base, name string) string {
	clean := path.Clean("/" + name)
	if path.IsAbs(name) {
		return path.Join(mount, clean)
	}
	return path.Join(mount, base, clean)
}

// settings lists the writes of r for a host of either version.
func settings(r *specs.LinuxResources, pure bool) ([]cgfs.Setting, error) {
	if pure {
		return v2.Settings(r)
	}
	return v1.Settings(r)
}

// missing reports each setting whose controller is not among those available.
func missing(settings []cgfs.Setting, available func(controller string) bool) error {
	var errs []error
	var told []string
	for _, s := range settings {
		if s.Controller != "" && !available(s.Controller) && !slices.Contains(told, s.Property) {
			told = append(told, s.Property)
			errs = append(errs, fmt.Errorf("%s: %w", s.Property, &cgfs.MissingError{Controller: s.Controller}))
		}
	}
	return errors.Join(errs...)
}

// rules parses the device rules of r; with none, every container's default.
func rules(r *specs.LinuxResources) ([]devices.Rule, error) {
	if r == nil {
		return devices.Rules(nil)
	}
	return devices.Rules(r.Devices)
}
