package libct

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// copyUp copies all that a directory of the rootfs holds into a fresh tmpfs,
// both held by descriptor (tmpcopyup). Whoever changes the rootfs meanwhile
// can change what is copied, but cannot lead the copy elsewhere: no link is
// followed, and no other file system entered. Devices, fifos and sockets are
// left out.
//
// The executor writes what files hold, so that it is the container's memory: an
// image can have files that take no space in it.
func (l *launch) copyUp(fds ...int) error {
	return copyFromTo(fds[0], fds[1], l.x.Copy)
}

func copyFromTo(from, to int, content func(from, to int) error) error {
	if err := (copier{content}).directory(from, to); err != nil {
		return fmt.Errorf("copy up: %w", err)
	}
	return nil
}

// copier copies files. What they hold is left to content, which copies from one
// descriptor's offset to the other's, to the end.
type copier struct {
	content func(from, to int) error
}

func (c copier) directory(from, to int) error {
	if err := copyOwner(from, to); err != nil {
		return err
	}
	dup, err := unix.FcntlInt(uintptr(from), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	dir := os.NewFile(uintptr(dup), "directory")
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := c.entry(from, to, name); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	return nil
}

// entry looks a name up once, and opens what it has found only if that is a
// file or a directory: a device that somebody puts in its place would be
// opened with the host's rights. What is mounted there, such as the kernel's
// own files, is not the directory's to copy.
func (c copier) entry(from, to int, name string) error {
	entry, err := unix.Openat2(from, name, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_NO_XDEV,
	})
	if errors.Is(err, unix.EXDEV) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(entry)
	var st unix.Stat_t
	if err := unix.Fstat(entry, &st); err != nil {
		return err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if err := unix.Mkdirat(to, name, 0o700); err != nil {
			return err
		}
		return withBoth(entry, to, name, unix.O_RDONLY|unix.O_DIRECTORY, unix.O_RDONLY|unix.O_DIRECTORY, c.directory)
	case unix.S_IFREG:
		return withBoth(entry, to, name, unix.O_RDONLY, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, c.file)
	case unix.S_IFLNK:
		target := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(entry, "", target)
		if err != nil {
			return err
		}
		if err := unix.Symlinkat(string(target[:n]), to, name); err != nil {
			return err
		}
		return unix.Fchownat(to, name, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW)
	}
	return nil
}

func withBoth(entry, to int, name string, fromFlags, toFlags int, do func(from, to int) error) error {
	a, err := unix.Open("/proc/self/fd/"+strconv.Itoa(entry), fromFlags|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(a)
	b, err := unix.Openat(to, name, toFlags|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	defer unix.Close(b)
	return do(a, b)
}

func (c copier) file(from, to int) error {
	if err := c.content(from, to); err != nil {
		return err
	}
	return copyOwner(from, to)
}

// copyOwner gives one file the owner and mode of another, in that order: a
// change of owner takes set-id bits away.
func copyOwner(from, to int) error {
	var st unix.Stat_t
	if err := unix.Fstat(from, &st); err != nil {
		return err
	}
	if err := unix.Fchown(to, int(st.Uid), int(st.Gid)); err != nil {
		return err
	}
	return unix.Fchmod(to, st.Mode&0o7777)
}
