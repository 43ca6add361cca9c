package cgroups

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

var errNone = errors.New("the container has no cgroup: none was to be had, or wanted, when it was made")

// none is the manager of a container that has no cgroup of its own.
type none struct{}

func (none) State() State                    { return State{} }
func (none) Create() error                   { return nil }
func (none) Set(*specs.LinuxResources) error { return nil }
func (none) Join() (Join, error)             { return Join{}, nil }
func (none) Sub([]string) (Join, error)      { return Join{}, errNone }
func (none) Beside(int) (Join, error)        { return Join{}, nil }
func (none) Freeze() error                   { return errNone }
func (none) Thaw() error                     { return errNone }
func (none) Frozen() (bool, error)           { return false, nil }
func (none) Pids() ([]int, error)            { return nil, nil }
func (none) Kill() error                     { return nil }
func (none) Destroy() error                  { return nil }

// rootless goes without a cgroup where the runtime may make none, unless the
// container asks for limits.
type rootless struct {
	Manager
	limits []cgfs.Setting
	placed bool // a place was asked for, and missing it is worth a warning
	warn   func(string)
}

func (m *rootless) Create() error {
	err := m.Manager.Create()
	if !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EROFS) {
		return err
	}
	if len(m.limits) > 0 {
		return fmt.Errorf("%s: %w (no cgroup is delegated to the caller: run in one made by systemd-run --user --scope -p Delegate=yes, or set no limits)",
			m.limits[0].Property, err)
	}
	if m.placed {
		m.warn(fmt.Sprintf("linux.cgroupsPath: the container gets no cgroup: %v", err))
	}
	m.Manager = none{}
	return nil
}
