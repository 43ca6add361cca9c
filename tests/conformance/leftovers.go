package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const cgroupRoot = "/sys/fs/cgroup"

// removeCgroups removes the cgroups a program has left, in every hierarchy, and
// returns a line for each name. They are told by name: a container's ID, or,
// for the programs that run one by one for that reason, the suite's fixed paths.
func removeCgroups(program string, ids []string) []string {
	var dirs []string
	hierarchies := map[string]int{}
	err := filepath.WalkDir(cgroupRoot, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil // cgroups of others come and go during the walk
		}
		if name := leftoverName(path, program, ids); name != "" {
			dirs = append(dirs, path)
			hierarchies[name]++
		}
		return nil
	})
	if err != nil {
		return []string{err.Error()}
	}
	var notes []string
	for name, n := range hierarchies {
		notes = append(notes, fmt.Sprintf("cgroup %s (in %d places)", name, n))
	}
	slices.Sort(notes)
	for _, dir := range slices.Backward(dirs) { // children before parents
		// Not RemoveAll: a cgroup's files cannot be removed.
		if err := syscall.Rmdir(dir); err != nil && !os.IsNotExist(err) {
			notes = append(notes, fmt.Sprintf("cgroup that cannot be removed: %s: %v", dir, err))
		}
	}
	return notes
}

// leftoverName is the part of path that the suite named, or "".
func leftoverName(path, program string, ids []string) string {
	elements := strings.Split(path, "/")
	i := slices.IndexFunc(elements, func(e string) bool {
		if sharesCgroup(program) && (e == "cgrouptest" || e == "testdir") {
			return true
		}
		return slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(e, id) })
	})
	if i < 0 {
		return ""
	}
	return strings.Join(elements[i:], "/")
}

// outermost drops the paths that lie below another of them.
func outermost(paths []string) []string {
	var top []string
	for _, p := range slices.Sorted(slices.Values(paths)) {
		if len(top) == 0 || !strings.HasPrefix(p, top[len(top)-1]+"/") {
			top = append(top, p)
		}
	}
	return top
}
