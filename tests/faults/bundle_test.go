package faults

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// makeBundle makes a bundle at dir around a small root filesystem.
func makeBundle(t *testing.T, dir string, spec *specs.Spec) {
	t.Helper()
	rootfs := filepath.Join(dir, "rootfs")
	for _, sub := range []string{"bin", "dev", "etc", "home", "mnt", "proc", "sys", "tmp"} {
		if err := os.MkdirAll(filepath.Join(rootfs, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for to, from := range map[string]string{"busybox": machine.busybox, "attacker": machine.attacker} {
		program, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(rootfs, "bin", to), program, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, applet := range []string{"true", "sleep", "sh"} {
		if err := os.Symlink("busybox", filepath.Join(rootfs, "bin", applet)); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"etc/hosts", "etc/passwd"} {
		if err := os.WriteFile(filepath.Join(rootfs, file), []byte("root:x:0:0::/root:/bin/sh\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	writeSpec(t, dir, spec)
}

func writeSpec(t *testing.T, dir string, spec *specs.Spec) {
	t.Helper()
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// plainSpec is an ordinary container, with as little in it as works.
func plainSpec(args ...string) *specs.Spec {
	return &specs.Spec{
		Version:  "1.0.2",
		Hostname: "plain",
		Root:     &specs.Root{Path: "rootfs"},
		Process:  &specs.Process{Args: args, Cwd: "/", Env: []string{"PATH=/bin"}, NoNewPrivileges: true},
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755"}},
		},
		Linux: &specs.Linux{
			Namespaces: namespaces("pid", "network", "ipc", "uts", "mount"),
			Resources:  &specs.LinuxResources{},
		},
	}
}

// fullSpec has what Docker gives a container, and hooks of every kind, a
// device, limits and a user besides.
func fullSpec(t *testing.T, args ...string) *specs.Spec {
	hook := func(program string) []specs.Hook { return []specs.Hook{{Path: program, Args: []string{"true"}}} }
	caps := []string{"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_NET_BIND_SERVICE"}
	limit, shares, pids := int64(256<<20), uint64(512), int64(64)
	major, minor, group, umask := int64(1), int64(3), uint32(5), uint32(0o027)
	adjust, mode := 100, os.FileMode(0o660)
	s := plainSpec(args...)
	s.Root.Readonly = true
	s.Process.User = specs.User{UID: 1000, GID: 1000, AdditionalGids: []uint32{5, 20}, Umask: &umask}
	s.Process.Capabilities = &specs.LinuxCapabilities{Bounding: caps, Effective: caps, Permitted: caps, Inheritable: caps, Ambient: caps[:2]}
	s.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 64, Hard: 128}, {Type: "RLIMIT_CORE"}}
	s.Process.OOMScoreAdj = &adjust
	s.Mounts = append(s.Mounts,
		specs.Mount{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		specs.Mount{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "nodev", "mode=1777", "size=1m"}},
		specs.Mount{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
		specs.Mount{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
		specs.Mount{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"ro", "nosuid", "noexec", "nodev"}},
		specs.Mount{Destination: "/etc/hosts", Type: "bind", Source: "/etc/passwd", Options: []string{"rbind", "rprivate", "ro"}},
		specs.Mount{Destination: "/home", Type: "tmpfs", Source: "tmpfs", Options: []string{"rw", "tmpcopyup"}},
	)
	s.Hooks = &specs.Hooks{
		//lint:ignore SA1019 Docker still uses it
		Prestart:        hook(machine.busybox),
		CreateRuntime:   hook(machine.busybox),
		CreateContainer: hook(machine.busybox),
		StartContainer:  hook("/bin/busybox"),
		Poststart:       hook(machine.busybox),
		Poststop:        hook(machine.busybox),
	}
	s.Linux = &specs.Linux{
		Namespaces: namespaces("pid", "network", "ipc", "uts", "mount", "cgroup"),
		Sysctl:     map[string]string{"net.ipv4.ip_unprivileged_port_start": "0", "kernel.shm_rmid_forced": "1"},
		Devices:    []specs.LinuxDevice{{Path: "/dev/nothing", Type: "c", Major: 1, Minor: 3, FileMode: &mode, GID: &group}},
		Resources: &specs.LinuxResources{
			Memory: &specs.LinuxMemory{Limit: &limit},
			CPU:    &specs.LinuxCPU{Shares: &shares},
			Pids:   &specs.LinuxPids{Limit: &pids},
			Devices: []specs.LinuxDeviceCgroup{
				{Access: "rwm"},
				{Allow: true, Type: "c", Major: &major, Minor: &minor, Access: "rwm"},
			},
		},
		Seccomp:       dockerSeccomp(t),
		MaskedPaths:   existing("/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"),
		ReadonlyPaths: existing("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"),
	}
	return s
}

// existing leaves out paths that this kernel does not have: calls that are
// skipped for them cannot fail.
func existing(paths ...string) []string {
	return slices.DeleteFunc(paths, func(path string) bool {
		_, err := os.Stat(path)
		return err != nil
	})
}

// userSpec has a user and a time namespace, for which the executor forks, and
// sets capabilities behind the seccomp filter.
func userSpec(t *testing.T, args ...string) *specs.Spec {
	s := fullSpec(t, args...)
	s.Process.NoNewPrivileges = false
	s.Process.User = specs.User{UID: 10, GID: 10}
	s.Linux.Namespaces = namespaces("pid", "network", "ipc", "uts", "mount", "cgroup", "user", "time")
	ids := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 0, Size: 65536}}
	s.Linux.UIDMappings, s.Linux.GIDMappings = ids, ids
	s.Linux.Devices = nil // those can only be bound from the host's /dev
	s.Linux.TimeOffsets = map[string]specs.LinuxTimeOffset{"monotonic": {Secs: 3600}, "boottime": {Secs: 7200}}
	return s
}

func namespaces(types ...specs.LinuxNamespaceType) []specs.LinuxNamespace {
	var list []specs.LinuxNamespace
	for _, t := range types {
		list = append(list, specs.LinuxNamespace{Type: t})
	}
	return list
}

// dockerSeccomp is the profile that the benchmarks have, too.
func dockerSeccomp(t *testing.T) *specs.LinuxSeccomp {
	text, err := os.ReadFile("../bench/docker-seccomp.json")
	if err != nil {
		t.Fatal(err)
	}
	profile := new(specs.LinuxSeccomp)
	if err := json.Unmarshal(text, profile); err != nil {
		t.Fatal(err)
	}
	return profile
}
