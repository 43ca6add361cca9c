package cgroups

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

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
	at := m.mount
	for component := range strings.SplitSeq(strings.TrimPrefix(path.Dir(m.dir), m.mount), "/") {
		at = path.Join(at, component)
		if err := m.enableAt(at, wanted); err != nil {
			return err
		}
	}
	return nil
}

func (m *unified) enableAt(dir string, wanted []string) error {
	has, err := enabled(dir)
	if err != nil {
		return err
	}
	lacking := slices.DeleteFunc(slices.Clone(wanted), func(c string) bool { return slices.Contains(has, c) })
	if len(lacking) == 0 {
		return nil
	}
	file := dir + "/cgroup.subtree_control"
	switch err := cgfs.Write(file, "+"+strings.Join(lacking, " +")); {
	case err == nil:
		return m.checkDomain(dir, file, lacking)
	case errors.Is(err, unix.EBUSY):
		// Some could be had one by one, at the price of making all below
		// threaded, where a container cannot be.
		return m.refused(lacking, err, dir)
	}
	var errs []error
	for _, c := range lacking {
		if err := cgfs.Write(file, "+"+c); err != nil {
			errs = append(errs, m.refused([]string{c}, err, dir))
		}
	}
	return errors.Join(errs...)
}

// refused gives the error for the controllers that could not be enabled; nil
// when no limit needs them.
func (m *unified) refused(controllers []string, err error, dir string) error {
	for _, s := range m.needed {
		if slices.Contains(controllers, s.Controller) {
			return fmt.Errorf("%s: enable controller %s: %w", s.Property, s.Controller, explainEnable(err, dir))
		}
	}
	return nil
}

// checkDomain takes the controllers back where enabling them has made dir,
// which holds processes, the head of a threaded subtree.
func (m *unified) checkDomain(dir, file string, controllers []string) error {
	if dir != path.Dir(m.dir) {
		return nil
	}
	kind, err := cgfs.Read(m.dir + "/cgroup.type")
	if err != nil || kind != "domain invalid" {
		return err
	}
	return errors.Join(m.noDomain(), cgfs.Write(file, "-"+strings.Join(controllers, " -")))
}

// fit refuses a cgroup that is no domain: its processes cannot be listed, and
// most controllers pass it over.
func (m *unified) fit() error {
	kind, err := cgfs.Read(m.dir + "/cgroup.type")
	switch {
	case err != nil:
		return err
	case kind == "threaded":
		return fmt.Errorf("linux.cgroupsPath: %s is threaded: a container cannot be in it", m.dir)
	case kind == "domain invalid":
		return m.noDomain()
	}
	return nil
}

// noDomain is for a place below a cgroup that has, or is about to have,
// threaded ones.
func (m *unified) noDomain() error {
	return fmt.Errorf("linux.cgroupsPath: %s holds processes itself or is threaded: a container cannot be below it", path.Dir(m.dir))
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
