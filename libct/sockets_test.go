package libct

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A listener that accepts nobody is not waited for longer than the deadline, nor
// shorter when signals come.
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
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				unix.Kill(os.Getpid(), unix.SIGCHLD)
			}
		}
	}()
	defer func() { close(done); <-ended }()
	const room, wait = 16, 50 * time.Millisecond
	for range room {
		begun := time.Now()
		fd, err := connectWithin(path, wait)
		if err == nil {
			defer unix.Close(fd)
			continue
		}
		if took := time.Since(begun); !errors.Is(err, unix.ETIMEDOUT) || took < wait {
			t.Errorf("connect: %v after %v, want %v after %v", err, took, unix.ETIMEDOUT, wait)
		}
		return
	}
	t.Errorf("%d connections with a queue of one", room)
}
