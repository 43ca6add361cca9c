package tests

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// clean deletes the containers a script still has and reports what is then
// left of it on the machine: state, cgroups, mounts, processes. What it
// reports it also takes away, so that one broken script does not break the
// next.
func clean(work, id string) []string {
	var left []string
	ids, _ := os.ReadDir(filepath.Join(work, "run"))
	for _, c := range ids {
		del := exec.Command(machine.runtime, "--root", filepath.Join(work, "run"), "delete", "--force", c.Name())
		if out, err := runFor(del, patience); err != nil {
			left = append(left, fmt.Sprintf("a container that delete --force does not delete: %v: %s", err, out))
		}
	}
	left = append(left, leftState(work)...)
	left = append(left, leftProcesses(work, id)...)
	left = append(left, leftCgroups(id)...)
	left = append(left, leftMounts(work)...)
	return left
}

func runFor(cmd *exec.Cmd, limit time.Duration) ([]byte, error) {
	timer := time.AfterFunc(limit, func() { cmd.Process.Kill() })
	defer timer.Stop()
	return cmd.CombinedOutput()
}

// leftState lists directories in the state root. Files and hidden entries are
// the runtime's own business: locks, caches.
func leftState(work string) []string {
	var left []string
	entries, _ := os.ReadDir(filepath.Join(work, "run"))
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			left = append(left, "state of "+e.Name())
		}
	}
	return left
}

// leftProcesses finds processes that were started from the script (their
// environment names its work directory), or are in its cgroups.
func leftProcesses(work, id string) []string {
	var found []string
	// A process killed a moment ago may still be on its way out.
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		found = nil
		procs, _ := filepath.Glob("/proc/[0-9]*")
		for _, dir := range procs {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			env, _ := os.ReadFile(dir + "/environ")
			cgroup, _ := os.ReadFile(dir + "/cgroup")
			mine := strings.Contains("\x00"+string(env), "\x00WORK="+work+"\x00") || strings.Contains(string(cgroup), "/"+id)
			if pid == os.Getpid() || !mine || zombie(dir) {
				continue
			}
			cmdline, _ := os.ReadFile(dir + "/cmdline")
			found = append(found, fmt.Sprintf("process %d: %q", pid, strings.ReplaceAll(string(cmdline), "\x00", " ")))
			if time.Now().After(end) {
				unix.Kill(pid, unix.SIGKILL)
			}
		}
		if len(found) == 0 || time.Now().After(end) {
			return found
		}
	}
}

func zombie(dir string) bool {
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z") || strings.HasPrefix(rest, "X")
}

func leftCgroups(id string) []string {
	var left []string
	filepath.WalkDir("/sys/fs/cgroup", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.Contains(d.Name(), id) {
			if machine.kind == "crun" && strings.HasPrefix(path, "/sys/fs/cgroup/hugetlb") {
				os.RemoveAll(path) // crun makes a directory for a controller that is not mounted
				return fs.SkipDir
			}
			left = append(left, "cgroup "+path)
		}
		return nil
	})
	for i := len(left) - 1; i >= 0; i-- {
		removeCgroup(strings.TrimPrefix(left[i], "cgroup "))
	}
	return left
}

// removeCgroup waits for the last processes of the cgroup, which leftProcesses
// has killed, to be gone.
func removeCgroup(path string) {
	for end := time.Now().Add(time.Second); os.Remove(path) != nil && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
}

func leftMounts(work string) []string {
	table, _ := os.ReadFile("/proc/self/mountinfo")
	var left []string
	for line := range strings.Lines(string(table)) {
		if f := strings.Fields(line); len(f) > 4 && strings.HasPrefix(f[4], work+"/") {
			left = append(left, "mount "+f[4])
		}
	}
	sort.Sort(sort.Reverse(sort.StringSlice(left)))
	for _, m := range left {
		unix.Unmount(strings.TrimPrefix(m, "mount "), unix.MNT_DETACH)
	}
	return left
}
