package nsexec

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// sealedImage puts the executor into a memfd that nobody can change any more.
// What runs in the container is then no file of the host: /proc/PID/exe leads
// to this copy and nowhere else (CVE-2019-5736).
func sealedImage() (int, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate("rt", flags|unix.MFD_EXEC)
	if err == unix.EINVAL { // MFD_EXEC is of Linux 6.3
		fd, err = unix.MemfdCreate("rt", flags)
	}
	if err != nil {
		return -1, fmt.Errorf("memfd_create executor: %w", err)
	}
	if n, err := unix.Write(fd, image); err != nil || n != len(image) {
		unix.Close(fd)
		return -1, fmt.Errorf("write executor: %d of %d bytes: %w", n, len(image), err)
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("seal executor: %w", err)
	}
	return fd, nil
}
