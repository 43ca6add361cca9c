package cgroups

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Isolate turns Dir into the root of a mount of its own, read-only and attached
// nowhere: who gets hold of the descriptor finds the cgroup in it and no way up
// to the host's files. It is for a process that is born where the container's
// can already see it, and takes CAP_SYS_ADMIN.
func (j *Join) Isolate() error {
	if j.Dir == nil {
		return nil
	}
	fd, err := unix.OpenTree(int(j.Dir.Fd()), "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
	if err != nil {
		return fmt.Errorf("isolate cgroup %s: open_tree: %w", j.Dir.Name(), err)
	}
	err = unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{
		Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC,
	})
	if err != nil {
		unix.Close(fd)
		return fmt.Errorf("isolate cgroup %s: mount_setattr: %w", j.Dir.Name(), err)
	}
	name := j.Dir.Name()
	j.Dir.Close()
	j.Dir = os.NewFile(uintptr(fd), name)
	return nil
}
