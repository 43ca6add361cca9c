package libct

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Who exchanges a file for something else while it is copied has that left out,
// and never opened: it might be a device of the host's.
func TestCopyUpExchanged(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	file, fifo := filepath.Join(from, "file"), filepath.Join(dir, "fifo")
	if err := os.Mkdir(from, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			default:
				unix.Renameat2(unix.AT_FDCWD, file, unix.AT_FDCWD, fifo, unix.RENAME_EXCHANGE)
			}
		}
	}()
	defer func() { close(done); <-ended }()
	copied := 0
	for until := time.Now().Add(500 * time.Millisecond); time.Now().Before(until); {
		if err := os.Mkdir(to, 0o700); err != nil {
			t.Fatal(err)
		}
		copyDirectories(t, from, to)
		text, err := os.ReadFile(filepath.Join(to, "file"))
		if err == nil && string(text) != "content" {
			t.Fatalf("copied %q of what is no file", text)
		}
		if err == nil {
			copied++
		}
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
	}
	if copied == 0 {
		t.Error("the file was never copied")
	}
}

func copyDirectories(t *testing.T, from, to string) {
	t.Helper()
	var fds [2]int
	for i, path := range [...]string{from, to} {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		fds[i] = fd
	}
	content := func(from, to int) error {
		var text [16]byte
		n, err := unix.Read(from, text[:])
		if err == nil {
			_, err = unix.Write(to, text[:n])
		}
		return err
	}
	if err := copyFromTo(fds[0], fds[1], content); err != nil {
		t.Fatal(err)
	}
}
