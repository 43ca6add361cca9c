package hooks

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// tailSize is how much of the end of a hook's output is kept.
const tailSize = 4096

// capture is a pipe that takes a hook's output and remembers its end.
type capture struct {
	r, w int // -1 when closed
	tail []byte
}

func newCapture() (*capture, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("create pipe: %w", err)
	}
	// Only our end: a hook is entitled to a standard output that blocks.
	if err := unix.SetNonblock(fds[0], true); err != nil {
		unix.Close(fds[0])
		unix.Close(fds[1])
		return nil, fmt.Errorf("make pipe non-blocking: %w", err)
	}
	return &capture{r: fds[0], w: fds[1]}, nil
}

// drain takes what is in the pipe now, and closes the pipe at its end. It is
// bounded by about the capacity of a pipe, so a writer that never pauses cannot
// keep us here.
func (c *capture) drain() {
	var buf [tailSize]byte
	for range 64 * 1024 / tailSize {
		if c.r < 0 {
			return
		}
		n, err := unix.Read(c.r, buf[:])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return
		case err != nil || n == 0:
			unix.Close(c.r)
			c.r = -1
		default:
			c.tail = append(c.tail, buf[:n]...)
			c.tail = c.tail[max(0, len(c.tail)-tailSize):]
		}
	}
}

func (c *capture) closeWriter() {
	if c.w >= 0 {
		unix.Close(c.w)
		c.w = -1
	}
}

func (c *capture) close() {
	c.closeWriter()
	if c.r >= 0 {
		unix.Close(c.r)
		c.r = -1
	}
}
