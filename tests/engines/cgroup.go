package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// hierarchy is a line of /proc/self/cgroup.
type hierarchy struct {
	controllers string // as mount options; empty for cgroup v2
	path        string
}

func (h hierarchy) mountOn(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if h.controllers == "" {
		return mount("cgroup2", dir, "cgroup2", 0)
	}
	options := h.controllers
	if strings.HasPrefix(options, "name=") {
		options = "none," + options
	}
	return syscall.Mount("cgroup", dir, "cgroup", 0, options)
}

// pure says that there is cgroup v2 alone.
func pure(all []hierarchy) bool { return len(all) == 1 && all[0].controllers == "" }

// directory is where the hierarchy is mounted below /sys/fs/cgroup.
func (h hierarchy) directory(alone bool) string {
	switch {
	case h.controllers == "" && alone:
		return ""
	case h.controllers == "":
		return "unified"
	}
	return strings.TrimPrefix(h.controllers, "name=")
}

func hierarchies() ([]hierarchy, error) {
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	var all []hierarchy
	for line := range strings.Lines(string(data)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) == 3 {
			all = append(all, hierarchy{f[1], f[2]})
		}
	}
	return all, nil
}

// enterGroups makes one cgroup in every hierarchy and enters it. It returns
// what it made, also together with an error.
func enterGroups(dir string) ([]string, error) {
	all, err := hierarchies()
	if err != nil {
		return nil, err
	}
	var made []string
	for i, h := range all {
		root := staging(dir, i)
		if err := h.mountOn(root); err != nil {
			return made, err
		}
		group := h.group(root, filepath.Base(dir))
		if err := os.Mkdir(group, 0o755); err != nil {
			return made, err
		}
		made = append(made, group)
		if h.controllers != "" {
			if err := fillCpuset(group); err != nil {
				return made, err
			}
		}
		if err := join(group); err != nil {
			return made, err
		}
	}
	return made, nil
}

// staging is where the keeper has a hierarchy, of which the room sees a part.
func staging(dir string, i int) string { return filepath.Join(dir, "cgroup", fmt.Sprint(i)) }

// group is the room's cgroup, below where the hierarchy is mounted: below our
// own on v1, and at the root on v2, where no other with processes in it can
// have controllers to pass on.
func (h hierarchy) group(root, name string) string {
	if h.controllers == "" {
		return filepath.Join(root, name)
	}
	return filepath.Join(root, h.path, name)
}

// fillCpuset copies what v1 wants set before a process can enter.
func fillCpuset(group string) error {
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		parent, err := os.ReadFile(filepath.Join(filepath.Dir(group), file))
		if os.IsNotExist(err) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(group, file), parent, 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func join(group string) error {
	return os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte("0"), 0)
}

// leaveGroups takes the cgroups away, deepest first. All other processes have
// ended.
func leaveGroups(groups []string) {
	for _, group := range groups {
		if err := join(filepath.Dir(group)); err != nil {
			fmt.Fprintln(os.Stderr, "engines: leave cgroup:", err)
		}
		for _, dir := range slices.Backward(directories(group)) {
			if err := os.Remove(dir); err != nil {
				fmt.Fprintln(os.Stderr, "engines: remove cgroup:", err)
			}
		}
	}
}

// directories are dir and all below it, parents before children.
func directories(dir string) []string {
	var all []string
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			all = append(all, path)
		}
		return nil
	})
	return all
}

// delegate lets a v2 cgroup that has processes give its controllers to
// children: the processes move one level down first.
func delegate(root string) error {
	inner := filepath.Join(root, "cases")
	if err := os.Mkdir(inner, 0o755); err != nil {
		return err
	}
	procs, err := os.ReadFile(filepath.Join(root, "cgroup.procs"))
	if err != nil {
		return err
	}
	for _, pid := range strings.Fields(string(procs)) {
		if err := os.WriteFile(filepath.Join(inner, "cgroup.procs"), []byte(pid), 0); err != nil {
			return err
		}
	}
	controllers, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
	if err != nil {
		return err
	}
	for _, c := range strings.Fields(string(controllers)) {
		if err := os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+"+c), 0); err != nil {
			return err
		}
	}
	return nil
}
