// Package cgfs reads and writes the files of the cgroup file systems, v1 and
// v2 alike. It runs on the host and imports only
// golang.org/x/sys/unix and runtime-spec.
package cgfs

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// errNewline keeps one value from being read by the kernel as several.
var errNewline = errors.New("value holds a newline")

// Write writes value to a file that must exist, in one write(2).
func Write(path, value string) error {
	fd, err := open(path, unix.O_WRONLY)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer unix.Close(fd)
	if err := write(fd, value); err != nil {
		return fmt.Errorf("write %q to %s: %w", value, path, err)
	}
	return nil
}

// Read gives the content of a file without the white space around it.
func Read(path string) (string, error) {
	fd, err := open(path, unix.O_RDONLY)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", path, err)
	}
	defer unix.Close(fd)
	buf := make([]byte, 0, 1024)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, make([]byte, cap(buf))...)[:len(buf)]
		}
		n, err := unix.Read(fd, buf[len(buf):cap(buf)])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("read %s: %w", path, err)
		}
		if n == 0 {
			return strings.TrimSpace(string(buf)), nil
		}
		buf = buf[:len(buf)+n]
	}
}

// Field gives the value of a key in a file of "key value" lines, such as
// cgroup.events; "" when the key is missing.
func Field(path, key string) (string, error) {
	text, err := Read(path)
	return Lookup(text, key), err
}

// Lookup is Field for a text already read.
func Lookup(text, key string) string {
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), " "); ok && k == key {
			return v
		}
	}
	return ""
}

func open(path string, flags int) (int, error) {
	for {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

func write(fd int, value string) error {
	if strings.Contains(value, "\n") {
		return errNewline
	}
	for {
		_, err := unix.Write(fd, []byte(value))
		if err != unix.EINTR {
			return err
		}
	}
}
