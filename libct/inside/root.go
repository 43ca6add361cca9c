package inside

import (
	"golang.org/x/sys/unix"

	"rt/nsexec"
	"rt/specconv"
)

// rootfs makes the rootfs a mount of its own, which pivot_root needs, and
// opens it. From here on nothing names the host's path of it.
func rootfs(p *Plan, in *nsexec.Batch) {
	c := p.Config
	if !c.Namespaces.Has(unix.CLONE_NEWNS) {
		p.root = in.Open(c.Rootfs, unix.O_PATH|unix.O_DIRECTORY)
		return
	}
	// All mounts, whatever the root is to be in the end: what stays a peer of the
	// host's would be mounted and unmounted there as well.
	propagation := uint64(unix.MS_SLAVE | unix.MS_REC)
	switch {
	case c.RootPropagation&unix.MS_SHARED != 0:
		propagation = c.RootPropagation
	case c.RootPropagation&(unix.MS_PRIVATE|unix.MS_UNBINDABLE) != 0:
		// What is unbindable cannot be copied, as the rootfs is next. pivot
		// makes it so in the end.
		propagation = unix.MS_PRIVATE | unix.MS_REC
	}
	in.Step("set propagation of", "linux.rootfsPropagation", "/")
	in.Mount("", "/", "", uintptr(propagation), "")
	if p.RootParent != "" {
		in.Mount("", p.RootParent, "", unix.MS_PRIVATE, "")
	}
	in.Step("mount", "root.path", c.Rootfs)
	if source, ok := p.passed.sources[RootSource]; ok {
		// Root of the user namespace may have no right to go where the rootfs
		// is; pivot_root does not care what it was mounted on.
		p.root = in.OpenTree(source, "", true)
		on := in.Open("/", unix.O_PATH|unix.O_DIRECTORY)
		in.MoveMount(p.root, on)
		in.Close(on)
		in.Close(source)
		return
	}
	from := in.Open(c.Rootfs, unix.O_PATH|unix.O_DIRECTORY)
	p.root = in.OpenTree(from, "", true)
	if p.RootParent != "" {
		in.MountSetattr(p.root, false, unix.MountAttr{Propagation: unix.MS_PRIVATE})
	}
	in.MoveMount(p.root, from)
	in.Close(from)
}

// readonlyRoot comes after everything that makes mount points.
func readonlyRoot(p *Plan, in *nsexec.Batch) {
	for _, mount := range p.readonly {
		in.MountSetattr(mount, false, unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
		if mount != p.root {
			in.Close(mount)
		}
	}
	if p.Config.Spec.Root.Readonly {
		in.MountSetattr(p.root, false, unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	}
}

// deferredReadonly tells of a mount that is still written to when it is there:
// device nodes into /dev, and into any tmpfs mount points, a mode, and what
// tmpcopyup copies.
func deferredReadonly(m *specconv.Mount) bool {
	return (m.Destination == "/dev" || m.Type == "tmpfs") && !m.Bind && m.AttrSet&unix.MOUNT_ATTR_RDONLY != 0
}

// pivot makes the rootfs the root of the mount namespace and lets go of the
// host's mounts.
func pivot(p *Plan, in *nsexec.Batch) {
	in.Fchdir(p.root)
	switch {
	case !p.Config.Namespaces.Has(unix.CLONE_NEWNS):
		in.Chroot(".")
	case p.NoPivot:
		coverKernel(p, in)
		in.Mount(".", "/", "", unix.MS_MOVE, "")
		in.Chroot(".")
	default:
		old := in.Open("/", unix.O_PATH|unix.O_DIRECTORY)
		in.PivotRoot(".", ".")
		in.Fchdir(old)
		if p.Config.RootPropagation&unix.MS_SHARED != 0 {
			// Else what is unmounted here would be unmounted on the host.
			in.Mount("", ".", "", unix.MS_SLAVE|unix.MS_REC, "")
		}
		in.Umount2(".", unix.MNT_DETACH)
		in.Close(old)
	}
	in.Chdir("/")
	if p.Config.Namespaces.Has(unix.CLONE_NEWNS) && p.Config.RootPropagation != 0 {
		in.Mount("", "/", "", uintptr(p.Config.RootPropagation), "")
	}
}

// coverKernel covers what stays below the container's root without pivot_root.
// A procfs or sysfs that could be seen whole would let everybody mount another
// without masks, in a user namespace of their own.
func coverKernel(p *Plan, in *nsexec.Batch) {
	for _, dir := range p.KernelMounts {
		in.Step("cover", "root.path", dir)
		in.Mount("", dir, "", unix.MS_SLAVE|unix.MS_REC, "") // the host's stays as it is
		in.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, "")
	}
}
