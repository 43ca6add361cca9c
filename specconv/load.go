package specconv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/jsontext"
)

// maxSize bounds what is read as configuration.
const maxSize = 64 << 20

// Load reads the configuration of a bundle, and also gives the bytes it was
// read from: what a container was made from is kept.
func Load(bundle string) (*specs.Spec, []byte, error) {
	path := filepath.Join(bundle, "config.json")
	data, err := readFile(path, false)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(bundle); err != nil {
			return nil, nil, fmt.Errorf("open bundle: %w", err)
		}
		return nil, nil, fmt.Errorf("open bundle %q: JSON specification file config.json not found", bundle)
	}
	if err != nil {
		return nil, nil, err
	}
	spec, err := jsontext.Decode(data, readSpec)
	if err != nil {
		return nil, nil, fmt.Errorf("parse %q: %w", path, err)
	}
	return spec, data, nil
}

// LoadProcess reads a process, as exec --process gives it, from a file or a
// pipe.
func LoadProcess(path string) (*specs.Process, error) {
	data, err := readFile(path, true)
	if err != nil {
		return nil, err
	}
	p, err := jsontext.Decode(data, readProcess)
	if err != nil {
		return nil, fmt.Errorf("parse %q: %w", path, err)
	}
	return p, nil
}

// LoadResources reads limits, as update --resources gives them, from a file or
// a pipe, or from standard input, whatever that is, if path is "-".
func LoadResources(path string) (*specs.LinuxResources, error) {
	var data []byte
	var err error
	if path == "-" {
		if data, err = readAll(unix.Stdin, 0); err != nil {
			err = fmt.Errorf("read standard input: %w", err)
		}
	} else {
		data, err = readFile(path, true)
	}
	if err != nil {
		return nil, err
	}
	r, err := jsontext.Decode(data, readResources)
	if err != nil {
		return nil, fmt.Errorf("parse resources %q: %w", path, err)
	}
	return r, nil
}

// readFile reads a regular file, or else a pipe if pipes are allowed. Unless
// they are, it opens without blocking, so that a fifo cannot hold us up.
// It keeps from os.File, which would start the poller for one read.
func readFile(path string, pipes bool) ([]byte, error) {
	flags := unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NOCTTY
	if !pipes {
		flags |= unix.O_NONBLOCK
	}
	fd, err := ignoringEINTR(func() (int, error) { return unix.Open(path, flags, 0) })
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", path, err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("stat %q: %w", path, err)
	}
	kind := st.Mode & unix.S_IFMT
	if kind != unix.S_IFREG && !(pipes && kind == unix.S_IFIFO) {
		return nil, fmt.Errorf("open %q: not a regular file", path)
	}
	data, err := readAll(fd, st.Size)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", path, err)
	}
	return data, nil
}

// readAll reads up to the end; the size is a hint.
func readAll(fd int, size int64) ([]byte, error) {
	// One byte more than expected shows the end without growing.
	data := make([]byte, 0, min(max(size, 4096), maxSize)+1)
	for {
		n, err := ignoringEINTR(func() (int, error) { return unix.Read(fd, data[len(data):cap(data)]) })
		if err != nil {
			return nil, err
		}
		data = data[:len(data)+n]
		switch {
		case n == 0:
			return data, nil
		case len(data) > maxSize:
			return nil, fmt.Errorf("larger than %d bytes", maxSize)
		case len(data) == cap(data):
			data = slices.Grow(data, len(data))
		}
	}
}

func ignoringEINTR(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}

// cause is an error without the path that the message names already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
