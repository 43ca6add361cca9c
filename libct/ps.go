package libct

import (
	"fmt"
	"os"
	"slices"
	"strconv"
)

// Pids lists the container's processes, as the host sees them. Without a
// cgroup they are those of its pid namespace, and without one of those init
// alone.
func (c *Container) Pids() ([]int, error) {
	if len(c.rec.Cgroup.Paths) > 0 {
		m, err := c.cgroup()
		if err != nil {
			return nil, err
		}
		return m.Pids()
	}
	if alive, err := c.alive(); !alive {
		return nil, err
	}
	if !c.rec.OwnPids {
		return []int{c.rec.InitPid}, nil
	}
	return pidsOfNamespace(c.rec.InitPid)
}

func pidsOfNamespace(init int) ([]int, error) {
	namespace := func(pid string) (string, error) { return os.Readlink("/proc/" + pid + "/ns/pid") }
	want, err := namespace(strconv.Itoa(init))
	if err != nil {
		return nil, fmt.Errorf("read pid namespace of container init: %w", err)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if got, err := namespace(e.Name()); err == nil && got == want { // else it has ended, or is somebody else's
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids, nil
}
