package specconv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// maxSize bounds what is read as configuration.
const maxSize = 64 << 20

// Load reads the configuration of a bundle.
func Load(bundle string) (*specs.Spec, error) {
	path := filepath.Join(bundle, "config.json")
	data, err := readFile(path, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("JSON specification file config.json not found")
	}
	if err != nil {
		return nil, err
	}
	spec, err := document(data, readSpec)
	if err != nil {
		return nil, fmt.Errorf("parse %q: %w", path, err)
	}
	return spec, nil
}

// LoadProcess reads a process, as exec --process gives it, from a file or a
// pipe.
func LoadProcess(path string) (*specs.Process, error) {
	data, err := readFile(path, true)
	if err != nil {
		return nil, err
	}
	p, err := document(data, readProcess)
	if err != nil {
		return nil, fmt.Errorf("parse %q: %w", path, err)
	}
	return p, nil
}

// readFile reads a regular file, or else a pipe if pipes are allowed. Unless
// they are, it opens without blocking, so that a fifo cannot hold us up.
func readFile(path string, pipes bool) ([]byte, error) {
	flags := unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NOCTTY
	if !pipes {
		flags |= unix.O_NONBLOCK
	}
	fd, err := unix.Open(path, flags, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	kind := st.Mode & unix.S_IFMT
	if kind != unix.S_IFREG && !(pipes && kind == unix.S_IFIFO) {
		unix.Close(fd)
		return nil, fmt.Errorf("open %q: not a regular file", path)
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()

	var buf bytes.Buffer
	buf.Grow(int(min(max(st.Size, 0), maxSize)) + bytes.MinRead)
	if _, err := buf.ReadFrom(io.LimitReader(f, maxSize+1)); err != nil {
		return nil, err
	}
	if buf.Len() > maxSize {
		return nil, fmt.Errorf("read %q: larger than %d bytes", path, maxSize)
	}
	return buf.Bytes(), nil
}

// cause is an error without the path that the message names already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
