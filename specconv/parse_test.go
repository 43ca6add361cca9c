package specconv

import (
	"math"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/jsontext"
)

var testHost = Host{LastCap: 40, CgroupV2: true}

func TestDefault(t *testing.T) {
	for _, rootless := range []bool{false, true} {
		spec := Default(rootless)
		cfg, err := Parse(spec, "/bundle", testHost)
		if err != nil {
			t.Fatalf("rootless %v: %v", rootless, err)
		}
		if cfg.Warnings != nil {
			t.Errorf("rootless %v: warnings %q", rootless, cfg.Warnings)
		}
		if cfg.Rootfs != "/bundle/rootfs" {
			t.Errorf("rootless %v: root file system %q", rootless, cfg.Rootfs)
		}
		if got := cfg.Namespaces.Has(unix.CLONE_NEWUSER); got != rootless {
			t.Errorf("rootless %v: user namespace %v", rootless, got)
		}
		if rootless && spec.Linux.UIDMappings[0].HostID != uint32(os.Geteuid()) {
			t.Errorf("mappings %v", spec.Linux.UIDMappings)
		}
	}
}

// TestExamples checks whole configurations. Those of runtime-spec show single
// properties: the version is old in one, a namespace is missing in another.
func TestExamples(t *testing.T) {
	host := Host{LastCap: 40, CgroupV2: true, AppArmor: true, SELinux: true}
	want := map[string]string{
		"linux-netdevice.json": "invalid configuration: linux.netDevices: needs a network namespace in linux.namespaces",
	}
	for name, data := range specExamples(t, "configs") {
		spec, err := jsontext.Decode(data, readSpec)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		spec.Version = specs.Version
		got := ""
		if _, err := Parse(spec, "/bundle", host); err != nil {
			got = err.Error()
		}
		if got != want[name] {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestNamespaces(t *testing.T) {
	c := checker{}
	got := c.namespaces([]specs.LinuxNamespace{{Type: "pid"}, {Type: "network", Path: "/run/netns/a"}, {Type: "time"}})
	want := Namespaces{
		New:  unix.CLONE_NEWPID | unix.CLONE_NEWTIME,
		Join: []JoinNamespace{{unix.CLONE_NEWNET, "/run/netns/a", "linux.namespaces[1].path"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for flag, want := range map[uint64]bool{unix.CLONE_NEWPID: true, unix.CLONE_NEWNET: true, unix.CLONE_NEWUSER: false} {
		if got.Has(flag) != want {
			t.Errorf("Has(%#x) is %v", flag, !want)
		}
	}
}

func TestDevices(t *testing.T) {
	mode := os.FileMode(0o20640) // as st_mode has it, with the type
	uid, gid := uint32(1), uint32(2)
	c := checker{}
	got := c.devices([]specs.LinuxDevice{
		{Path: "/dev//null", Type: "c", Major: 1, Minor: 3, FileMode: &mode},
		{Path: "/dev/sda", Type: "b", Major: 8, UID: &uid, GID: &gid},
		{Path: "/run/fifo", Type: "p", Major: 9, Minor: 9},
		{Path: "/dev/tape", Type: "u", Major: 9},
	})
	want := append(DefaultDevices()[1:],
		Device{Path: "/dev/null", Mode: unix.S_IFCHR | 0o640, Major: 1, Minor: 3, Property: "linux.devices[0]"},
		Device{Path: "/dev/sda", Mode: unix.S_IFBLK | 0o666, Major: 8, UID: 1, GID: 2, Property: "linux.devices[1]"},
		Device{Path: "/run/fifo", Mode: unix.S_IFIFO | 0o666, Property: "linux.devices[2]"},
		Device{Path: "/dev/tape", Mode: unix.S_IFCHR | 0o666, Major: 9, Property: "linux.devices[3]"},
	)
	if c.violations != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, c.violations, want)
	}
}

func TestParseProcess(t *testing.T) {
	s := &specs.Process{
		Args: []string{"sh"}, Cwd: "/",
		Capabilities: &specs.LinuxCapabilities{
			Bounding:  []string{"CAP_CHOWN", "CAP_CHECKPOINT_RESTORE", "CAP_BPF"},
			Permitted: []string{"CAP_CHOWN"},
		},
		Rlimits:         []specs.POSIXRlimit{{Type: "RLIMIT_RTTIME", Soft: 1, Hard: math.MaxUint64}},
		Scheduler:       &specs.Scheduler{Policy: "SCHED_FIFO", Priority: 5, Flags: []specs.LinuxSchedulerFlag{"SCHED_FLAG_RESET_ON_FORK"}},
		IOPriority:      &specs.LinuxIOPriority{Class: "IOPRIO_CLASS_BE", Priority: 4},
		ExecCPUAffinity: &specs.CPUAffinity{Initial: "0-1,65"},
	}
	host := testHost
	host.LastCap = 39
	got, warnings, err := ParseProcess(s, host)
	if err != nil {
		t.Fatal(err)
	}
	wantWarnings := []string{`process.capabilities.bounding: capability ["CAP_CHECKPOINT_RESTORE"] unknown to this kernel ignored`}
	if !slices.Equal(warnings, wantWarnings) {
		t.Errorf("warnings %q", warnings)
	}
	priority := 2<<13 | 4
	want := &Process{
		Spec:       s,
		Caps:       Capabilities{Bounding: 1 | 1<<39, Permitted: 1},
		Rlimits:    []Rlimit{{15, "RLIMIT_RTTIME", 1, math.MaxUint64}},
		Scheduler:  &unix.SchedAttr{Size: 56, Policy: 1, Priority: 5, Flags: 1},
		IOPriority: &priority,
		CPUInitial: []byte{3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestDecisions(t *testing.T) {
	spec := Default(false)
	spec.Linux.RootfsPropagation = "rslave"
	spec.Linux.Personality = &specs.LinuxPersonality{Domain: "LINUX32"}
	spec.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: "MPOL_BIND", Nodes: "1", Flags: []specs.MemoryPolicyFlagType{"MPOL_F_STATIC_NODES"}}
	cfg, err := Parse(spec, "/bundle", testHost)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.RootPropagation != unix.MS_SLAVE|unix.MS_REC {
		t.Errorf("root propagation %#x", cfg.RootPropagation)
	}
	if *cfg.Personality != 8 || *cfg.Process.Personality != 8 {
		t.Errorf("personality %d, of the process %d", *cfg.Personality, *cfg.Process.Personality)
	}
	if want := (MemoryPolicy{2 | 1<<15, []byte{2, 0, 0, 0, 0, 0, 0, 0}}); !reflect.DeepEqual(*cfg.MemoryPolicy, want) {
		t.Errorf("memory policy %+v", *cfg.MemoryPolicy)
	}
}

func TestCheckResources(t *testing.T) {
	limit, swap := int64(2), int64(1)
	r := &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &limit, Swap: &swap}}
	want := "invalid configuration: linux.resources.memory.swap: 1 is below the memory limit 2, which it includes"
	if err := CheckResources(r, testHost); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := CheckResources(&specs.LinuxResources{}, testHost); err != nil {
		t.Errorf("no limits: %v", err)
	}
}

func TestSysctlPath(t *testing.T) {
	for in, want := range map[string]string{
		"net.ipv4.ip_forward":             "net/ipv4/ip_forward",
		"net/ipv4/ip_forward":             "net/ipv4/ip_forward",
		"net.ipv4.conf.eth0/1.forwarding": "net/ipv4/conf/eth0.1/forwarding",
		"net/ipv4/conf/eth0.1/forwarding": "net/ipv4/conf/eth0.1/forwarding",
		"x":                               "x",
		"":                                "",
	} {
		if got := SysctlPath(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestTables checks the order that look-ups and features rely on.
func TestTables(t *testing.T) {
	for name, list := range map[string][]string{
		"capabilities": CapabilityNames(), "namespaces": NamespaceTypes(),
		"seccomp actions": SeccompActions(), "seccomp operators": SeccompOperators(),
		"seccomp architectures": SeccompArchs(), "seccomp flags": SeccompFlags(),
		"memory policy modes": MemoryPolicyModes(), "memory policy flags": MemoryPolicyFlags(),
		"mount options": MountOptions(), "file systems": sharedSuperblocks[:], "ipc sysctls": ipcSysctls[:],
	} {
		if !slices.IsSorted(list) {
			t.Errorf("%s are not sorted: %q", name, list)
		}
	}
	if n := slices.Index(capabilities[:], "CAP_CHECKPOINT_RESTORE"); n != unix.CAP_LAST_CAP {
		t.Errorf("the last capability is %d, want %d", n, unix.CAP_LAST_CAP)
	}
}
