package nsexec

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Sealed puts content into a memfd that nobody can change any more, open for
// reading from its beginning and for being executed. What is executed from it
// is no file of the host: /proc/PID/exe leads to this copy and nowhere else
// (CVE-2019-5736).
func Sealed(name string, content []byte) (int, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(name, flags|unix.MFD_EXEC)
	if err == unix.EINVAL { // MFD_EXEC is of Linux 6.3
		fd, err = unix.MemfdCreate(name, flags)
	}
	if err == unix.EACCES {
		return -1, fmt.Errorf("memfd_create %q: %w: the sysctl vm.memfd_noexec is 2, and rt runs programs from memory", name, err)
	}
	if err != nil {
		return -1, fmt.Errorf("memfd_create %q: %w", name, err)
	}
	// Not with write(2), which would leave the offset at the end.
	if n, err := unix.Pwrite(fd, content, 0); err != nil || n != len(content) {
		unix.Close(fd)
		return -1, fmt.Errorf("write memfd %q: %d of %d bytes: %w", name, n, len(content), err)
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("seal memfd %q: %w", name, err)
	}
	return fd, nil
}
