package libct

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rt/specconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// lockDeadline bounds the wait for another rt that works on the same
// container.
const lockDeadline = 30 * time.Second

// RootError says that Runtime.Root does not take the state of a container.
type RootError struct {
	Err error
}

func (e *RootError) Error() string { return e.Err.Error() }
func (e *RootError) Unwrap() error { return e.Err }

// errBusy says that another rt works on the container.
var errBusy = errors.New("another rt is working on the container")

// reserve makes a container's directory. mkdir is what makes ids unique. The
// lock is held until unlock or the end of the process.
func (r *Runtime) reserve(id string) (c *Container, unlock func(), err error) {
	if err := specconv.ValidateID(id); err != nil {
		return nil, nil, fmt.Errorf("%w: %q", ErrInvalidID, id)
	}
	if err := os.MkdirAll(r.Root, 0o711); err != nil {
		return nil, nil, &RootError{fmt.Errorf("make state root: %w", err)}
	}
	c = &Container{rt: r, dir: filepath.Join(r.Root, id)}
	if err := unix.Mkdir(c.dir, 0o700); err != nil {
		if errors.Is(err, unix.EEXIST) {
			return nil, nil, fmt.Errorf("%q: %w", id, ErrExist)
		}
		return nil, nil, &RootError{fmt.Errorf("make directory of container %q in %q: %w", id, r.Root, err)}
	}
	unlock, err = c.claim()
	if err != nil {
		os.Remove(c.dir) // which takes away nothing of another's: his is not empty
		return nil, nil, err
	}
	return c, unlock, nil
}

// claim takes the lock of a directory that has just been made. It may have been
// deleted meanwhile, and what has its name now be another's.
func (c *Container) claim() (unlock func(), err error) {
	unlock, err = c.lock()
	if err == nil && unix.Access(c.path(stateFile), unix.F_OK) == nil {
		unlock()
		err = fmt.Errorf("%q: %w", filepath.Base(c.dir), ErrExist)
	}
	return unlock, err
}

// Load finds a container.
func (r *Runtime) Load(id string) (*Container, error) {
	if err := specconv.ValidateID(id); err != nil {
		return nil, fmt.Errorf("%w: %q", ErrInvalidID, id)
	}
	c := &Container{rt: r, dir: filepath.Join(r.Root, id)}
	return c, c.reload()
}

// reload reads the record anew, as another rt may have changed it.
func (c *Container) reload() error {
	id := filepath.Base(c.dir)
	rec, err := readRecord(c.dir)
	if errors.Is(err, os.ErrNotExist) {
		if !c.begun() {
			return fmt.Errorf("%q: %w", id, ErrNotExist)
		}
		c.rec = record{ID: id, Phase: Creating}
		return nil
	}
	if err == nil {
		err = rec.of(id)
	}
	if err != nil {
		return fmt.Errorf("container %q: %w", id, err)
	}
	c.rec = rec
	return nil
}

// begun tells the directory of a container whose create was killed before it
// wrote state.json from one that has nothing to do with rt and is not to be
// removed.
func (c *Container) begun() bool {
	entries, err := os.ReadDir(c.dir)
	return err == nil && !slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return !strings.HasPrefix(e.Name(), tempPrefix(stateFile))
	})
}

// List gives the state of all containers, sorted by id.
func (r *Runtime) List() ([]State, error) {
	entries, err := os.ReadDir(r.Root)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	var list []State
	for _, e := range entries {
		if !e.IsDir() || specconv.ValidateID(e.Name()) != nil {
			continue
		}
		c, err := r.Load(e.Name())
		if errors.Is(err, ErrNotExist) {
			continue // deleted meanwhile
		}
		if err != nil {
			r.Warn(err.Error())
			continue
		}
		s, err := c.State()
		if errors.Is(err, ErrNotExist) {
			continue
		}
		if err != nil {
			r.Warn(err.Error())
			continue
		}
		list = append(list, s)
	}
	return list, nil
}

// Spec is the configuration the container was made from. It never changes.
func (c *Container) Spec() (*specs.Spec, error) {
	if c.spec != nil {
		return c.spec, nil
	}
	spec, _, err := specconv.Load(c.dir)
	if err != nil {
		return nil, err
	}
	if spec.Linux == nil {
		spec.Linux = &specs.Linux{}
	}
	c.spec = spec
	return spec, nil
}

// lock keeps other rt processes from working on the container. A lock ends
// with its holder.
func (c *Container) lock() (unlock func(), err error) {
	for {
		fd, err := unix.Open(c.dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.ENOENT) {
			return nil, fmt.Errorf("%q: %w", filepath.Base(c.dir), ErrNotExist)
		}
		if err != nil {
			return nil, fmt.Errorf("open directory of container: %w", err)
		}
		if err := flock(fd, unix.LOCK_EX, lockDeadline); err != nil {
			unix.Close(fd)
			return nil, fmt.Errorf("lock container %q: %w", filepath.Base(c.dir), err)
		}
		if c.isDirectory(fd) {
			return func() { unix.Close(fd) }, nil
		}
		// It was deleted while we waited, and another may have its name.
		unix.Close(fd)
	}
}

// isDirectory tells whether a descriptor is of the container's directory as it
// is now.
func (c *Container) isDirectory(fd int) bool {
	var held, named unix.Stat_t
	return unix.Fstat(fd, &held) == nil && unix.Stat(c.dir, &named) == nil &&
		held.Dev == named.Dev && held.Ino == named.Ino
}

// flock takes the lock within a deadline. The call that waits longer than that
// ends with the process, which is about to say so.
func flock(fd, how int, wait time.Duration) error {
	err := unix.Flock(fd, how|unix.LOCK_NB)
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return err
	}
	taken := make(chan error, 1)
	go func() {
		for {
			err := unix.Flock(fd, how)
			if err != unix.EINTR {
				taken <- err
				return
			}
		}
	}()
	select {
	case err := <-taken:
		return err
	case <-time.After(wait):
		return errBusy
	}
}

// busy tells whether some rt holds the lock.
func (c *Container) busy() bool {
	fd, err := unix.Open(c.dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return errors.Is(unix.Flock(fd, unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}
