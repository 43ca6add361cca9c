package cgroups

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

// OOMWatch tells that a cgroup has run out of memory.
type OOMWatch struct {
	fd     int
	events int16
	count  func(fd int) (uint64, error) // since the last call
}

// Poll is for a set of descriptors to poll(2); Fd is -1, which poll ignores,
// when there is nothing to watch.
func (w *OOMWatch) Poll() unix.PollFd { return unix.PollFd{Fd: int32(w.fd), Events: w.events} }

// Count gives how often it happened since the last call. It does not wait.
func (w *OOMWatch) Count() (uint64, error) {
	if w.fd < 0 {
		return 0, nil
	}
	return w.count(w.fd)
}

// Close ends the watch.
func (w *OOMWatch) Close() {
	if w.fd >= 0 {
		unix.Close(w.fd)
	}
}

func (none) WatchOOM() (*OOMWatch, error) { return &OOMWatch{fd: -1}, nil }

func (m *legacy) WatchOOM() (*OOMWatch, error) {
	switch dir := m.of("memory"); {
	case dir != "":
		return watchV1(dir)
	case m.v2 != nil:
		return m.v2.WatchOOM()
	}
	return none{}.WatchOOM()
}

// watchV1 has the kernel add to an eventfd whenever memory runs out, killer or
// not (Documentation/admin-guide/cgroup-v1/memory.rst, section 10).
func watchV1(dir string) (*OOMWatch, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	file := dir + "/memory.oom_control"
	control, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	defer unix.Close(control)
	arm := strconv.Itoa(fd) + " " + strconv.Itoa(control)
	if err := cgfs.Write(dir+"/cgroup.event_control", arm); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("watch memory: %w", err)
	}
	return &OOMWatch{fd: fd, events: unix.POLLIN, count: func(fd int) (uint64, error) {
		var buf [8]byte
		if _, err := unix.Read(fd, buf[:]); err != nil {
			if errors.Is(err, unix.EAGAIN) {
				err = nil
			}
			return 0, err
		}
		n := binary.NativeEndian.Uint64(buf[:])
		if unix.Access(dir, unix.F_OK) != nil {
			n-- // the end of the cgroup is an event, too
		}
		return n, nil
	}}, nil
}

// WatchOOM looks at memory.events, for which the kernel raises POLLPRI when it
// has changed since this descriptor last read it.
func (m *unified) WatchOOM() (*OOMWatch, error) {
	file := m.dir + "/memory.events"
	fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return none{}.WatchOOM()
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	var before uint64
	w := &OOMWatch{fd: fd, events: unix.POLLPRI, count: func(fd int) (uint64, error) {
		var buf [512]byte
		n, err := unix.Pread(fd, buf[:], 0)
		if errors.Is(err, unix.ENODEV) {
			return 0, nil // the cgroup is gone
		}
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", file, err)
		}
		kills, err := strconv.ParseUint(cgfs.Lookup(string(buf[:n]), "oom_kill"), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read %s: oom_kill: %w", file, err)
		}
		fresh := kills - before
		before = kills
		return fresh, nil
	}}
	if _, err := w.Count(); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}
