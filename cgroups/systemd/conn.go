package systemd

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// conn is a connection to a service manager, by its private socket or by a
// bus.
type conn struct {
	fd          int
	destination string // the manager's name on a bus, "" when it is the peer
	owner       string // its unique name there, of which signals are believed
	serial      uint32
	in          []byte        // received and not yet taken
	wait        time.Duration // for each call, and for each job
	until       time.Time
	removed     []job // jobs that have ended while something else was awaited
}

// job is what JobRemoved tells of one.
type job struct {
	path   string
	result string
}

// callError is the answer of a manager that refuses.
type callError struct{ name, text string }

func (e *callError) Error() string {
	if e.text == "" {
		return e.name
	}
	return e.text
}

// is tells whether err is an answer of that name.
func is(err error, name string) bool {
	var e *callError
	return errors.As(err, &e) && e.name == name
}

// dial connects to a socket and gets past the authentication.
func dial(path string, wait time.Duration) (*conn, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make socket: %w", err)
	}
	c := &conn{fd: fd, wait: wait}
	if err := c.connect(path); err != nil {
		c.close()
		return nil, fmt.Errorf("connect to %s: %w", path, err)
	}
	if err := c.authenticate(); err != nil {
		c.close()
		return nil, fmt.Errorf("authenticate at %s: %w", path, err)
	}
	return c, nil
}

// connect waits while there is a queue of others before the manager: one that
// does not block is told at once that the queue is full, and cannot wait.
func (c *conn) connect(path string) error {
	limit := unix.NsecToTimeval(int64(c.wait))
	if err := unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit); err != nil {
		return err
	}
	err := unix.EINTR
	for err == unix.EINTR {
		err, _ = unix.Connect(c.fd, &unix.SockaddrUnix{Name: path}).(unix.Errno)
	}
	switch err {
	case 0:
		return unix.SetNonblock(c.fd, true)
	case unix.EAGAIN:
		return c.late()
	}
	return err
}

func (c *conn) close() { unix.Close(c.fd) }

// authenticate says nothing of who we are: the peer asks the kernel, which
// also knows root of a user namespace by its id outside. All is said at once:
// systemd does not look for a call behind a "BEGIN" that it receives alone.
func (c *conn) authenticate() error {
	c.until = time.Now().Add(c.wait)
	if err := c.write([]byte("\x00AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n")); err != nil {
		return err
	}
	// One answer for each word: "DATA" asks for what came with the second.
	for range 2 {
		answer, err := c.line()
		if err != nil {
			return err
		}
		if answer != "DATA" && !strings.HasPrefix(answer, "OK ") {
			return fmt.Errorf("refused: %q", answer)
		}
	}
	return nil
}

// line receives one line of the authentication.
func (c *conn) line() (string, error) {
	for {
		if line, rest, ok := strings.Cut(string(c.in), "\r\n"); ok {
			c.in = []byte(rest)
			return line, nil
		}
		if len(c.in) > 4096 {
			return "", errMalformed
		}
		if err := c.fill(); err != nil {
			return "", err
		}
	}
}

// call asks an object of the manager and gives the arguments of the answer.
func (c *conn) call(path objectPath, iface, member string, args ...any) ([]any, error) {
	return c.ask(c.destination, path, iface, member, args...)
}

func (c *conn) ask(destination string, path objectPath, iface, member string, args ...any) ([]any, error) {
	c.until = time.Now().Add(c.wait)
	c.serial++
	if err := c.write(encodeCall(c.serial, destination, path, iface, member, args...)); err != nil {
		return nil, err
	}
	for {
		m, err := c.next()
		if err != nil {
			return nil, err
		}
		switch {
		case m.kind == signal:
			c.note(m)
		case m.reply != c.serial:
		case m.kind == failed:
			e := &callError{name: m.errorName}
			if text, err := m.args(); err == nil && len(text) > 0 {
				e.text, _ = text[0].(string)
			}
			return nil, e
		case m.kind == reply:
			if c.destination != "" && destination == c.destination {
				c.owner = m.sender
			}
			return m.args()
		}
	}
}

// note keeps the end of a job. On a bus anybody may send a signal that looks
// like one.
func (c *conn) note(m message) {
	if m.iface != managerInterface || m.member != "JobRemoved" || c.destination != "" && m.sender != c.owner {
		return
	}
	args, err := m.args()
	if err != nil || m.signature != "uoss" {
		return
	}
	c.removed = append(c.removed, job{args[1].(string), args[3].(string)})
}

// await waits for the end of a job and gives its result.
func (c *conn) await(path string) (string, error) {
	c.until = time.Now().Add(c.wait)
	for {
		for _, j := range c.removed {
			if j.path == path {
				return j.result, nil
			}
		}
		c.removed = c.removed[:0]
		m, err := c.next()
		if err != nil {
			return "", err
		}
		if m.kind == signal {
			c.note(m)
		}
	}
}

// next gives the next message.
func (c *conn) next() (message, error) {
	for {
		m, n, err := decode(c.in)
		if err != nil || n > 0 {
			c.in = c.in[n:]
			return m, err
		}
		if err := c.fill(); err != nil {
			return m, err
		}
		if time.Now().After(c.until) { // however much there is to read
			return m, c.late()
		}
	}
}

func (c *conn) late() error { return fmt.Errorf("no answer within %v", c.wait) }

var errClosed = errors.New("the service manager has closed the connection")

// fill receives what there is, and waits when there is nothing.
func (c *conn) fill() error {
	buf := make([]byte, 16<<10)
	for {
		n, err := unix.Read(c.fd, buf)
		switch {
		case err == unix.EAGAIN:
			err = c.ready(unix.POLLIN)
			if err != nil {
				return err
			}
		case err == unix.EINTR:
		case err == unix.ECONNRESET, err == nil && n == 0:
			return errClosed
		case err != nil:
			return fmt.Errorf("receive: %w", err)
		default:
			c.in = append(c.in, buf[:n]...)
			return nil
		}
	}
}

func (c *conn) write(b []byte) error {
	for len(b) > 0 {
		n, err := unix.SendmsgN(c.fd, b, nil, nil, unix.MSG_NOSIGNAL)
		switch {
		case err == unix.EAGAIN:
			if err := c.ready(unix.POLLOUT); err != nil {
				return err
			}
		case err == unix.EINTR:
		case err == unix.EPIPE || err == unix.ECONNRESET:
			return errClosed
		case err != nil:
			return fmt.Errorf("send: %w", err)
		default:
			b = b[n:]
		}
	}
	return nil
}

// ready waits for the socket until the deadline.
func (c *conn) ready(events int16) error {
	fds := []unix.PollFd{{Fd: int32(c.fd), Events: events}}
	for {
		left := time.Until(c.until)
		if left <= 0 {
			return c.late()
		}
		t := unix.NsecToTimespec(int64(left))
		n, err := unix.Ppoll(fds, &t, nil)
		if err != nil && err != unix.EINTR {
			return fmt.Errorf("wait for the service manager: %w", err)
		}
		if n > 0 {
			return nil
		}
	}
}
