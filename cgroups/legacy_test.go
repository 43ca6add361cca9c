package cgroups

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

func TestLegacySet(t *testing.T) {
	r := &specs.LinuxResources{
		CPU: &specs.LinuxCPU{Shares: ptr(uint64(512)), Quota: ptr(int64(50000)), Period: ptr(uint64(200000)),
			Burst: ptr(uint64(20000)), Cpus: "0", Mems: "0"},
		Memory: &specs.LinuxMemory{Limit: ptr(int64(64 * mib)), Swap: ptr(int64(96 * mib)),
			Reservation: ptr(int64(32 * mib)), Swappiness: ptr(uint64(10)), DisableOOMKiller: ptr(true),
			KernelTCP: ptr(int64(8 * mib)), UseHierarchy: ptr(true)},
		Pids:    &specs.LinuxPids{Limit: ptr(int64(77))},
		BlockIO: &specs.LinuxBlockIO{Weight: ptr(uint16(300))},
	}
	m := newHost(t, false, r)
	if err := m.Set(r); err != nil {
		t.Fatal(err)
	}
	paths := m.State().Paths
	for _, c := range []struct{ controller, file, want string }{
		{"cpu", "cpu.shares", "512"},
		{"cpu", "cpu.cfs_quota_us", "50000"},
		{"cpu", "cpu.cfs_period_us", "200000"},
		{"cpu", "cpu.cfs_burst_us", "20000"},
		{"cpuset", "cpuset.cpus", "0"},
		{"cpuset", "cpuset.mems", "0"},
		{"memory", "memory.limit_in_bytes", strconv.Itoa(64 * mib)},
		{"memory", "memory.memsw.limit_in_bytes", strconv.Itoa(96 * mib)},
		{"memory", "memory.soft_limit_in_bytes", strconv.Itoa(32 * mib)},
		{"memory", "memory.swappiness", "10"},
		{"memory", "memory.kmem.tcp.limit_in_bytes", strconv.Itoa(8 * mib)},
		{"pids", "pids.max", "77"},
		{"blkio", "blkio.bfq.weight", "300"},
		{"devices", "devices.list", "c *:* m\nb *:* m\nc 1:3 rwm\nc 1:5 rwm\nc 1:7 rwm\nc 1:8 rwm\nc 1:9 rwm\nc 5:0 rwm\nc 5:2 rwm\nc 136:* rwm"},
	} {
		got, err := cgfs.Read(paths[c.controller] + "/" + c.file)
		if err != nil || got != c.want {
			t.Errorf("%s = %q, %v; want %q", c.file, got, err, c.want)
		}
	}
	oom, err := cgfs.Field(paths["memory"]+"/memory.oom_control", "oom_kill_disable")
	if err != nil || oom != "1" {
		t.Errorf("oom_kill_disable = %q, %v", oom, err)
	}

	// Both ways across the limits in force.
	for _, c := range []struct{ limit, swap, want int64 }{
		{200 * mib, 300 * mib, 300 * mib},
		{16 * mib, 20 * mib, 20 * mib},
		{-1, 0, 0},
	} {
		loaded, err := Load(m.State())
		if err != nil {
			t.Fatal(err)
		}
		err = loaded.Set(&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &c.limit, Swap: &c.swap}})
		if err != nil {
			t.Fatalf("limit %d, swap %d: %v", c.limit, c.swap, err)
		}
		got, err := cgfs.Read(paths["memory"] + "/memory.memsw.limit_in_bytes")
		if err != nil || c.want != 0 && got != strconv.FormatInt(c.want, 10) {
			t.Errorf("limit %d, swap %d: memsw = %q, %v", c.limit, c.swap, got, err)
		}
	}
}

func TestLegacyHugetlb(t *testing.T) {
	r := &specs.LinuxResources{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 4 << 20}}}
	m := newHost(t, false, r)
	if err := m.Set(r); err != nil {
		t.Fatal(err)
	}
	paths := m.State().Paths
	dir, file := paths[""], "hugetlb.2MB.max"
	if d, ok := paths["hugetlb"]; ok {
		dir, file = d, "hugetlb.2MB.limit_in_bytes"
	}
	got, err := cgfs.Read(dir + "/" + file)
	if err != nil || got != strconv.Itoa(4<<20) {
		t.Errorf("%s = %q, %v", file, got, err)
	}
	pid := sleeper(t, join(t, m))
	own, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil || dir == paths[""] && strings.Contains(string(own), "0::/\n") {
		t.Errorf("not in the v2 cgroup: %q, %v", own, err)
	}
}

// What a hook has allowed for the sake of a GPU, say, outlives an update.
func TestLegacyKeepsDevices(t *testing.T) {
	m := newHost(t, false, nil)
	if err := m.Set(nil); err != nil {
		t.Fatal(err)
	}
	dir := m.State().Paths["devices"]
	if err := cgfs.Write(dir+"/devices.allow", "c 195:0 rw"); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(m.State())
	if err != nil {
		t.Fatal(err)
	}
	if err := loaded.Set(&specs.LinuxResources{Devices: []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}}}); err != nil {
		t.Fatal(err)
	}
	list, err := cgfs.Read(dir + "/devices.list")
	if err != nil || !strings.Contains(list, "c 195:0 rw") {
		t.Errorf("devices.list = %q, %v", list, err)
	}
}

func TestLegacyFreeze(t *testing.T) {
	m := newHost(t, false, nil)
	pid := sleeper(t, join(t, m))
	if pids, err := m.Pids(); err != nil || !slices.Equal(pids, []int{pid}) {
		t.Fatalf("Pids = %v, %v; want %d", pids, err, pid)
	}
	if err := m.Freeze(); err != nil {
		t.Fatal(err)
	}
	if frozen, err := m.Frozen(); err != nil || !frozen {
		t.Errorf("after Freeze: Frozen = %v, %v", frozen, err)
	}
	if err := m.Thaw(); err != nil {
		t.Fatal(err)
	}
	if frozen, err := m.Frozen(); err != nil || frozen {
		t.Errorf("after Thaw: Frozen = %v, %v", frozen, err)
	}
}

// A nested cgroup that is frozen on its own keeps its processes from dying.
func TestLegacyKillNestedFrozen(t *testing.T) {
	m := newHost(t, false, nil)
	j := join(t, m)
	pids := []int{sleeper(t, j)}
	nested := filepath.Join(m.State().Paths["freezer"], "nested")
	if err := os.Mkdir(nested, 0o755); err != nil {
		t.Fatal(err)
	}
	sub, err := m.Sub([]string{"freezer:nested"})
	if err != nil {
		t.Fatal(err)
	}
	pids = append(pids, sleeper(t, sub))
	if err := freezeV1(nested, freezeWait); err != nil {
		t.Fatal(err)
	}
	if err := m.Freeze(); err != nil {
		t.Fatal(err)
	}
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		if err := waitExit(pid, time.Now().Add(10*time.Second)); err != nil {
			t.Error(err)
		}
	}
	if err := m.Destroy(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob("/sys/fs/cgroup/*/rt-test/" + t.Name()); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// What forks all the time is not outrun by its children.
func TestLegacyKillForks(t *testing.T) {
	m := newHost(t, false, nil)
	cmd := exec.Command("/bin/sh", "-c", `for f do echo 0 >"$f" || exit 1; done; while :; do sleep 1000 & done`, "sh")
	cmd.Args = append(cmd.Args, join(t, m).Tasks...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	for until := time.Now().Add(10 * time.Second); ; {
		pids, err := m.Pids()
		if err != nil || time.Now().After(until) {
			t.Fatalf("%d processes, %v", len(pids), err)
		}
		if len(pids) > 20 {
			break
		}
	}
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := m.Destroy(); err != nil {
		t.Error(err)
	}
}

func TestLegacyRefusesFrozen(t *testing.T) {
	m := newHost(t, false, nil)
	if err := m.Freeze(); err != nil {
		t.Fatal(err)
	}
	l, err := Detect()
	if err != nil {
		t.Fatal(err)
	}
	other, err := New(l, Config{Path: "/rt-test/" + t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Create(); err == nil || len(other.State().Made) > 0 {
		t.Errorf("Create = %v, made %v", err, other.State().Made)
	}
	if _, err := m.Pids(); err != nil {
		t.Errorf("the cgroup found in place is gone: %v", err)
	}
}

// What was there before is not removed.
func TestLegacyKeepsWhatItFound(t *testing.T) {
	m := newHost(t, false, nil)
	l, err := Detect()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		other, err := New(l, Config{Path: "/rt-test/" + t.Name() + "/a/b"})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(other.Create(), other.Destroy()); err != nil {
			t.Fatal(err)
		}
	}
	for controller, dir := range m.State().Paths {
		below, err := cgfs.Below(dir, func(string) error { return nil })
		if _, statErr := os.Stat(dir); err != nil || statErr != nil || below > 0 {
			t.Errorf("%s: %d below, %v, %v", controller, below, err, statErr)
		}
	}
}

func TestLegacyDestroyWaits(t *testing.T) {
	m := newHost(t, false, nil)
	pid := sleeper(t, join(t, m))
	go func() {
		// The end of the test's own child is what Destroy is to wait for.
		unix.Kill(pid, unix.SIGKILL)
	}()
	if err := m.Destroy(); err != nil {
		t.Error(err)
	}
}

func TestSubStaysInside(t *testing.T) {
	m := newHost(t, false, nil)
	for _, spec := range [][]string{{"../x"}, {"freezer:a/../../b"}, {"nosuch:x"}, {"freezer:missing"}, {"a", "b"}} {
		if j, err := m.Sub(spec); err == nil {
			t.Errorf("Sub(%q) = %v, want an error", spec, j)
		}
	}
}

// What a hook has allowed stays when a later limit is set.
func TestDevicesOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"devices.deny": "", "devices.allow": ""})
	m := &legacy{fresh: true, dirs: []legacyDir{{controllers: []string{"devices"}, dir: dir}}}
	if err := m.Set(nil); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"devices.deny": "the hook's"})
	if err := m.Set(nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := cgfs.Read(dir + "/devices.deny"); got != "the hook's" {
		t.Errorf("written again: %q", got)
	}
}
