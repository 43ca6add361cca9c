package libct

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// With NOTIFY_SOCKET in rt's environment the container gets a socket of its
// own for sd_notify(3): a directory of its state, mounted read-only. Create
// makes the directory; whoever has the program run makes the socket in it and
// passes on to the host's socket that the container is ready, and nothing else
// of what it says.
const (
	notifyDir    = "notify"
	notifySock   = "notify.sock"
	notifyInside = "/run/notify"
	notifyEnv    = "NOTIFY_SOCKET"
)

// notifyDeadline bounds the wait for who reads the host's socket.
const notifyDeadline = 30 * time.Second

// notifyMax is the longest message that sd_notify(3) allows.
const notifyMax = 4096

// notifyQueue is the most messages that are read after the container's end:
// systemd lets a socket hold as many (net.unix.max_dgram_qlen).
const notifyQueue = 512

// offerNotify adds the socket to a configuration: dir is the container's
// directory.
func offerNotify(spec *specs.Spec, dir string) {
	spec.Mounts = append(spec.Mounts, specs.Mount{
		Destination: notifyInside,
		Source:      dir + "/" + notifyDir,
		Options:     []string{"bind", "ro", "nosuid", "nodev", "noexec"},
	})
	env := slices.DeleteFunc(spec.Process.Env, func(v string) bool {
		return strings.HasPrefix(v, notifyEnv+"=")
	})
	spec.Process.Env = append(env, notifyEnv+"="+notifyInside+"/"+notifySock)
}

// makeNotify makes the directory that is mounted. Every user of the container
// may search it.
func (c *Container) makeNotify() error {
	if !c.rec.Notify {
		return nil
	}
	dir := c.path(notifyDir)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("make directory of notify socket: %w", err)
	}
	return os.Chmod(dir, 0o755) // whatever the umask
}

// notifier listens to the container for the host. Its methods do nothing on
// nil.
type notifier struct {
	host  string // the host's socket, "@name" for an abstract one
	path  string // the container's, as the host sees it
	sock  int
	pidfd int
}

// listenNotify makes the container's socket, once its process exists and
// before its program runs; nil when there is nobody to tell.
func (c *Container) listenNotify() (n *notifier, err error) {
	if c.rt.NotifySocket == "" || !c.rec.Notify {
		return nil, nil
	}
	n = &notifier{host: c.rt.NotifySocket, path: c.path(notifyDir + "/" + notifySock), sock: -1}
	if n.pidfd, err = c.pidfd(); err != nil {
		return nil, err
	}
	if err := n.listen(c.path(notifyDir)); err != nil {
		n.close()
		return nil, fmt.Errorf("make notify socket: %w", err)
	}
	return n, nil
}

func (n *notifier) listen(dir string) (err error) {
	if n.sock, err = unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return err
	}
	// Without this a full queue at the host's would block for ever.
	limit := unix.NsecToTimeval(notifyDeadline.Nanoseconds())
	if err := unix.SetsockoptTimeval(n.sock, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit); err != nil {
		return err
	}
	err = inDirectory(dir, func(dir string) error {
		return unix.Bind(n.sock, &unix.SockaddrUnix{Name: dir + notifySock})
	})
	if err != nil {
		return err
	}
	return os.Chmod(n.path, 0o777) // whatever user the container's program has
}

// close ends the container's socket. What is in its queue goes with it.
func (n *notifier) close() {
	if n == nil || n.sock < 0 {
		return
	}
	unix.Close(n.sock)
	unix.Close(n.pidfd)
	unix.Unlink(n.path)
	n.sock = -1
}

// relay waits until the container has said that it is ready and tells the
// host, or until its process has ended. mainPID is what the host is to take for
// the service's main process; 0 leaves it to be rt.
func (n *notifier) relay(mainPID int) error {
	if n == nil {
		return nil
	}
	defer n.close()
	poll := []unix.PollFd{{Fd: int32(n.sock), Events: unix.POLLIN}, {Fd: int32(n.pidfd), Events: unix.POLLIN}}
	for left := notifyQueue; left > 0; {
		if _, err := unix.Poll(poll, -1); errors.Is(err, unix.EINTR) {
			continue
		} else if err != nil {
			return fmt.Errorf("wait for the container to be ready: %w", err)
		}
		if poll[1].Revents != 0 {
			left--
		}
		if poll[0].Revents == 0 {
			return nil // it has ended and has left no word
		}
		ready, err := n.receive()
		if err != nil {
			return fmt.Errorf("read from notify socket of the container: %w", err)
		}
		if ready {
			return n.tell(mainPID)
		}
	}
	return nil
}

// receive reads one message. Descriptors are not taken from it, so the kernel
// closes them: that lets a BARRIER pass, which is right, as everything before
// it has been dealt with.
func (n *notifier) receive() (ready bool, err error) {
	var message [notifyMax]byte
	for {
		size, _, _, _, err := unix.Recvmsg(n.sock, message[:], nil, unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return false, nil
		default:
			return err == nil && saysReady(string(message[:size])), err
		}
	}
}

func saysReady(message string) bool {
	for line := range strings.SplitSeq(message, "\n") {
		if line == "READY=1" {
			return true
		}
	}
	return false
}

// tell tells the host, in one message, so that it never takes a wrong process
// for the main one. It then waits for the message to be read: who reads it asks
// the kernel about its sender, who must be there still.
func (n *notifier) tell(mainPID int) error {
	message := "READY=1"
	if mainPID > 0 {
		message = fmt.Sprintf("MAINPID=%d\n%s", mainPID, message)
	}
	if err := n.send(message, nil); err != nil {
		return fmt.Errorf("%s: send to %q: %w", notifyEnv, n.host, err)
	}
	if err := n.barrier(); err != nil {
		return fmt.Errorf("%s: wait for %q to read: %w", notifyEnv, n.host, err)
	}
	return nil
}

func (n *notifier) send(message string, rights []byte) error {
	return unix.Sendmsg(n.sock, []byte(message), rights, &unix.SockaddrUnix{Name: n.host}, unix.MSG_NOSIGNAL)
}

// barrier gives the host one end of a pipe and waits until it is closed, which
// happens after all that was sent before (sd_notify_barrier(3)). There is no
// need to once the container's process has ended.
func (n *notifier) barrier() error {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	defer unix.Close(pipe[0])
	err := n.send("BARRIER=1", unix.UnixRights(pipe[1]))
	unix.Close(pipe[1])
	if err != nil {
		return err
	}
	poll := []unix.PollFd{{Fd: int32(pipe[0])}, {Fd: int32(n.pidfd), Events: unix.POLLIN}}
	until := time.Now().Add(notifyDeadline)
	for {
		count, err := unix.Poll(poll, int(max(0, time.Until(until).Milliseconds())))
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case count == 0:
			return unix.ETIMEDOUT
		default:
			return nil
		}
	}
}

// follow is relay beside other work. The function it gives waits for the end,
// which comes with that of the container's process at the latest.
func (n *notifier) follow() (wait func() error) {
	if n == nil {
		return func() error { return nil }
	}
	ended := make(chan error, 1)
	go func() { ended <- n.relay(0) }()
	return func() error { return <-ended }
}
