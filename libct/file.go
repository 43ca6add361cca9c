package libct

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// Small files are read and written without os.File, whose first use starts the
// poller: a descriptor, a registration and a wake-up that no verb needs.

// readFile reads a whole file.
func readFile(path string) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	data := make([]byte, 0, 4096)
	for {
		n, err := unix.Read(fd, data[len(data):cap(data)])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return data, nil
		}
		if data = data[:len(data)+n]; len(data) == cap(data) {
			data = append(make([]byte, 0, 4*cap(data)), data...)
		}
	}
}

// writeFile writes a whole file, made with mode if it is not there.
func writeFile(path string, data []byte, mode uint32) error {
	return write(path, unix.O_CREAT|unix.O_TRUNC|unix.O_NOFOLLOW, data, mode)
}

// writeKernel writes to a file of the kernel's, in one call.
func writeKernel(path, value string) error { return write(path, 0, []byte(value), 0) }

func write(path string, flags int, data []byte, mode uint32) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC|flags, mode)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	for len(data) > 0 && err == nil {
		var n int
		n, err = unix.Write(fd, data)
		data = data[max(n, 0):]
	}
	if e := unix.Close(fd); err == nil {
		err = e
	}
	if err != nil {
		return &os.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

// tempPrefix is what the other name of a file begins with.
func tempPrefix(name string) string { return "." + name + "." }

// writeRenamed writes a file under another name first, so that a reader sees
// the old one or the new one.
func writeRenamed(path string, data []byte, mode uint32) error {
	temp := filepath.Join(filepath.Dir(path), tempPrefix(filepath.Base(path))+strconv.Itoa(os.Getpid()))
	unix.Unlink(temp) // of a process that was killed and had our pid
	err := write(temp, unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW, data, mode)
	if err == nil {
		err = unix.Rename(temp, path)
	}
	if err != nil {
		unix.Unlink(temp)
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
