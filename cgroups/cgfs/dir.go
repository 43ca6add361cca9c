package cgfs

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Mkdir makes a cgroup with the ancestors it lacks and lists what was made,
// parents first; on failure nothing of it is left.
func Mkdir(dir string) (made []string, err error) {
	// An empty ancestor may be removed by another container's deletion
	// between its creation and that of its child.
	for range 16 {
		made, err = mkdirAll(dir, made)
		if err == nil {
			return made, nil
		}
		Rmdir(made)
		made = nil
		if !errors.Is(err, unix.ENOENT) {
			break
		}
	}
	return nil, fmt.Errorf("make cgroup %s: %w", dir, err)
}

func mkdirAll(dir string, made []string) ([]string, error) {
	err := unix.Mkdir(dir, 0o755)
	if err == unix.ENOENT && dir != "/" {
		if made, err = mkdirAll(path.Dir(dir), made); err != nil {
			return made, err
		}
		err = unix.Mkdir(dir, 0o755)
	}
	switch err {
	case nil:
		return append(made, dir), nil
	case unix.EEXIST:
		return made, nil
	}
	return made, err
}

// Rmdir takes back what Mkdir made, as far as nobody uses it.
func Rmdir(made []string) {
	for _, dir := range slices.Backward(made) {
		unix.Rmdir(dir)
	}
}

// Walk calls f for dir and every cgroup below it, parents first. A cgroup
// that vanishes meanwhile is no error.
func Walk(dir string, f func(dir string) error) error {
	if err := f(dir); err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ENODEV) {
		return err
	}
	_, err := Below(dir, func(child string) error { return Walk(child, f) })
	return err
}

// Below calls f for each cgroup directly below dir, none when dir is missing,
// and counts them. A container may nest cgroups deeper than a path can name:
// what f is given is always short enough, and holds until f returns.
func Below(dir string, f func(child string) error) (n int, err error) {
	names, err := children(dir)
	if err != nil || len(names) == 0 {
		return 0, err
	}
	if len(dir) > unix.PathMax/2 {
		fd, err := open(dir, unix.O_PATH|unix.O_DIRECTORY)
		if errors.Is(err, unix.ENOENT) {
			return 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("open cgroup %s: %w", dir, err)
		}
		defer unix.Close(fd)
		dir = "/proc/self/fd/" + strconv.Itoa(fd)
	}
	for _, name := range names {
		if err := f(dir + "/" + name); err != nil {
			return 0, err
		}
	}
	return len(names), nil
}

// children names the cgroups directly below dir.
func children(dir string) ([]string, error) {
	// kernfs counts subdirectories in the link count, which spares reading a
	// directory of some twenty files to find that it has none.
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err == unix.ENOENT || err == nil && st.Nlink == 2 {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list cgroup %s: %w", dir, err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// Pids lists the processes of dir and everything below it, sorted. Processes
// outside the caller's pid namespace cannot be named and are left out.
func Pids(dir string) ([]int, error) {
	var pids []int
	err := Walk(dir, func(dir string) error {
		text, err := Read(dir + "/cgroup.procs")
		// A threaded v2 cgroup lists its processes in the domain above it.
		if errors.Is(err, unix.EOPNOTSUPP) {
			return nil
		}
		if err != nil {
			return err
		}
		for line := range strings.Lines(text) {
			pid, err := strconv.Atoi(strings.TrimSpace(line))
			if err != nil {
				return fmt.Errorf("read %s/cgroup.procs: %w", dir, err)
			}
			if pid > 0 {
				pids = append(pids, pid)
			}
		}
		return nil
	})
	slices.Sort(pids)
	return slices.Compact(pids), err
}
