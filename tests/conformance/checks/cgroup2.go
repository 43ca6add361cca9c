package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/mndrix/tap-go"
	"golang.org/x/sys/unix"
)

// The programs of the suite that look at limits know cgroup v1 alone. These
// checks assert the same properties where there is cgroup v2 alone:
// config-linux.md, Control groups.

const cgroupMount = "/sys/fs/cgroup"

// onV2 keeps a check from a host it has nothing to say of.
func onV2(run func(t *tap.T) error) func(t *tap.T) error {
	return func(t *tap.T) error {
		var fs unix.Statfs_t
		if err := unix.Statfs(cgroupMount, &fs); err != nil || fs.Type != unix.CGROUP2_SUPER_MAGIC {
			return errors.Join(err, errors.New("not a host with cgroup v2 alone"))
		}
		return run(t)
	}
}

// settings are properties of linux.resources and what files of the container's
// cgroup hold when they are in force.
type settings struct {
	resources string
	files     []holds
}

type holds struct{ what, file, want string }

// inCgroup makes a container with resources in a cgroup of its own, and gives
// its directory to look, which is called between create and start.
func inCgroup(resources, path string, look func(dir string) error) error {
	c, err := newContainer(func(*container) {})
	if err != nil {
		return err
	}
	defer c.remove()
	if path == "" {
		path = "/" + c.ID
	}
	if err := c.limit(resources, path); err != nil {
		return err
	}
	if err := c.Create(); err != nil {
		return err
	}
	dir, err := c.cgroup()
	if err != nil {
		return err
	}
	return look(dir)
}

// limit writes linux.resources into config.json as text: runtime-spec 1.0.2,
// which the suite builds with, does not know all of it.
func (c *container) limit(resources, cgroupsPath string) error {
	config := map[string]any{}
	if err := json.Unmarshal([]byte(c.read("config.json")), &config); err != nil {
		return err
	}
	linux := config["linux"].(map[string]any)
	linux["resources"], linux["cgroupsPath"] = json.RawMessage(resources), cgroupsPath
	data, err := json.Marshal(config)
	if err != nil {
		return err
	}
	return os.WriteFile(c.path("config.json"), data, 0o644)
}

// cgroup is the directory the container's process is in.
func (c *container) cgroup() (string, error) {
	state, err := c.State()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile("/proc/" + strconv.Itoa(state.Pid) + "/cgroup")
	if err != nil {
		return "", err
	}
	return filepath.Join(cgroupMount, strings.TrimPrefix(strings.TrimSpace(string(text)), "0::")), nil
}

func inForce(t *tap.T, list []settings) error {
	for _, s := range list {
		err := inCgroup(s.resources, "", func(dir string) error {
			for _, h := range s.files {
				text, err := os.ReadFile(filepath.Join(dir, h.file))
				if err != nil {
					return err
				}
				equal(t, strings.TrimSpace(string(text)), h.want, h.what)
			}
			return nil
		})
		if err != nil {
			t.Fail(s.resources + ": " + describe(err))
		}
	}
	return nil
}

func cgroup2CPU(t *tap.T) error {
	all := fmt.Sprintf("0-%d", runtime.NumCPU()-1)
	if runtime.NumCPU() == 1 {
		all = "0"
	}
	err := inForce(t, []settings{
		{`{"cpu": {"quota": 50000, "period": 200000, "burst": 20000, "cpus": "0", "mems": "0"}}`, []holds{
			{"cpu.quota and cpu.period are set", "cpu.max", "50000 200000"},
			{"cpu.burst is set", "cpu.max.burst", "20000"},
			{"cpu.cpus is set to one", "cpuset.cpus", "0"},
			{"cpu.mems is set", "cpuset.mems", "0"},
		}},
		{`{"cpu": {"quota": -1, "period": 100000, "idle": 1, "cpus": "` + all + `"}}`, []holds{
			{"a cpu.quota of -1 is none", "cpu.max", "max 100000"},
			{"cpu.idle is set", "cpu.idle", "1"},
			{"cpu.cpus is set to all", "cpuset.cpus", all},
		}},
	})
	if err != nil {
		return err
	}
	// The conversion of shares is the runtime's to choose, but a greater
	// share must not become a smaller one.
	weights := []int{0}
	for _, shares := range []int{2, 1024, 262144} {
		err := inCgroup(fmt.Sprintf(`{"cpu": {"shares": %d}}`, shares), "", func(dir string) error {
			text, err := os.ReadFile(filepath.Join(dir, "cpu.weight"))
			if err != nil {
				return err
			}
			weight, err := strconv.Atoi(strings.TrimSpace(string(text)))
			t.Ok(weight > weights[len(weights)-1], fmt.Sprintf("cpu.shares of %d are %d, more than %d", shares, weight, weights[len(weights)-1]))
			weights = append(weights, weight)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func cgroup2Memory(t *tap.T) error {
	return inForce(t, []settings{
		{`{"memory": {"limit": 50593792, "reservation": 25165824, "swap": 71565312}}`, []holds{
			{"memory.limit is set", "memory.max", "50593792"},
			{"memory.reservation is set", "memory.low", "25165824"},
			{"memory.swap counts memory in", "memory.swap.max", "20971520"},
		}},
		{`{"memory": {"limit": 50593792, "swap": 50593792}}`, []holds{
			{"memory.swap equal to memory.limit leaves none", "memory.swap.max", "0"},
		}},
		{`{"memory": {"limit": -1, "swap": -1}}`, []holds{
			{"a memory.limit of -1 is none", "memory.max", "max"},
			{"a memory.swap of -1 is no limit", "memory.swap.max", "max"},
		}},
	})
}

func cgroup2Pids(t *tap.T) error {
	return inForce(t, []settings{
		{`{"pids": {"limit": 1000}}`, []holds{{"pids.limit is set", "pids.max", "1000"}}},
		{`{"pids": {"limit": -1}}`, []holds{{"a pids.limit of -1 is none", "pids.max", "max"}}},
	})
}

func cgroup2IO(t *tap.T) error {
	disk, resources, err := throttled()
	if err != nil {
		return err
	}
	return inForce(t, []settings{
		{resources, []holds{{"the four throttles of blockIO are set", "io.max", disk + " rbps=1000 wbps=1001 riops=1002 wiops=1003"}}},
	})
}

// throttled limits I/O of the first disk, at rates from 1000 on in the order
// of io.max.
func throttled() (disk, resources string, err error) {
	disks, err := filepath.Glob("/sys/block/*/dev")
	if err != nil || len(disks) == 0 {
		return "", "", errors.Join(err, errors.New("no block device"))
	}
	text, err := os.ReadFile(disks[0])
	if err != nil {
		return "", "", err
	}
	disk = strings.TrimSpace(string(text))
	major, minor, _ := strings.Cut(disk, ":")
	var throttles []string
	for i, property := range []string{"throttleReadBpsDevice", "throttleWriteBpsDevice", "throttleReadIOPSDevice", "throttleWriteIOPSDevice"} {
		throttles = append(throttles, fmt.Sprintf(`%q: [{"major": %s, "minor": %s, "rate": %d}]`, property, major, minor, 1000+i))
	}
	return disk, `{"blockIO": {` + strings.Join(throttles, ", ") + `}}`, nil
}

func cgroup2Hugetlb(t *tap.T) error {
	files, err := filepath.Glob(cgroupMount + "/*/hugetlb.*.rsvd.max")
	if err != nil {
		return err
	}
	const limit = 2 << 30 // a multiple of every size there is
	var limits []string
	var want []holds
	for _, path := range files {
		file := filepath.Base(path)
		if slices.ContainsFunc(want, func(h holds) bool { return h.file == file }) {
			continue
		}
		size := strings.Split(file, ".")[1]
		limits = append(limits, fmt.Sprintf(`{"pageSize": %q, "limit": %d}`, size, limit))
		want = append(want, holds{"hugepageLimits of " + size + " limits reservations", file, strconv.Itoa(limit)})
	}
	return inForce(t, []settings{{`{"hugepageLimits": [` + strings.Join(limits, ", ") + `]}`, want}})
}

// cgroup2Devices asks the kernel what the rules come to, with numbers that no
// driver has, so that only a rule can be why an open is not permitted.
// config-linux.md, Allowed Device list: the runtime MUST apply entries in the
// listed order.
func cgroup2Devices(t *tap.T) error {
	const rules = `{"devices": [
		{"allow": false, "access": "rwm"},
		{"allow": true, "type": "c", "major": 240, "minor": 1, "access": "rw"},
		{"allow": true, "type": "c", "major": 241, "access": "rw"},
		{"allow": false, "type": "c", "major": 241, "minor": 5, "access": "w"},
		{"allow": true, "type": "b", "major": 240, "minor": 1, "access": "r"}]}`
	const script = `cd /nodes; for n in *; do
		(: <$n) 2>&1 | grep -q 'not permitted' || echo $n r; (: >>$n) 2>&1 | grep -q 'not permitted' || echo $n w
	done >/allowed`
	c, err := newContainer(func(c *container) { c.config.SetProcessArgs([]string{"sh", "-c", script}) })
	if err != nil {
		return err
	}
	defer c.remove()
	if err := os.Mkdir(c.path("nodes"), 0o755); err != nil {
		return err
	}
	for _, n := range []struct {
		kind         uint32
		name         string
		major, minor uint32
	}{
		{unix.S_IFCHR, "c-240-1", 240, 1}, {unix.S_IFCHR, "c-240-2", 240, 2}, {unix.S_IFCHR, "c-241-4", 241, 4},
		{unix.S_IFCHR, "c-241-5", 241, 5}, {unix.S_IFBLK, "b-240-1", 240, 1}, {unix.S_IFBLK, "b-241-4", 241, 4},
	} {
		if err := unix.Mknod(c.path("nodes/"+n.name), n.kind|0o666, int(unix.Mkdev(n.major, n.minor))); err != nil {
			return err
		}
	}
	if err := errors.Join(c.limit(rules, "/"+c.ID), c.runToEnd()); err != nil {
		return err
	}
	equal(t, c.read("allowed"), "b-240-1 r\nc-240-1 r\nc-240-1 w\nc-241-4 r\nc-241-4 w\nc-241-5 r\n", "the last rule for a device decides")
	return nil
}

// cgroup2Unified: config-linux.md, Unified: needed controllers MUST be enabled,
// unknown configuration MUST be written, what is absent MUST be an error.
func cgroup2Unified(t *tap.T) error {
	err := inForce(t, []settings{
		{`{"unified": {"memory.high": "50593792", "cpu.max": "20000 50000", "pids.max": "77", "cgroup.max.depth": "7"}}`, []holds{
			{"unified memory.high is set", "memory.high", "50593792"},
			{"unified cpu.max is set", "cpu.max", "20000 50000"},
			{"unified pids.max is set", "pids.max", "77"},
			{"a file of the core is set", "cgroup.max.depth", "7"},
		}},
	})
	if err != nil {
		return err
	}
	for _, file := range []string{"nosuch.max", "memory.nosuch"} {
		err := inCgroup(fmt.Sprintf(`{"unified": {%q: "1"}}`, file), "", func(string) error { return nil })
		t.Ok(err != nil, "unified "+file+" is an error")
	}
	return nil
}

// cgroup2Refused: config-linux.md, Unified: if a conversion of v1's is not
// possible the runtime MUST generate an error.
func cgroup2Refused(t *tap.T) error {
	for _, r := range []struct{ what, json string }{
		{"network.classID", `{"network": {"classID": 1048577}}`},
		{"network.priorities", `{"network": {"priorities": [{"name": "lo", "priority": 10}]}}`},
		{"memory.swappiness", `{"memory": {"swappiness": 10}}`},
		{"memory.disableOOMKiller", `{"memory": {"disableOOMKiller": true}}`},
		{"cpu.realtimeRuntime", `{"cpu": {"realtimeRuntime": 950000, "realtimePeriod": 1000000}}`},
		{"blockIO.leafWeight", `{"blockIO": {"leafWeight": 10}}`},
	} {
		err := inCgroup(r.json, "", func(string) error { return nil })
		t.Ok(err != nil, r.what+" has no conversion, and is an error")
	}
	return nil
}

// cgroup2Path: config-linux.md, Cgroups Path: an absolute path is relative to
// the mount point, and the same value MUST always be the same place.
func cgroup2Path(t *tap.T) error {
	for _, path := range []string{"/conformance/absolute", "conformance/relative"} {
		var dirs [2]string
		for i := range dirs {
			err := inCgroup(`{"pids": {"limit": 10}}`, path, func(dir string) error {
				dirs[i] = dir
				return nil
			})
			if err != nil {
				return err
			}
		}
		equal(t, dirs[1], dirs[0], path+" is the same place for every container")
		if filepath.IsAbs(path) {
			equal(t, dirs[0], cgroupMount+path, path+" counts from the mount point")
		} else {
			t.Ok(strings.HasSuffix(dirs[0], "/"+path), path+" is below a place of the runtime's choice")
		}
	}
	return nil
}

// cgroup2Delete: runtime.md, Delete: it MUST delete what create has made, and
// MUST NOT delete what it has not.
func cgroup2Delete(t *tap.T) error {
	there := filepath.Join(cgroupMount, "conformance-there")
	if err := os.Mkdir(there, 0o755); err != nil {
		return err
	}
	defer os.Remove(there)
	for _, tc := range []struct {
		path  string
		stays bool
	}{{"/conformance-there", true}, {"/conformance-there/new", false}} {
		c, err := newContainer(func(c *container) { c.config.SetProcessArgs([]string{"true"}) })
		if err != nil {
			return err
		}
		dir := cgroupMount + tc.path
		err = errors.Join(c.limit(`{}`, tc.path), c.runToEnd())
		if err == nil {
			_, err = os.Stat(dir)
		}
		if err == nil {
			err = c.Delete()
		}
		c.remove()
		if err != nil {
			return err
		}
		_, err = os.Stat(dir)
		t.Ok(tc.stays == (err == nil), fmt.Sprintf("after delete, cgroup %s is there: %t", tc.path, tc.stays))
	}
	return nil
}
