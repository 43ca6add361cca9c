package specconv

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// mountOption is what an option of mounts[].options says, in the form the
// kernel takes it.
type mountOption struct {
	name string

	// Attributes of the mount it sets and clears, of the whole tree below it
	// when tree is true.
	set, clear uint64
	tree       bool

	propagation uint64 // MS_PRIVATE …, with MS_REC
	super       string // fsconfig(2) flag for the superblock
	opposite    string // flag for the superblock that it takes back
	apply       func(*Mount)
}

const atime = unix.MOUNT_ATTR__ATIME

// mountOptions is config.md#configLinuxMountOptions, sorted by name.
//
// The access time is a field of the attributes, not a flag: a new value must
// clear the whole field (mount_setattr(2)). MOUNT_ATTR_RELATIME is the field's
// zero and the kernel's default, so "not relatime" asks for nothing.
//
// silent, loud, iversion and noiversion are flags of mount(2) that the new
// mount API has no parameter for: the first two are about kernel messages at
// mount time, the others are kept by each file system on its own since
// Linux 5.18.
var mountOptions = [...]mountOption{
	{name: "async", super: "async", opposite: "sync"},
	{name: "atime", apply: func(m *Mount) { dropAtime(&m.AttrSet, &m.AttrClr, unix.MOUNT_ATTR_NOATIME) }},
	{name: "bind", apply: func(m *Mount) { m.Bind = true }},
	{name: "defaults"},
	{name: "dev", clear: unix.MOUNT_ATTR_NODEV},
	{name: "diratime", clear: unix.MOUNT_ATTR_NODIRATIME},
	{name: "dirsync", super: "dirsync"},
	{name: "exec", clear: unix.MOUNT_ATTR_NOEXEC},
	{name: "idmap", apply: func(m *Mount) { m.IDMap = &IDMap{} }},
	{name: "iversion"},
	{name: "lazytime", super: "lazytime", opposite: "nolazytime"},
	{name: "loud"},
	{name: "mand", super: "mand", opposite: "nomand"},
	{name: "noatime", set: unix.MOUNT_ATTR_NOATIME, clear: atime},
	{name: "nodev", set: unix.MOUNT_ATTR_NODEV},
	{name: "nodiratime", set: unix.MOUNT_ATTR_NODIRATIME},
	{name: "noexec", set: unix.MOUNT_ATTR_NOEXEC},
	{name: "noiversion"},
	{name: "nolazytime", super: "nolazytime", opposite: "lazytime"},
	{name: "nomand", super: "nomand", opposite: "mand"},
	{name: "norelatime"},
	{name: "nostrictatime", apply: func(m *Mount) { dropAtime(&m.AttrSet, &m.AttrClr, unix.MOUNT_ATTR_STRICTATIME) }},
	{name: "nosuid", set: unix.MOUNT_ATTR_NOSUID},
	{name: "nosymfollow", set: unix.MOUNT_ATTR_NOSYMFOLLOW},
	{name: "private", propagation: unix.MS_PRIVATE},
	{name: "ratime", apply: func(m *Mount) { dropAtime(&m.RecSet, &m.RecClr, unix.MOUNT_ATTR_NOATIME) }},
	{name: "rbind", apply: func(m *Mount) { m.Bind, m.Recursive = true, true }},
	{name: "rdev", tree: true, clear: unix.MOUNT_ATTR_NODEV},
	{name: "rdiratime", tree: true, clear: unix.MOUNT_ATTR_NODIRATIME},
	{name: "relatime", set: unix.MOUNT_ATTR_RELATIME, clear: atime},
	{name: "remount", apply: func(m *Mount) { m.Remount = true }},
	{name: "rexec", tree: true, clear: unix.MOUNT_ATTR_NOEXEC},
	{name: "ridmap", apply: func(m *Mount) { m.IDMap = &IDMap{Recursive: true} }},
	{name: "rnoatime", tree: true, set: unix.MOUNT_ATTR_NOATIME, clear: atime},
	{name: "rnodev", tree: true, set: unix.MOUNT_ATTR_NODEV},
	{name: "rnodiratime", tree: true, set: unix.MOUNT_ATTR_NODIRATIME},
	{name: "rnoexec", tree: true, set: unix.MOUNT_ATTR_NOEXEC},
	{name: "rnorelatime"},
	{name: "rnostrictatime", apply: func(m *Mount) { dropAtime(&m.RecSet, &m.RecClr, unix.MOUNT_ATTR_STRICTATIME) }},
	{name: "rnosuid", tree: true, set: unix.MOUNT_ATTR_NOSUID},
	{name: "rnosymfollow", tree: true, set: unix.MOUNT_ATTR_NOSYMFOLLOW},
	{name: "ro", set: unix.MOUNT_ATTR_RDONLY, super: "ro", opposite: "rw"},
	{name: "rprivate", propagation: unix.MS_PRIVATE | unix.MS_REC},
	{name: "rrelatime", tree: true, set: unix.MOUNT_ATTR_RELATIME, clear: atime},
	{name: "rro", tree: true, set: unix.MOUNT_ATTR_RDONLY},
	{name: "rrw", tree: true, clear: unix.MOUNT_ATTR_RDONLY},
	{name: "rshared", propagation: unix.MS_SHARED | unix.MS_REC},
	{name: "rslave", propagation: unix.MS_SLAVE | unix.MS_REC},
	{name: "rstrictatime", tree: true, set: unix.MOUNT_ATTR_STRICTATIME, clear: atime},
	{name: "rsuid", tree: true, clear: unix.MOUNT_ATTR_NOSUID},
	{name: "rsymfollow", tree: true, clear: unix.MOUNT_ATTR_NOSYMFOLLOW},
	{name: "runbindable", propagation: unix.MS_UNBINDABLE | unix.MS_REC},
	{name: "rw", clear: unix.MOUNT_ATTR_RDONLY, super: "rw", opposite: "ro"},
	{name: "shared", propagation: unix.MS_SHARED},
	{name: "silent"},
	{name: "slave", propagation: unix.MS_SLAVE},
	{name: "strictatime", set: unix.MOUNT_ATTR_STRICTATIME, clear: atime},
	{name: "suid", clear: unix.MOUNT_ATTR_NOSUID},
	{name: "symfollow", clear: unix.MOUNT_ATTR_NOSYMFOLLOW},
	{name: "sync", super: "sync", opposite: "async"},
	{name: "tmpcopyup", apply: func(m *Mount) { m.TmpCopyUp = true }},
	{name: "unbindable", propagation: unix.MS_UNBINDABLE},
}

// MountOptions returns the names of the known mount options, sorted.
func MountOptions() []string {
	list := make([]string, len(mountOptions))
	for i := range mountOptions {
		list[i] = mountOptions[i].name
	}
	return list
}

func findMountOption(name string) *mountOption {
	i, ok := slices.BinarySearchFunc(mountOptions[:], name, func(o mountOption, name string) int {
		return strings.Compare(o.name, name)
	})
	if !ok {
		return nil
	}
	return &mountOptions[i]
}

// addOption puts one option over those before it: the last of two that
// contradict each other counts. What is not in the table is for the file
// system.
func (m *Mount) addOption(name string) {
	o := findMountOption(name)
	if o == nil {
		m.Data = append(m.Data, name)
		return
	}
	if o.tree {
		setAttr(&m.RecSet, &m.RecClr, o.set, o.clear)
	} else {
		setAttr(&m.AttrSet, &m.AttrClr, o.set, o.clear)
	}
	if o.propagation != 0 {
		m.Propagation = append(m.Propagation, o.propagation)
	}
	if o.super != "" {
		m.SuperFlags = slices.DeleteFunc(m.SuperFlags, func(f string) bool {
			return f == o.super || f == o.opposite
		})
		m.SuperFlags = append(m.SuperFlags, o.super)
	}
	if o.apply != nil {
		o.apply(m)
	}
}

// setAttr adds set and clear to a mount_attr. The access time must stay in
// attr_clr whole when it is in attr_set; any other bit is in one of the two.
func setAttr(attrSet, attrClr *uint64, set, clear uint64) {
	*attrSet = *attrSet&^clear | set
	*attrClr = (*attrClr | clear) &^ (set &^ atime)
}

// dropAtime takes an access time policy back: the kernel's default applies
// unless another policy was asked for.
func dropAtime(attrSet, attrClr *uint64, policy uint64) {
	if *attrSet&atime == policy || *attrClr&atime == 0 {
		setAttr(attrSet, attrClr, unix.MOUNT_ATTR_RELATIME, atime)
	}
}

// superblockDefaults are flags that a new superblock has anyway.
var superblockDefaults = [...]string{"async", "nolazytime", "nomand", "rw"}

// sharedSuperblocks are the file systems of which "ro" makes the mount
// read-only but not the superblock: they have no device that must not be
// written, and either the superblock may be the host's too (sysfs, cgroup,
// mqueue), or mount points and copied files are still to be made in it
// (tmpfs). Sorted.
var sharedSuperblocks = [...]string{
	"binder", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs",
	"devpts", "devtmpfs", "efivarfs", "fusectl", "hugetlbfs", "mqueue", "proc",
	"pstore", "ramfs", "resctrl", "securityfs", "selinuxfs", "sysfs", "tmpfs",
	"tracefs",
}

// settleSuper leaves the superblock flags that are to be passed on.
func (m *Mount) settleSuper() {
	if m.Bind {
		m.SuperFlags = nil
		return
	}
	_, shared := slices.BinarySearch(sharedSuperblocks[:], m.Type)
	m.SuperFlags = slices.DeleteFunc(m.SuperFlags, func(f string) bool {
		if shared && (f == "ro" || f == "rw") {
			return true
		}
		return !m.Remount && slices.Contains(superblockDefaults[:], f)
	})
}
