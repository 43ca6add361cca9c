package cgroups

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

// waitEvent waits until a key of a v2 cgroup's cgroup.events has a value. A
// cgroup that is gone counts as having it.
func waitEvent(dir, key, want string, wait time.Duration) error {
	file := dir + "/cgroup.events"
	// The kernel raises POLLPRI when the file has changed since this
	// descriptor last read it, so each look reads through the same one.
	fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	defer unix.Close(fd)
	buf := make([]byte, 256)
	for until := time.Now().Add(wait); ; {
		n, err := unix.Pread(fd, buf, 0)
		if errors.Is(err, unix.ENODEV) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", file, err)
		}
		got := cgfs.Lookup(string(buf[:n]), key)
		if got == want {
			return nil
		}
		ready, err := poll(fd, unix.POLLPRI, until)
		if err != nil {
			return fmt.Errorf("poll %s: %w", file, err)
		}
		if !ready {
			return fmt.Errorf("cgroup %s: %s is still %s after %v", dir, key, got, wait)
		}
	}
}
