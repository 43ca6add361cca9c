package nsexec

import (
	"golang.org/x/sys/unix"
)

// Fsopen begins a new file system (the fsopen(2) family).
func (b *Batch) Fsopen(fstype string) Reg {
	out := b.Regs.New()
	b.call(out, unix.SYS_FSOPEN, b.str(fstype), num(unix.FSOPEN_CLOEXEC))
	return out
}

func (b *Batch) FsconfigString(fs Reg, key, value string) {
	b.call(0, unix.SYS_FSCONFIG, fd(fs), num(unix.FSCONFIG_SET_STRING), b.str(key), b.str(value), num(0))
}

func (b *Batch) FsconfigFlag(fs Reg, key string) {
	b.call(0, unix.SYS_FSCONFIG, fd(fs), num(unix.FSCONFIG_SET_FLAG), b.str(key), num(0), num(0))
}

func (b *Batch) FsconfigCreate(fs Reg) {
	b.call(0, unix.SYS_FSCONFIG, fd(fs), num(unix.FSCONFIG_CMD_CREATE), num(0), num(0), num(0))
}

// Fsmount makes a mount, attached nowhere yet, with MOUNT_ATTR_* attributes.
func (b *Batch) Fsmount(fs Reg, attr uint64) Reg {
	out := b.Regs.New()
	b.call(out, unix.SYS_FSMOUNT, fd(fs), num(unix.FSMOUNT_CLOEXEC), num(attr))
	return out
}

// OpenTree copies the mount at dir/path (path "" is dir itself), attached
// nowhere yet; recursive copies all that is mounted below too.
func (b *Batch) OpenTree(dir Reg, path string, recursive bool) Reg {
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC | unix.AT_EMPTY_PATH)
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	out := b.Regs.New()
	b.call(out, unix.SYS_OPEN_TREE, fd(dir), b.str(path), num(flags))
	return out
}

// MoveMount attaches a mount to a file or directory, both held by descriptor.
func (b *Batch) MoveMount(mount, target Reg) {
	b.call(0, unix.SYS_MOVE_MOUNT, fd(mount), b.str(""), fd(target), b.str(""),
		num(unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH))
}

// MoveMountAt attaches a mount to name, no link, in the directory dir.
func (b *Batch) MoveMountAt(mount, dir Reg, name string) {
	b.call(0, unix.SYS_MOVE_MOUNT, fd(mount), b.str(""), fd(dir), b.str(name), num(unix.MOVE_MOUNT_F_EMPTY_PATH))
}

// MountSetattr changes the attributes of the mount at dir.
func (b *Batch) MountSetattr(dir Reg, recursive bool, attr unix.MountAttr) {
	flags := uint(unix.AT_EMPTY_PATH)
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	b.call(0, unix.SYS_MOUNT_SETATTR, fd(dir), b.str(""), num(flags), structure(b, &attr), num(sizeofMountAttr))
}

// MountIdmap gives the mount at dir the id mapping of a user namespace. The
// namespace's descriptor is a register, so the struct is filled from it.
func (b *Batch) MountIdmap(dir, userns Reg, recursive bool) {
	// The struct's userns_fd is 64 bits wide like a register, and the three
	// words before it are wanted as MOUNT_ATTR_IDMAP, 0, 0.
	addr, space := b.reserve(sizeofMountAttr)
	put64(space, unix.MOUNT_ATTR_IDMAP)
	flags := uint(unix.AT_EMPTY_PATH)
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	b.store(userns, addr+24)
	b.call(0, unix.SYS_MOUNT_SETATTR, fd(dir), b.str(""), num(flags), num(addr), num(sizeofMountAttr))
}

// Mount is the old mount(2), for what has no new form: flags such as
// MS_REC|MS_SLAVE on a path.
func (b *Batch) Mount(source, target, fstype string, flags uintptr, data string) {
	b.call(0, unix.SYS_MOUNT, b.str(source), b.str(target), b.str(fstype), num(flags), b.str(data))
}

func (b *Batch) Umount2(target string, flags int) {
	b.call(0, unix.SYS_UMOUNT2, b.str(target), num(flags))
}

func (b *Batch) PivotRoot(newRoot, putOld string) {
	b.call(0, unix.SYS_PIVOT_ROOT, b.str(newRoot), b.str(putOld))
}
