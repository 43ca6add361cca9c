package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// diskSize is of a sparse file: what a guest does not write takes no room.
const diskSize = 8 << 30

// kernelArguments make a guest quick to boot, and end it when it oopses. QEMU
// keeps what it translated by virtual address: without norandmaps it does so
// again for every program.
const kernelArguments = "console=hvc0 loglevel=4 panic=-1 oops=panic reboot=t mitigations=off nokaslr " +
	"norandmaps random.trust_cpu=on tsc=reliable " +
	"systemd.show_status=0 systemd.log_level=warning systemd.default_timeout_start_sec=300"

// labels are the arguments for the security module of a kind of guest, of
// which a kernel has one that gives labels. SELinux allows all to begin with:
// the host's files have no labels.
func labels(kind string) string {
	if kind == "selinux" {
		return "security=selinux selinux=1 enforcing=0"
	}
	return "security=apparmor apparmor=1"
}

// arguments prepares in dir what QEMU is to be given, and names it. The file
// descriptors 3 and 4 are where the guest's output and status go.
func (g guest) arguments(dir string) ([]string, error) {
	image, err := g.kernel.image()
	if err != nil {
		return nil, err
	}
	for _, d := range append(g.dirs, g.root, g.kernel.dir) {
		if strings.ContainsAny(d, " \t\n'\\:,") {
			return nil, fmt.Errorf("share %q with the guest: no such characters in its path", d)
		}
	}
	settings := fmt.Sprintf("guest=%s\nroot='%s'\ndirs='%s'\nmodules='%s'\n",
		g.kind, g.root, strings.Join(g.dirs, " "), g.kernel.modules())
	archive, err := initrd(g.kernel, settings, g.script)
	if err != nil {
		return nil, err
	}
	files := struct{ initrd, disk, console string }{
		filepath.Join(dir, "initrd"), filepath.Join(dir, "disk"), filepath.Join(dir, "console"),
	}
	if err := os.WriteFile(files.initrd, archive, 0o644); err != nil {
		return nil, err
	}
	if err := makeDisk(files.disk); err != nil {
		return nil, err
	}
	return []string{
		// A plain processor: smap, xsave and five-level tables cost a third of an
		// emulated guest's time. QEMU 7.2 gets cmpxchg16b wrong: Linux 6.12 oopses
		// at random with it. So it does when the kernel patches what another
		// processor runs, as cgroup limits make it do: the processors take turns.
		"-M", "q35", "-accel", "tcg,thread=single,tb-size=512", "-cpu", "qemu64,+pdpe1gb,-cx16",
		"-smp", strconv.Itoa(g.cpus), "-m", strconv.Itoa(g.memory),
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-kernel", image, "-initrd", files.initrd, "-append", strings.Join([]string{kernelArguments, labels(g.kind), g.extra}, " "),

		// virtiofs needs memory that its server can map.
		"-object", fmt.Sprintf("memory-backend-memfd,id=memory,size=%dM,share=on", g.memory),
		"-numa", "node,memdev=memory",
		"-chardev", "socket,id=host,path=" + filepath.Join(dir, "host.sock"),
		"-device", "vhost-user-fs-pci,chardev=host,tag=host",
		"-drive", "file=" + files.disk + ",if=none,id=disk,format=raw,cache=unsafe",
		"-device", "virtio-blk-pci,drive=disk",

		// Not appending, QEMU truncates, which a pipe refuses.
		"-device", "virtio-serial-pci",
		"-chardev", "file,id=console,path=" + files.console,
		"-device", "virtconsole,chardev=console,nr=0",
		"-add-fd", "fd=3,set=1", "-chardev", "file,id=output,path=/dev/fdset/1,append=on",
		"-device", "virtserialport,chardev=output,nr=1,name=output",
		"-add-fd", "fd=4,set=2", "-chardev", "file,id=status,path=/dev/fdset/2,append=on",
		"-device", "virtserialport,chardev=status,nr=2,name=status",
		"-object", "rng-random,id=random,filename=/dev/urandom",
		"-device", "virtio-rng-pci,rng=random",
	}, nil
}

// makeDisk makes the file system that is a guest's /tmp: one that, unlike its
// root, has idmapped mounts, device nodes and limits of I/O.
func makeDisk(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(diskSize); err != nil {
		return err
	}
	out, err := exec.Command("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal",
		"-E", "lazy_itable_init=1,nodiscard", path).CombinedOutput()
	if err != nil {
		return fmt.Errorf("make the guest's disk: %w: %s", err, out)
	}
	return nil
}
