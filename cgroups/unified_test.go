package cgroups

import (
	"errors"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

const mib = 1 << 20

func TestUnifiedSet(t *testing.T) {
	r := &specs.LinuxResources{
		CPU: &specs.LinuxCPU{Shares: ptr(uint64(1024)), Quota: ptr(int64(50000)), Period: ptr(uint64(200000)),
			Burst: ptr(uint64(20000)), Cpus: "0", Mems: "0"},
		Memory:  &specs.LinuxMemory{Limit: ptr(int64(64 * mib)), Swap: ptr(int64(96 * mib)), Reservation: ptr(int64(32 * mib))},
		Pids:    &specs.LinuxPids{Limit: ptr(int64(77))},
		BlockIO: &specs.LinuxBlockIO{Weight: ptr(uint16(500))},
		Unified: map[string]string{"memory.high": strconv.Itoa(48 * mib), "cgroup.max.depth": "5"},
	}
	m := newHost(t, true, r)
	if err := m.Set(r); err != nil {
		t.Fatal(err)
	}
	dir := m.State().Paths[""]
	for file, want := range map[string]string{
		"cpu.weight":       "100",
		"cpu.max":          "50000 200000",
		"cpu.max.burst":    "20000",
		"cpuset.cpus":      "0",
		"cpuset.mems":      "0",
		"memory.max":       strconv.Itoa(64 * mib),
		"memory.swap.max":  strconv.Itoa(32 * mib),
		"memory.low":       strconv.Itoa(32 * mib),
		"memory.high":      strconv.Itoa(48 * mib),
		"pids.max":         "77",
		"cgroup.max.depth": "5",
	} {
		if got, err := cgfs.Read(dir + "/" + file); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", file, got, err, want)
		}
	}

	loaded, err := Load(m.State())
	if err != nil {
		t.Fatal(err)
	}
	// What goes with the values in force.
	for _, c := range []struct {
		r          *specs.LinuxResources
		file, want string
	}{
		{&specs.LinuxResources{CPU: &specs.LinuxCPU{Period: ptr(uint64(100000))}}, "cpu.max", "50000 100000"},
		{&specs.LinuxResources{Memory: &specs.LinuxMemory{Swap: ptr(int64(80 * mib))}}, "memory.swap.max", strconv.Itoa(16 * mib)},
	} {
		if err := loaded.Set(c.r); err != nil {
			t.Fatal(err)
		}
		if got, err := cgfs.Read(dir + "/" + c.file); err != nil || got != c.want {
			t.Errorf("%s = %q, %v; want %q", c.file, got, err, c.want)
		}
	}
	err = loaded.Set(&specs.LinuxResources{Memory: &specs.LinuxMemory{Swap: ptr(int64(mib))}})
	if err == nil || !strings.Contains(err.Error(), "linux.resources.memory.swap: 1048576 is below memory.limit 67108864") {
		t.Errorf("swap below the limit in force: %v", err)
	}
}

func TestUnifiedThreaded(t *testing.T) {
	parent := newHost(t, true, nil)
	dir := parent.State().Paths[""]
	threaded := dir + "/threaded"
	if err := os.Mkdir(threaded, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := cgfs.Write(threaded+"/cgroup.type", "threaded"); err != nil {
		t.Fatal(err)
	}
	l, err := Detect()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"threaded":   "is threaded",
		"sibling":    "a container cannot be below it",
		"threaded/x": "a container cannot be below it",
	} {
		m, err := New(l, Config{Path: strings.TrimPrefix(dir, l.V2.Mount) + "/" + name})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Create(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		if len(m.State().Made) > 0 {
			t.Errorf("%s: %q is left", name, m.State().Made)
		}
	}
}

func TestUnifiedUnavailable(t *testing.T) {
	m := newHost(t, true, nil)
	for property, r := range map[string]*specs.LinuxResources{
		`linux.resources.unified["memory.nosuch"]`: {Unified: map[string]string{"memory.nosuch": "1"}},
		"linux.resources.hugepageLimits[0].limit":  {HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "64KB", Limit: 1}}},
	} {
		if err := m.Set(r); err == nil || !strings.Contains(err.Error(), property) {
			t.Errorf("%v, want an error that names %s", err, property)
		}
	}
}

func TestUnifiedFreezeAndKill(t *testing.T) {
	m := newHost(t, true, nil)
	dir := m.State().Paths[""]
	nested := dir + "/nested"
	if err := os.Mkdir(nested, 0o755); err != nil {
		t.Fatal(err)
	}
	sub, err := m.Sub([]string{"nested"})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	pids := []int{sleeper(t, join(t, m)), sleeper(t, sub)}
	slices.Sort(pids)
	if got, err := m.Pids(); err != nil || !slices.Equal(got, pids) {
		t.Errorf("Pids = %v, %v; want %v", got, err, pids)
	}
	if err := cgfs.Write(nested+"/cgroup.freeze", "1"); err != nil {
		t.Fatal(err)
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
	if err := m.Freeze(); err != nil {
		t.Fatal(err)
	}
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		if err := waitExit(pid, time.Now().Add(20*time.Second)); err != nil {
			t.Error(err)
		}
	}
	if err := m.Destroy(); err != nil {
		t.Error(err)
	}
}

func TestUnifiedDestroyWaits(t *testing.T) {
	m := newHost(t, true, nil)
	sleeper(t, join(t, m))
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := m.Destroy(); err != nil {
		t.Error(err)
	}
}

func TestUnifiedDevices(t *testing.T) {
	m := newHost(t, true, nil)
	if err := m.Set(nil); err != nil {
		t.Fatal(err)
	}
	j := join(t, m)
	for device, want := range map[string]bool{"/dev/null": true, "/dev/full": true, "/dev/kmsg": false} {
		cmd := exec.Command("/bin/sh", "-c", ": <"+device)
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(j.Dir.Fd())}
		if err := cmd.Run(); (err == nil) != want {
			t.Errorf("open %s: %v, want success %v", device, err, want)
		}
	}
}

func TestUnifiedDelegation(t *testing.T) {
	l, err := Detect()
	if err != nil {
		t.Fatal(err)
	}
	if !l.Pure() {
		t.Skip("the host's cgroups are of the other version")
	}
	m, err := New(l, Config{ID: "test", Path: "/rt-test/delegated", Owner: ptr(1234)})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Create(); err != nil {
		t.Fatal(err)
	}
	dir := m.State().Paths[""]
	for file, want := range map[string]uint32{"": 1234, "/cgroup.procs": 1234, "/cgroup.subtree_control": 1234, "/memory.max": 0} {
		var st unix.Stat_t
		if err := unix.Stat(dir+file, &st); err != nil || st.Uid != want {
			t.Errorf("%s%s: owner %d, %v; want %d", dir, file, st.Uid, err, want)
		}
	}
	if err := m.Destroy(); err != nil {
		t.Error(err)
	}
}

// A cgroup that holds processes cannot limit its children.
func TestUnifiedInternalProcess(t *testing.T) {
	l, err := Detect()
	if err != nil {
		t.Fatal(err)
	}
	parent := newHost(t, true, nil)
	sleeper(t, join(t, parent))
	dir := parent.State().Paths[""]
	limits := &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(5))}}
	m, err := New(l, Config{Path: strings.TrimPrefix(dir, l.V2.Mount) + "/child", Resources: limits})
	if err != nil {
		t.Fatal(err)
	}
	err = m.Create()
	if err == nil || !strings.Contains(err.Error(), "linux.resources.pids.limit") || !strings.Contains(err.Error(), "holds processes itself") {
		t.Errorf("Create = %v", err)
	}
	if _, err := os.Stat(path.Join(dir, "child")); err == nil {
		t.Error("the child is left")
	}
	if kind, err := cgfs.Read(dir + "/cgroup.type"); err != nil || kind != "domain" {
		t.Errorf("the parent has become %q, %v", kind, err)
	}
}

// A container that runs an init of its own makes its cgroup an inner one.
func TestUnifiedBeside(t *testing.T) {
	m := newHost(t, true, nil)
	dir := m.State().Paths[""]
	pid := sleeper(t, join(t, m))
	if err := os.Mkdir(dir+"/init.scope", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, w := range []struct{ file, value string }{
		{"/init.scope/cgroup.procs", strconv.Itoa(pid)},
		{"/cgroup.subtree_control", "+memory"},
	} {
		if err := cgfs.Write(dir+w.file, w.value); err != nil {
			t.Fatal(err)
		}
	}
	start := func(j Join) error {
		cmd := exec.Command("/bin/true")
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(j.Dir.Fd())}
		return cmd.Run()
	}
	if err := start(join(t, m)); !errors.Is(err, unix.EBUSY) {
		t.Errorf("into an inner cgroup: %v, want %v", err, unix.EBUSY)
	}
	j, err := m.Beside(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := start(j); err != nil {
		t.Errorf("beside process %d: %v", pid, err)
	}
}

func TestUnifiedRefusesFrozen(t *testing.T) {
	m := newHost(t, true, nil)
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
	if err := other.Create(); err == nil {
		t.Error("a container was put into a frozen cgroup")
	}
}
