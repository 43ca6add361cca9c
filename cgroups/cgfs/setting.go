package cgfs

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Setting is one write that a limit comes down to.
type Setting struct {
	Controller string // whose hierarchy (v1) or enablement (v2) it needs
	File       string // one path component
	Value      string
	Property   string // its place in config.json

	// Optional settings are left out where the kernel lacks the file.
	Optional bool

	// Else is the file, and ElseValue its value, written where the kernel
	// lacks File.
	Else, ElseValue string

	// Linked settings are checked by the kernel against another file of the
	// same controller (a memory limit against the memory+swap limit, a burst
	// against its quota). Which goes first depends on the present values.
	Linked bool
}

// Apply writes the settings in order, each into dir(its controller), and
// reports every one that is refused.
//
// A Linked setting that gets EINVAL is tried again after those that went
// through, for as long as that helps: this finds the right order both when
// limits rise and when they fall, without reading the present values.
func Apply(settings []Setting, dir func(controller string) string) error {
	var errs []error
	w := writer{fd: -1}
	defer w.close()
	for pending := settings; len(pending) > 0; {
		var refused []Setting
		var why []error
		for _, s := range pending {
			err := w.write(dir(s.Controller), s)
			if s.Else != "" && errors.Is(err, unix.ENOENT) {
				s.File, s.Value = s.Else, s.ElseValue
				err = w.write(dir(s.Controller), s)
			}
			switch {
			case err == nil, s.Optional && errors.Is(err, unix.ENOENT):
			case s.Linked && errors.Is(err, unix.EINVAL):
				refused, why = append(refused, s), append(why, err)
			default:
				errs = append(errs, err)
			}
		}
		if len(refused) == len(pending) {
			errs = append(errs, why...)
			break
		}
		pending = refused
	}
	return errors.Join(errs...)
}

// writer keeps the last file open: rules and per-device limits go to the same
// file in a row.
type writer struct {
	path string
	fd   int
}

func (w *writer) write(dir string, s Setting) error {
	if dir == "" {
		return fmt.Errorf("%s: %w", s.Property, &MissingError{s.Controller})
	}
	if s.File == "" || s.File == "." || s.File == ".." || strings.Contains(s.File, "/") {
		return fmt.Errorf("%s: %q is not a file name", s.Property, s.File)
	}
	if path := dir + "/" + s.File; path != w.path {
		w.close()
		fd, err := open(path, unix.O_WRONLY)
		if err != nil {
			return fmt.Errorf("%s: open %s (controller %s): %w", s.Property, path, s.Controller, err)
		}
		w.path, w.fd = path, fd
	}
	if err := write(w.fd, s.Value); err != nil {
		return fmt.Errorf("%s: write %q to %s: %w", s.Property, s.Value, w.path, err)
	}
	return nil
}

func (w *writer) close() {
	if w.fd >= 0 {
		unix.Close(w.fd)
	}
	w.path, w.fd = "", -1
}

// MissingError says that the host has no such controller to offer.
type MissingError struct{ Controller string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("cgroup controller %q is not available", e.Controller)
}
