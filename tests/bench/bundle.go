package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// dockerSeccomp is the default profile of Docker for amd64 and the default
// capabilities, as github.com/moby/profiles/seccomp v0.2.3 (Apache-2.0) gives
// it.
//
//go:embed docker-seccomp.json
var dockerSeccomp []byte

// bundle is a configuration to measure, in two bundle directories: the process
// of the one ends at once, that of the other stays.
type bundle struct {
	name        string
	spec        *specs.Spec
	dir         string
	short, long string
}

// makeBundles makes the bundles on one root filesystem.
func makeBundles(dir string, runtimes []*program) ([]bundle, error) {
	rootfs := filepath.Join(dir, "rootfs")
	if err := makeRootfs(rootfs); err != nil {
		return nil, err
	}
	plain, err := defaultSpec(dir, runtimes[len(runtimes)-1])
	if err != nil {
		return nil, err
	}
	docker, err := dockerSpec(dir)
	if err != nil {
		return nil, err
	}
	bundles := []bundle{{name: "spec", spec: plain}, {name: "docker", spec: docker}}
	for i := range bundles {
		b := &bundles[i]
		b.dir = dir
		b.spec.Root.Path = rootfs
		if b.short, err = b.write("short", "/bin/true"); err != nil {
			return nil, err
		}
		if b.long, err = b.write("long", "/bin/sleep", "86400"); err != nil {
			return nil, err
		}
	}
	return bundles, nil
}

// write makes a bundle directory whose process is args.
func (b *bundle) write(kind string, args ...string) (string, error) {
	dir := filepath.Join(b.dir, b.name+"-"+kind)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	b.spec.Process.Args = args
	text, err := json.Marshal(b.spec)
	if err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "config.json"), text, 0o644)
}

// withMemoryLimit writes the bundle once more with a memory limit.
func (b bundle) withMemoryLimit(limit int64) (string, error) {
	spec, lin, res := *b.spec, *b.spec.Linux, *b.spec.Linux.Resources
	res.Memory = &specs.LinuxMemory{Limit: &limit}
	lin.Resources = &res
	spec.Linux = &lin
	process := *spec.Process
	spec.Process = &process
	b.spec = &spec
	return b.write("limited", "/bin/true")
}

func makeRootfs(rootfs string) error {
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return err
	}
	for _, dir := range []string{"bin", "dev", "etc", "proc", "sys"} {
		if err := os.MkdirAll(filepath.Join(rootfs, dir), 0o755); err != nil {
			return err
		}
	}
	program, err := os.ReadFile(busybox)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(rootfs, "bin/busybox"), program, 0o755); err != nil {
		return err
	}
	for _, applet := range []string{"true", "sleep"} {
		if err := os.Symlink("busybox", filepath.Join(rootfs, "bin", applet)); err != nil {
			return err
		}
	}
	for _, file := range etcFiles {
		if err := os.WriteFile(filepath.Join(rootfs, "etc", file), nil, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// defaultSpec is what runc's spec command writes, without a terminal.
func defaultSpec(dir string, runc *program) (*specs.Spec, error) {
	cmd := exec.Command(runc.path, "spec")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s spec: %w: %q", runc.name, err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		return nil, err
	}
	spec := new(specs.Spec)
	if err := json.Unmarshal(text, spec); err != nil {
		return nil, fmt.Errorf("%s spec: %w", runc.name, err)
	}
	spec.Process.Terminal = false
	return spec, nil
}

// etcFiles are bound into every container by Docker.
var etcFiles = []string{"resolv.conf", "hostname", "hosts"}

var dockerCaps = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
}

// dockerSpec is the shape that Docker gives a container with limits on memory,
// CPU and processes.
func dockerSpec(dir string) (*specs.Spec, error) {
	seccomp := new(specs.LinuxSeccomp)
	if err := json.Unmarshal(dockerSeccomp, seccomp); err != nil {
		return nil, fmt.Errorf("docker-seccomp.json: %w", err)
	}
	mounts := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
		{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"ro", "nosuid", "noexec", "nodev"}},
		{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "noexec", "nodev", "mode=1777", "size=67108864"}},
	}
	for _, file := range etcFiles {
		source := filepath.Join(dir, file)
		if err := os.WriteFile(source, []byte("bench\n"), 0o644); err != nil {
			return nil, err
		}
		mounts = append(mounts, specs.Mount{
			Destination: "/etc/" + file, Type: "bind", Source: source, Options: []string{"rbind", "rprivate"},
		})
	}
	return &specs.Spec{
		Version:  "1.0.2",
		Hostname: "bench",
		Root:     &specs.Root{},
		Mounts:   mounts,
		Process: &specs.Process{
			Cwd:          "/",
			Env:          []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=bench"},
			Capabilities: &specs.LinuxCapabilities{Bounding: dockerCaps, Effective: dockerCaps, Permitted: dockerCaps},
			OOMScoreAdj:  new(0),
		},
		Linux: &specs.Linux{
			Sysctl: map[string]string{"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"},
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.MountNamespace}, {Type: specs.NetworkNamespace}, {Type: specs.UTSNamespace},
				{Type: specs.PIDNamespace}, {Type: specs.IPCNamespace},
			},
			Resources: &specs.LinuxResources{
				Devices: dockerDevices(),
				Memory:  &specs.LinuxMemory{Limit: new(int64(512 << 20))},
				CPU:     &specs.LinuxCPU{Shares: new(uint64(512)), Quota: new(int64(100000)), Period: new(uint64(100000))},
				Pids:    &specs.LinuxPids{Limit: new(int64(256))},
			},
			Seccomp: seccomp,
			MaskedPaths: []string{
				"/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
				"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
				"/sys/devices/virtual/powercap",
			},
			ReadonlyPaths: []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
		},
	}, nil
}

// dockerDevices are the rules of Docker: nothing but the usual nodes.
func dockerDevices() []specs.LinuxDeviceCgroup {
	rules := []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}}
	for _, node := range [][2]int64{{1, 5}, {1, 3}, {1, 9}, {1, 8}, {5, 0}, {5, 1}} {
		rules = append(rules, specs.LinuxDeviceCgroup{
			Allow: true, Type: "c", Major: new(node[0]), Minor: new(node[1]), Access: "rwm",
		})
	}
	fuse := specs.LinuxDeviceCgroup{Allow: false, Type: "c", Major: new(int64(10)), Minor: new(int64(229)), Access: "rwm"}
	return append(rules, fuse)
}
