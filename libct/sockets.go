package libct

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// checkConsole says what the process's terminal needs. Create always detaches.
func (o CreateOptions) checkConsole(p *specs.Process) error {
	terminal := p != nil && p.Terminal
	return checkConsole(terminal, !o.attached, o.ConsoleSocket)
}

func checkConsole(terminal, detached bool, socket string) error {
	switch {
	case terminal && detached && socket == "":
		return errors.New("cannot allocate tty if rt will detach without setting console socket")
	case socket != "" && !(terminal && detached):
		return errors.New("cannot use console socket if rt will not detach or allocate tty")
	}
	return nil
}

// consoleFile connects to the console socket, or makes a pair of sockets when
// the terminal stays with us.
func (l *launch) consoleFile() error {
	if p := l.config.Spec.Process; p == nil || !p.Terminal {
		return nil
	}
	theirs, ours, err := consoleSocket(l.options.ConsoleSocket)
	if err != nil {
		return err
	}
	l.files.keep(theirs)
	l.plan.Console = int(theirs.Fd())
	l.console = ours
	return nil
}

// consoleSocket gives the socket the executor sends the terminal to, and our
// end of it when no engine has asked for the terminal.
func consoleSocket(path string) (theirs, ours *os.File, err error) {
	if path != "" {
		fd, err := connect(path)
		if err != nil {
			return nil, nil, fmt.Errorf("connect to console socket %q: %w", path, err)
		}
		return os.NewFile(uintptr(fd), path), nil, nil
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make console socket: %w", err)
	}
	return os.NewFile(uintptr(pair[0]), "console"), os.NewFile(uintptr(pair[1]), "console"), nil
}

// receiveTerminal takes the terminal that the executor has sent.
func receiveTerminal(from *os.File) (*os.File, error) {
	var name [64]byte
	oob := make([]byte, unix.CmsgSpace(4))
	_, oobn, _, _, err := unix.Recvmsg(int(from.Fd()), name[:], oob, unix.MSG_CMSG_CLOEXEC|unix.MSG_DONTWAIT)
	if err != nil {
		return nil, fmt.Errorf("receive terminal: %w", err)
	}
	msgs, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil || len(msgs) != 1 {
		return nil, fmt.Errorf("receive terminal: %d control messages: %v", len(msgs), err)
	}
	fds, err := unix.ParseUnixRights(&msgs[0])
	if err != nil || len(fds) != 1 {
		return nil, fmt.Errorf("receive terminal: %d descriptors: %v", len(fds), err)
	}
	return os.NewFile(uintptr(fds[0]), "terminal"), nil
}

// sendPidfd sends a process's pidfd to a socket that somebody listens on.
func sendPidfd(socket string, pidfd int) error {
	if socket == "" {
		return nil
	}
	fd, err := connect(socket)
	if err != nil {
		return fmt.Errorf("connect to pidfd socket %q: %w", socket, err)
	}
	defer unix.Close(fd)
	if err := unix.Sendmsg(fd, []byte("pidfd"), unix.UnixRights(pidfd), nil, unix.MSG_NOSIGNAL); err != nil {
		return fmt.Errorf("send pidfd to %q: %w", socket, err)
	}
	return nil
}

// writePidFile writes a pid in decimal, without a newline. Who sees the file
// sees all of it.
func writePidFile(path string, pid int) error {
	if path == "" {
		return nil
	}
	if err := writeRenamed(path, []byte(strconv.Itoa(pid)), 0o644); err != nil {
		return fmt.Errorf("write pid file: %w", err)
	}
	return nil
}

// stdioToOwn lists which of the standard descriptors become the user's, so
// that it can open /dev/stdout again. A device stays as it is: a terminal is
// the caller's, who types on it, and /dev/null everybody's.
func stdioToOwn(o IO, p *specs.Process) []int {
	if p == nil || p.Terminal {
		return nil
	}
	var list []int
	for n, f := range [...]*os.File{o.Stdin, o.Stdout, o.Stderr} {
		var st unix.Stat_t
		if unix.Fstat(int(f.Fd()), &st) != nil || st.Uid == p.User.UID {
			continue
		}
		if kind := st.Mode & unix.S_IFMT; kind != unix.S_IFCHR && kind != unix.S_IFBLK {
			list = append(list, n)
		}
	}
	return list
}
