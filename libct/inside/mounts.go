package inside

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"rt/nsexec"
	"rt/specconv"
)

// mounts makes config.md#mounts in their order. A new mount is made and given
// all its attributes while it is attached nowhere; only then it is put onto
// its target, held by descriptor. Nobody can see it half-made, and no path is
// looked up twice.
func mounts(p *Plan, in *nsexec.Batch) {
	for i := range p.Config.Mounts {
		m := &p.Config.Mounts[i]
		in.Step("mount", fmt.Sprintf("mounts[%d]", m.Index), mountText(m))
		switch {
		case m.Remount:
			remount(p, in, m)
		case m.Bind:
			bind(p, in, m)
		case m.Type == "":
			changePropagation(p, in, m)
		case m.Type == "cgroup" || m.Type == "cgroup2" && !p.CgroupMounts.Fresh:
			cgroupMount(p, in, m)
		case hasLongOption(m):
			longMount(p, in, m)
		default:
			fresh(p, in, m)
		}
	}
}

func mountText(m *specconv.Mount) string {
	from := m.Source
	if !m.Bind {
		from = m.Type
	}
	return fmt.Sprintf("%s on %s", from, m.Destination)
}

// bind attaches a copy of a mount of the host.
func bind(p *Plan, in *nsexec.Batch, m *specconv.Mount) {
	tree, made := p.passed.trees[m.Index]
	var kind nsexec.Buffer
	if made {
		kind = in.Statx(tree, "", unix.AT_EMPTY_PATH)
	} else {
		tree, kind = copyOf(p, in, m)
	}
	if m.Destination == "/proc" {
		isProc(in, tree)
	}
	setAttributes(p, in, tree, m, m.AttrSet, m.AttrClr)
	target := mountPoint(p, in, m.Destination, func(x *nsexec.Executor) bool {
		return x.Statx(kind).Mode&unix.S_IFMT == unix.S_IFDIR
	})
	attach(p, in, m, tree, target)
}

// copyOf copies a mount of the host, by its path or by the descriptor that the
// host has opened. open_tree(2) has the source mounted that an automount point
// stands for, which open(2) with O_PATH does not.
func copyOf(p *Plan, in *nsexec.Batch, m *specconv.Mount) (tree nsexec.Reg, kind nsexec.Buffer) {
	if from, given := p.passed.sources[m.Index]; given {
		tree = in.OpenTree(from, "", m.Recursive)
		in.Close(from)
	} else {
		tree = in.OpenTree(nsexec.AtFDCWD, m.Source, m.Recursive)
	}
	kind = in.Statx(tree, "", unix.AT_EMPTY_PATH)
	if m.IDMap != nil {
		in.MountIdmap(tree, p.passed.userns[m.Index], m.IDMap.Recursive)
	}
	return tree, kind
}

// isProc makes sure that what is to be /proc is a procfs: AppArmor and SELinux
// labels are written there (CVE-2019-16884).
func isProc(in *nsexec.Batch, tree nsexec.Reg) {
	fs := in.Fstatfs(tree)
	in.Host(func(x *nsexec.Executor) error {
		if x.Statfs(fs).Type != unix.PROC_SUPER_MAGIC {
			return fmt.Errorf("mount on /proc: what is bound there is not a proc file system")
		}
		return nil
	})
}

// fresh makes a file system and attaches it.
func fresh(p *Plan, in *nsexec.Batch, m *specconv.Mount) {
	attr := m.AttrSet
	if deferredReadonly(m) {
		attr &^= unix.MOUNT_ATTR_RDONLY
	}
	mount := newFilesystem(p, in, m, attr)
	existed := true
	target := mountPoint(p, in, m.Destination, func(*nsexec.Executor) bool {
		existed = false
		return true
	})
	if m.Type == "tmpfs" && !freshParent(p, m.Destination) && !hasMode(m.Data) {
		coverMode(in, mount, target, &existed)
	}
	if m.TmpCopyUp {
		copyUp(p, in, m, target, mount)
	}
	setAttributes(p, in, mount, m, 0, 0)
	attach(p, in, m, mount, target)
}

// coverMode gives a tmpfs for which no mode was asked that of the directory it
// covers, as engines know it from runc; on one that was made for it, the tmpfs
// keeps its own.
func coverMode(in *nsexec.Batch, mount, target nsexec.Reg, existed *bool) {
	covered := in.Statx(target, "", unix.AT_EMPTY_PATH)
	in.Host(func(x *nsexec.Executor) error {
		if !*existed {
			return nil
		}
		b := nsexec.Repair(x)
		b.Step("give its mode to", "", "tmpfs")
		b.Fchmodat(mount, ".", uint32(x.Statx(covered).Mode)&0o7777)
		return x.Run(b)
	})
}

func hasMode(data []string) bool {
	return slices.ContainsFunc(data, func(o string) bool { return strings.HasPrefix(o, "mode=") })
}

func newFilesystem(p *Plan, in *nsexec.Batch, m *specconv.Mount, attr uint64) nsexec.Reg {
	fs := in.Fsopen(m.Type)
	in.OnError(needsNetwork(p, m.Type))
	if m.Source != "" {
		in.FsconfigString(fs, "source", m.Source)
		in.OnError(kernelMessage(fs))
	}
	for _, option := range m.Data {
		fsOption(in, fs, option)
	}
	if p.MountLabel != "" && !unlabelled(m.Type) {
		in.FsconfigString(fs, "context", p.MountLabel)
		in.OnError(kernelMessage(fs))
	}
	for _, flag := range m.SuperFlags {
		in.FsconfigFlag(fs, flag)
		in.OnError(kernelMessage(fs))
	}
	in.FsconfigCreate(fs)
	in.OnError(kernelMessage(fs))
	mount := in.Fsmount(fs, attr)
	in.Close(fs)
	return mount
}

// needsNetwork explains why a sysfs is denied: it belongs to a network
// namespace, over which root of a new user namespace has no right unless that
// is new, too.
func needsNetwork(p *Plan, fstype string) nsexec.Mend {
	return func(_ *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		if e.Errno == unix.EPERM && fstype == "sysfs" && p.Config.Namespaces.New&unix.CLONE_NEWNET == 0 {
			e.Detail = "in a user namespace it takes a new network namespace as well; the host's /sys can be bound instead"
		}
		return 0, e
	}
}

// unlabelled are the file systems whose labels are the policy's own.
func unlabelled(fstype string) bool {
	switch fstype {
	case "proc", "sysfs", "mqueue", "cgroup", "cgroup2":
		return true
	}
	return false
}

func fsOption(in *nsexec.Batch, fs nsexec.Reg, option string) {
	if key, value, found := strings.Cut(option, "="); found {
		in.FsconfigString(fs, key, value)
	} else {
		in.FsconfigFlag(fs, option)
	}
	in.OnError(kernelMessage(fs))
}

// kernelMessage adds what the file system itself says about a failure.
func kernelMessage(fs nsexec.Reg) nsexec.Mend {
	return func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		log := nsexec.Repair(x)
		text, n := log.Read(fs, 512)
		log.ExpectAny()
		if err := x.Run(log); err == nil && x.Reg(n) > 0 {
			message := x.Text(text, n)
			e.Detail = strings.TrimSpace(strings.TrimPrefix(message, "e "))
		}
		return 0, e
	}
}

// setAttributes sets what a mount is asked for beyond what it was made with.
func setAttributes(p *Plan, in *nsexec.Batch, mount nsexec.Reg, m *specconv.Mount, set, clr uint64) {
	if set != 0 || clr != 0 {
		attr := unix.MountAttr{Attr_set: set, Attr_clr: clr}
		in.MountSetattr(mount, false, attr)
		in.OnError(locked(p, m, mount, false, attr))
	}
	if m.RecSet != 0 || m.RecClr != 0 {
		attr := unix.MountAttr{Attr_set: m.RecSet, Attr_clr: m.RecClr}
		in.MountSetattr(mount, true, attr)
		in.OnError(locked(p, m, mount, true, attr))
	}
}

// locked is for what the host has set on a mount and a user namespace has no
// right to take back. A read-only mount stays so where rw is asked for:
// engines put it on every mount that they do not want read-only, so that is
// worth a warning. All else was meant, and is an error.
func locked(p *Plan, m *specconv.Mount, mount nsexec.Reg, recursive bool, attr unix.MountAttr) nsexec.Mend {
	return func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		if e.Errno != unix.EPERM {
			return 0, e
		}
		if attr.Attr_clr&unix.MOUNT_ATTR_RDONLY != 0 {
			attr.Attr_clr &^= unix.MOUNT_ATTR_RDONLY
			b := nsexec.Repair(x)
			b.MountSetattr(mount, recursive, attr)
			if x.Run(b) == nil {
				p.Acts.Warn(fmt.Sprintf("mounts[%d].options: %s stays read-only, as the host has made it so", m.Index, m.Destination))
				return nsexec.Skip, nil
			}
		}
		e.Detail = "in a user namespace what the host has set on a mount (ro, nosuid, nodev, noexec, the access time) cannot be changed"
		return 0, e
	}
}

// unlike says of a directory mounted on a file, or a file on a directory, what
// the kernel calls an invalid argument. Engines look for "not a directory".
func unlike(mount, target nsexec.Reg) nsexec.Mend {
	return func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		b := nsexec.Repair(x)
		from := b.Statx(mount, "", unix.AT_EMPTY_PATH)
		to := b.Statx(target, "", unix.AT_EMPTY_PATH)
		if e.Errno != unix.EINVAL || x.Run(b) != nil {
			return 0, e
		}
		directory := func(buf nsexec.Buffer) bool { return x.Statx(buf).Mode&unix.S_IFMT == unix.S_IFDIR }
		switch {
		case directory(from) && !directory(to):
			e.Detail = "a directory cannot be mounted on what is not a directory"
		case !directory(from) && directory(to):
			e.Detail = "what is not a directory cannot be mounted on one"
		}
		return 0, e
	}
}

// attach puts a finished mount onto its target. Propagation comes last: a
// mount that is attached nowhere can be no peer.
func attach(p *Plan, in *nsexec.Batch, m *specconv.Mount, mount, target nsexec.Reg) {
	in.MoveMount(mount, target)
	in.OnError(unlike(mount, target))
	for _, kind := range m.Propagation {
		setPropagation(in, mount, kind)
	}
	if deferredReadonly(m) {
		p.readonly = append(p.readonly, mount)
	}
	if m.Destination == "/" {
		p.root = mount // what was below can no longer be reached
		return
	}
	in.Close(target)
	if !deferredReadonly(m) {
		in.Close(mount)
	}
}

func setPropagation(in *nsexec.Batch, mount nsexec.Reg, kind uint64) {
	in.MountSetattr(mount, kind&unix.MS_REC != 0, unix.MountAttr{Propagation: kind &^ unix.MS_REC})
}

// remount changes a mount that is there already.
func remount(p *Plan, in *nsexec.Batch, m *specconv.Mount) {
	mount := in.InRoot(p.root, m.Destination, unix.O_PATH)
	setAttributes(p, in, mount, m, m.AttrSet, m.AttrClr)
	for _, kind := range m.Propagation {
		setPropagation(in, mount, kind)
	}
	in.Close(mount)
}

func changePropagation(p *Plan, in *nsexec.Batch, m *specconv.Mount) {
	mount := in.InRoot(p.root, m.Destination, unix.O_PATH)
	for _, kind := range m.Propagation {
		setPropagation(in, mount, kind)
	}
	in.Close(mount)
}

// copyUp has the host copy what the target holds into the new tmpfs, both by
// descriptor.
func copyUp(p *Plan, in *nsexec.Batch, m *specconv.Mount, target, mount nsexec.Reg) {
	in.Step("copy up", fmt.Sprintf("mounts[%d].options", m.Index), m.Destination)
	from := in.Openat2(target, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0, 0)
	to := in.Openat2(mount, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0, 0)
	in.Lend(p.Acts.CopyUp, from, to)
	in.Close(from)
	in.Close(to)
}
