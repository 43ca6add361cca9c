package inside

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// masks hides linux.maskedPaths: a file behind the host's /dev/null, which was
// opened before the rootfs could have a say (CVE-2025-31133), a directory
// behind one empty read-only tmpfs that all of them share. The cover of a file
// is read-only, too, which a device does not mind: root of the container is
// the owner of the host's file.
func masks(p *Plan, in *nsexec.Batch) {
	paths := p.Config.Spec.Linux.MaskedPaths
	if len(paths) == 0 {
		return
	}
	in.Step("make empty directory for masks", "linux.maskedPaths", "")
	c := covers{p.null, emptyDirectory(in)}
	for i, path := range paths {
		in.Step("mask", fmt.Sprintf("linux.maskedPaths[%d]", i), path)
		target := in.InRoot(p.root, path, unix.O_PATH)
		directory := usuallyDirectory(path)
		calls := directoryCalls
		if !directory {
			calls = fileCalls
		}
		in.Expect(calls, errno(unix.ENOENT), errno(unix.ENOTDIR))
		c.put(in, target, directory)
	}
	in.Close(c.empty)
	in.Close(c.null)
}

// covers are what a path is hidden behind.
type covers struct{ null, empty nsexec.Reg }

// How many calls put makes for a path taken for a directory, or a file.
const (
	directoryCalls = 4
	fileCalls      = 5
)

func (c covers) put(in *nsexec.Batch, target nsexec.Reg, directory bool) {
	from := c.null
	if directory {
		from = c.empty
	}
	cover := in.OpenTree(from, "", false)
	in.OnError(func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		if e.Errno != unix.EINVAL || !directory {
			return 0, e
		}
		return 3, c.attach(x, target)
	})
	if !directory {
		restrict(in, cover)
	}
	in.MoveMount(cover, target)
	in.OnError(func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		if e.Errno != unix.ENOTDIR && e.Errno != unix.EINVAL {
			return 0, e
		}
		// It is the other kind than its name suggests.
		b := nsexec.Repair(x)
		if directory {
			c.putFile(b, target)
			return nsexec.Skip, x.Run(b)
		}
		cover := b.OpenTree(c.empty, "", false)
		b.OnError(func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
			return 3, c.attach(x, target)
		})
		b.MoveMount(cover, target)
		b.Close(cover)
		return nsexec.Skip, x.Run(b)
	})
	in.Close(cover)
	in.Close(target)
}

// attach is for Linux before 6.15, where a mount that is attached nowhere cannot
// be copied: the first directory takes the tmpfs itself, the others its copies.
func (c covers) attach(x *nsexec.Executor, target nsexec.Reg) error {
	b := nsexec.Repair(x)
	b.Step("mask", "linux.maskedPaths", "a directory")
	b.MoveMount(c.empty, target)
	b.OnError(func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		if e.Errno != unix.ENOTDIR && e.Errno != unix.EINVAL {
			return 0, e
		}
		b := nsexec.Repair(x)
		b.Step("mask", "linux.maskedPaths", "a file")
		c.putFile(b, target)
		return nsexec.Skip, x.Run(b)
	})
	return x.Run(b)
}

// putFile hides what has turned out to be a file.
func (c covers) putFile(b *nsexec.Batch, target nsexec.Reg) {
	cover := b.OpenTree(c.null, "", false)
	restrict(b, cover)
	b.MoveMount(cover, target)
	b.Close(cover)
}

// restrict keeps the container from changing the host's /dev/null: its mode,
// owner and times.
func restrict(in *nsexec.Batch, cover nsexec.Reg) {
	in.MountSetattr(cover, false, unix.MountAttr{
		Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NOEXEC,
	})
}

// emptyDirectory is a tmpfs that holds nothing and takes nothing.
func emptyDirectory(in *nsexec.Batch) nsexec.Reg {
	fs := in.Fsopen("tmpfs")
	in.FsconfigString(fs, "nr_inodes", "1")
	in.FsconfigString(fs, "mode", "0555")
	in.FsconfigCreate(fs)
	empty := in.Fsmount(fs, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
	in.Close(fs)
	return empty
}

// usuallyDirectory spares a wrong guess for the paths that engines mask.
func usuallyDirectory(path string) bool {
	switch path {
	case "/proc/acpi", "/proc/asound", "/proc/scsi", "/sys/firmware",
		"/sys/fs/selinux", "/sys/dev/block", "/sys/devices/virtual/powercap":
		return true
	}
	return strings.HasSuffix(path, "/thermal_throttle")
}

// readonlyPaths makes linux.readonlyPaths read-only, with all that is mounted
// below them.
func readonlyPaths(p *Plan, in *nsexec.Batch) {
	for i, path := range p.Config.Spec.Linux.ReadonlyPaths {
		in.Step("make read-only", fmt.Sprintf("linux.readonlyPaths[%d]", i), path)
		target := in.InRoot(p.root, path, unix.O_PATH)
		in.Expect(readonlyCalls, errno(unix.ENOENT), errno(unix.ENOTDIR))
		tree := in.OpenTree(target, "", true)
		in.MountSetattr(tree, true, unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
		in.MoveMount(tree, target)
		in.Close(tree)
		in.Close(target)
	}
}

// readonlyCalls is how many calls readonlyPaths makes on a path that exists.
const readonlyCalls = 5
