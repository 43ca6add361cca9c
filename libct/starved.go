package libct

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups"
	"rt/nsexec"
)

// MemoryError says that the memory of its cgroup did not suffice to build a
// container.
type MemoryError struct {
	Limit int64 // bytes
	Err   error // what was being done
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("linux.resources.memory.limit: %d bytes do not suffice to start the container: %v", e.Limit, e.Err)
}

func (e *MemoryError) Unwrap() error { return e.Err }

// starved finds out whether an executor that has ended was killed for want of
// memory: in a cgroup made for the container nobody else can have been.
func (c *Container) starved(err error, m cgroups.Manager, r *specs.LinuxResources) error {
	var dead *nsexec.DeadError
	limited := r != nil && r.Memory != nil && r.Memory.Limit != nil && *r.Memory.Limit > 0
	if !errors.As(err, &dead) || !limited || !c.rec.Cgroup.Own() {
		return err
	}
	if s, statErr := m.Stats(); statErr != nil || s.Memory.Killed == 0 {
		return err // the first error is the one to tell
	}
	return &MemoryError{Limit: *r.Memory.Limit, Err: err}
}
