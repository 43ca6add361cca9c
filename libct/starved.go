package libct

import (
	"errors"
	"fmt"

	"rt/nsexec"
)

// MemoryError says that the memory of its cgroup did not suffice to build a
// container.
type MemoryError struct {
	Limit uint64 // bytes
	Err   error  // what was being done
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("linux.resources.memory.limit: %d bytes do not suffice to start the container: %v", e.Limit, e.Err)
}

func (e *MemoryError) Unwrap() error { return e.Err }

// starved finds out whether an executor that has ended was killed for want of
// memory.
func (l *launch) starved(err error) error {
	var dead *nsexec.DeadError
	if !errors.As(err, &dead) {
		return err
	}
	s, statErr := l.manager.Stats()
	if statErr != nil || s.Memory.Killed == 0 {
		return err // the first error is the one to tell
	}
	return &MemoryError{Limit: s.Memory.Usage.Limit, Err: err}
}
