package libct

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"rt/specconv"
)

// hostMount is a mount of a container without a mount namespace. It is made
// among the host's mounts, and delete takes it away again.
type hostMount struct {
	Destination string `json:"destination"`
	Before      uint64 `json:"before,omitempty"` // id of what was mounted there already
}

// hostMounts lists the mounts that will be made, with what is there now.
func hostMounts(c *specconv.Config) []hostMount {
	root, err := unix.Open(c.Rootfs, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil // making the container will say so
	}
	defer unix.Close(root)
	var list []hostMount
	for i := range c.Mounts {
		m := &c.Mounts[i]
		if m.Remount || !m.Bind && m.Type == "" {
			continue
		}
		fd, id, err := mountAt(root, m.Destination)
		if err == nil {
			unix.Close(fd)
		}
		list = append(list, hostMount{m.Destination, id})
	}
	return list
}

// mountAt opens a path of the rootfs, and gives the id of the mount whose root
// it is, or 0.
func mountAt(root int, dest string) (fd int, id uint64, err error) {
	fd, err = unix.Openat2(root, dest, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return -1, 0, err
	}
	var st unix.Statx_t
	if err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &st); err != nil {
		unix.Close(fd)
		return -1, 0, err
	}
	if st.Attributes&unix.STATX_ATTR_MOUNT_ROOT == 0 {
		return fd, 0, nil
	}
	return fd, st.Mnt_id, nil
}

// unmountRest takes away the mounts of a container without a mount namespace,
// the last one first, and none that was there before it.
func (c *Container) unmountRest() error {
	if len(c.rec.HostMounts) == 0 {
		return nil
	}
	root, err := unix.Open(c.rec.Rootfs, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("unmount what %q has mounted: %w", c.rec.ID, err)
	}
	defer unix.Close(root)
	for _, m := range slices.Backward(c.rec.HostMounts) {
		if err := m.unmount(root); err != nil {
			return fmt.Errorf("unmount %q of %q: %w", m.Destination, c.rec.ID, err)
		}
	}
	return nil
}

func (m hostMount) unmount(root int) error {
	fd, id, err := mountAt(root, m.Destination)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if id == 0 || id == m.Before {
		return nil
	}
	return unix.Unmount("/proc/self/fd/"+strconv.Itoa(fd), unix.MNT_DETACH)
}
