package nsexec

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// flag is one bit, or several, by the kernel's name.
type flag struct {
	bits uint64
	name string
}

// flags are what bits of one kind of argument are called; those that include
// others stand before them.
type flags []flag

var openFlags = flags{
	{unix.O_PATH, "O_PATH"}, {unix.O_DIRECTORY, "O_DIRECTORY"}, {unix.O_NOFOLLOW, "O_NOFOLLOW"},
	{unix.O_CLOEXEC, "O_CLOEXEC"}, {unix.O_WRONLY, "O_WRONLY"}, {unix.O_RDWR, "O_RDWR"},
	{unix.O_CREAT, "O_CREAT"}, {unix.O_EXCL, "O_EXCL"}, {unix.O_NOCTTY, "O_NOCTTY"}, {unix.O_NONBLOCK, "O_NONBLOCK"},
}

var resolveFlags = flags{
	{unix.RESOLVE_IN_ROOT, "IN_ROOT"}, {unix.RESOLVE_BENEATH, "BENEATH"}, {unix.RESOLVE_NO_XDEV, "NO_XDEV"},
	{unix.RESOLVE_NO_SYMLINKS, "NO_SYMLINKS"}, {unix.RESOLVE_NO_MAGICLINKS, "NO_MAGICLINKS"},
}

var namespaceFlags = flags{
	{unix.CLONE_NEWUSER, "NEWUSER"}, {unix.CLONE_NEWPID, "NEWPID"}, {unix.CLONE_NEWNS, "NEWNS"},
	{unix.CLONE_NEWNET, "NEWNET"}, {unix.CLONE_NEWIPC, "NEWIPC"}, {unix.CLONE_NEWUTS, "NEWUTS"},
	{unix.CLONE_NEWCGROUP, "NEWCGROUP"}, {unix.CLONE_NEWTIME, "NEWTIME"},
}

var mountFlags = flags{
	{unix.MS_REC, "MS_REC"}, {unix.MS_SHARED, "MS_SHARED"}, {unix.MS_SLAVE, "MS_SLAVE"}, {unix.MS_PRIVATE, "MS_PRIVATE"},
	{unix.MS_UNBINDABLE, "MS_UNBINDABLE"}, {unix.MS_MOVE, "MS_MOVE"},
}

var mountAttributes = flags{
	{unix.MOUNT_ATTR_RDONLY, "RDONLY"}, {unix.MOUNT_ATTR_NOSUID, "NOSUID"}, {unix.MOUNT_ATTR_NODEV, "NODEV"},
	{unix.MOUNT_ATTR_NOEXEC, "NOEXEC"}, {unix.MOUNT_ATTR__ATIME, "ATIME"}, {unix.MOUNT_ATTR_NOATIME, "NOATIME"},
	{unix.MOUNT_ATTR_STRICTATIME, "STRICTATIME"}, {unix.MOUNT_ATTR_NODIRATIME, "NODIRATIME"},
	{unix.MOUNT_ATTR_IDMAP, "IDMAP"}, {unix.MOUNT_ATTR_NOSYMFOLLOW, "NOSYMFOLLOW"},
}

var treeFlags = flags{
	{unix.AT_RECURSIVE, "RECURSIVE"}, {unix.AT_EMPTY_PATH, "EMPTY_PATH"}, {unix.OPEN_TREE_CLOEXEC, "CLOEXEC"},
	{unix.OPEN_TREE_CLONE, "CLONE"}, {unix.AT_SYMLINK_NOFOLLOW, "SYMLINK_NOFOLLOW"}, {unix.AT_EACCESS, "EACCESS"},
}

var moveFlags = flags{
	{unix.MOVE_MOUNT_F_EMPTY_PATH, "F_EMPTY_PATH"}, {unix.MOVE_MOUNT_T_EMPTY_PATH, "T_EMPTY_PATH"},
}

// prctls are options of prctl(2), which are numbers and no bits.
var prctls = flags{
	{unix.PR_SET_PDEATHSIG, "PDEATHSIG"}, {unix.PR_SET_DUMPABLE, "DUMPABLE"}, {unix.PR_SET_KEEPCAPS, "KEEPCAPS"},
	{unix.PR_SET_NAME, "NAME"}, {unix.PR_CAPBSET_DROP, "CAPBSET_DROP"}, {unix.PR_SET_NO_NEW_PRIVS, "NO_NEW_PRIVS"},
	{unix.PR_CAP_AMBIENT, "CAP_AMBIENT"},
}

var fsconfigs = flags{
	{unix.FSCONFIG_SET_FLAG, "SET_FLAG"}, {unix.FSCONFIG_SET_STRING, "SET_STRING"}, {unix.FSCONFIG_CMD_CREATE, "CREATE"},
}

// text shows bits by their names, and what has none as a number.
func (f flags) text(v uint64) string {
	var names []string
	for _, x := range f {
		if x.bits != 0 && v&x.bits == x.bits {
			names = append(names, x.name)
			v &^= x.bits
		}
	}
	if v != 0 || len(names) == 0 {
		names = append(names, number(v))
	}
	return strings.Join(names, "|")
}

// one shows the number that is exactly v by its name.
func (f flags) one(v uint64) string {
	for _, x := range f {
		if x.bits == v {
			return x.name
		}
	}
	return number(v)
}

func number(v uint64) string {
	if v == 0 {
		return "0"
	}
	return "0x" + strconv.FormatUint(v, 16)
}
