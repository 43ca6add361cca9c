package libct

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A listener that accepts nobody is not waited for longer than the deadline.
func TestConnectDeadline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	listener, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(listener)
	if err := unix.Bind(listener, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(listener, 1); err != nil {
		t.Fatal(err)
	}
	const room, wait = 16, 50 * time.Millisecond
	for range room {
		fd, err := connectWithin(path, wait)
		if err == nil {
			defer unix.Close(fd)
			continue
		}
		if !errors.Is(err, unix.ETIMEDOUT) {
			t.Errorf("connect: %v, want %v", err, unix.ETIMEDOUT)
		}
		return
	}
	t.Errorf("%d connections with a queue of one", room)
}
