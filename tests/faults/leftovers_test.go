package faults

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long what was killed may take to be gone. Nothing is
// measured by it.
const patience = 4 * time.Second

// leftovers lists what there still is of a container: its state, processes,
// cgroups and mounts. Processes are known by their cgroup and by their standard
// streams, which are files in the place's directory.
func (p *place) leftovers(id string) []string {
	var left []string
	filepath.WalkDir(p.state, func(path string, d fs.DirEntry, err error) error {
		if err == nil && path != p.state {
			left = append(left, "file "+path)
		}
		return nil
	})
	if _, err := os.Stat(p.pidFile()); err == nil {
		left = append(left, "pid file")
	}
	left = append(left, p.processes(id)...)
	for _, dir := range cgroupsOf(id) {
		left = append(left, "cgroup "+dir)
	}
	return append(left, mountsBelow(p.dir)...)
}

// processes lists those that are of a container, once those that are about to
// end have ended.
func (p *place) processes(id string) []string {
	var found []string
	eventually(func() bool {
		found = nil
		entries, _ := filepath.Glob("/proc/[0-9]*")
		for _, dir := range entries {
			if pid, _ := strconv.Atoi(filepath.Base(dir)); pid == os.Getpid() || zombie(dir) || !p.owns(dir, id) {
				continue
			}
			line, _ := os.ReadFile(dir + "/cmdline")
			where, _ := os.ReadFile(dir + "/syscall")
			found = append(found, fmt.Sprintf("process %s %q in %s", filepath.Base(dir), line, where))
		}
		return len(found) == 0
	})
	return found
}

func (p *place) owns(proc, id string) bool {
	for _, fd := range []string{"0", "1", "2"} {
		if file, _ := os.Readlink(proc + "/fd/" + fd); strings.HasPrefix(file, p.dir+"/") {
			return true
		}
	}
	cgroup, _ := os.ReadFile(proc + "/cgroup")
	return strings.Contains(string(cgroup), "/"+id)
}

func zombie(proc string) bool {
	stat, err := os.ReadFile(proc + "/stat")
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X")
}

// cgroupsOf lists the cgroups of a container in all hierarchies, and the
// parents that its cgroupsPath names.
func cgroupsOf(id string) []string {
	one, _ := filepath.Glob("/sys/fs/cgroup/" + id + "*")
	more, _ := filepath.Glob("/sys/fs/cgroup/*/" + id + "*")
	return append(one, more...)
}

func mountsBelow(dir string) []string {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return []string{err.Error()}
	}
	var left []string
	for line := range strings.Lines(string(table)) {
		if f := strings.Fields(line); strings.HasPrefix(f[4], dir+"/") {
			left = append(left, "mount "+f[4])
		}
	}
	return left
}

// eventually asks until the answer is yes, or for as long as patience lasts.
func eventually(ask func() bool) bool {
	for end := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		if ask() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// sweep takes away by force what leftovers has found, so that one fault does
// not show up as many.
func (p *place) sweep(id string) {
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range entries {
		if pid, _ := strconv.Atoi(filepath.Base(dir)); pid != os.Getpid() && p.owns(dir, id) {
			unix.Kill(pid, unix.SIGKILL)
		}
	}
	for _, m := range mountsBelow(p.dir) {
		unix.Unmount(strings.TrimPrefix(m, "mount "), unix.MNT_DETACH)
	}
	eventually(func() bool {
		all := true
		for _, dir := range cgroupsOf(id) {
			all = removeCgroup(dir) && all
		}
		return all
	})
	os.RemoveAll(p.state)
	os.Remove(p.pidFile())
}

func removeCgroup(dir string) bool {
	below, _ := filepath.Glob(dir + "/*/")
	for _, d := range below {
		removeCgroup(filepath.Clean(d))
	}
	err := unix.Rmdir(dir)
	return err == nil || err == unix.ENOENT
}
