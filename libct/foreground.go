package libct

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// foreground is rt while it waits for a process that is its child: it passes
// signals on, carries the terminal, and takes the exit status.
type foreground struct {
	signals chan os.Signal
	in, out *os.File
	own     *os.File // our terminal, when the process is to have one
	master  *os.File
	saved   *unix.Termios // of our own terminal, to be restored
	drained chan struct{} // closed when the terminal's output has ended
}

func newForeground(in, out *os.File, noSubreaper bool) *foreground {
	f := &foreground{signals: make(chan os.Signal, 128), in: in, out: out}
	if !noSubreaper {
		unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	}
	return f
}

// catch begins to catch signals, beside what else has to be done. They are
// kept for wait. The goroutine ends when all are caught.
func (f *foreground) catch() {
	if f == nil {
		return
	}
	go func() {
		signal.Notify(f.signals, passedOn...)
		if f.own == nil {
			signal.Notify(f.signals, ofJobs...)
		}
		f.signals <- unix.SIGWINCH // one may have come before
	}()
}

// passedOn are the signals that the process gets instead of us, and which may
// come before its program runs. Each takes the Go runtime two switches of
// threads, so the others have to wait until it does.
var passedOn = []os.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2, unix.SIGWINCH,
	unix.SIGALRM, unix.SIGCONT, unix.SIGTSTP,
}

// ofJobs are those by which our own terminal stops us while we are in its
// background. Caught, the call that was refused would be made again at once,
// and for ever (tty_ioctl(4), SA_RESTART).
var ofJobs = []os.Signal{unix.SIGTTIN, unix.SIGTTOU}

// otherSignals are the rest of what the process gets instead of us: without
// them SIGABRT would end us and leave it alone, and the SIGRTMIN+3 by which
// systemd is stopped never reach it. Those that tell of a child, that stop us,
// and that the Go runtime needs are ours, and so is SIGPIPE, which ends us when
// nobody reads what we write.
func otherSignals() []os.Signal {
	var list []os.Signal
	for s := unix.Signal(1); s <= 64; s++ {
		switch {
		case s >= 32 && s <= 33: // C libraries use them among their threads
		case slices.Contains(passedOn, os.Signal(s)) || slices.Contains(ofJobs, os.Signal(s)):
		case slices.Contains(ownSignals, s):
		default:
			list = append(list, s)
		}
	}
	return list
}

var ownSignals = []unix.Signal{unix.SIGKILL, unix.SIGSTOP, unix.SIGCHLD, unix.SIGURG, unix.SIGPIPE}

// findTerminal finds our own terminal, for a process that is to have one: one
// of the standard files, or the controlling terminal when all of them lead
// elsewhere.
func (f *foreground) findTerminal(o IO) error {
	for _, file := range [...]*os.File{o.Stderr, o.Stdout, o.Stdin} {
		if _, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS); err == nil {
			f.own = file
			return nil
		}
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("process.terminal: there is no terminal to connect it to: %w", err)
	}
	f.own = tty
	return nil
}

// terminal takes the master of the process's terminal and makes ours
// transparent.
func (f *foreground) terminal(socket *os.File) error {
	master, err := receiveTerminal(socket)
	if err != nil {
		return err
	}
	socket.Close()
	f.master = master
	f.resize()
	saved, err := unix.IoctlGetTermios(int(f.own.Fd()), unix.TCGETS)
	if err == nil {
		f.saved = saved
		err = unix.IoctlSetTermios(int(f.own.Fd()), unix.TCSETS, raw(*saved))
	}
	if err != nil {
		return fmt.Errorf("process.terminal: make our terminal transparent: %w", err)
	}
	f.drained = make(chan struct{})
	go func() { // ends when no process holds the terminal any more
		io.Copy(f.out, f.master)
		close(f.drained)
	}()
	go io.Copy(f.master, f.in) // ends with our input, or with rt
	return nil
}

// raw is cfmakeraw(3), but the output stays as the container's terminal makes
// it.
func raw(t unix.Termios) *unix.Termios {
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag &^= unix.CSIZE | unix.PARENB
	t.Cflag |= unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return &t
}

// resize gives the process's terminal the size of ours, when we have one.
func (f *foreground) resize() {
	if f.master == nil {
		return
	}
	size, err := unix.IoctlGetWinsize(int(f.own.Fd()), unix.TIOCGWINSZ)
	if err == nil {
		unix.IoctlSetWinsize(int(f.master.Fd()), unix.TIOCSWINSZ, size)
	}
}

// settled is the age from which a process gets the rare signals, too. To catch
// them takes a tenth of the time of an exec, and nobody sends them to what is
// over at once.
const settled = 50 * time.Millisecond

// wait passes signals on until the process has ended, and gives its status.
func (f *foreground) wait(pid, pidfd int) (unix.WaitStatus, error) {
	go f.passSignals(pidfd) // ends with rt
	late := time.AfterFunc(settled, func() { signal.Notify(f.signals, otherSignals()...) })
	ws, err := reapUntil(pid)
	late.Stop()
	if f.drained != nil {
		<-f.drained
	}
	return ws, err
}

// reapUntil waits for a child, and meanwhile for the orphans that a subreaper
// is left with.
func reapUntil(pid int) (unix.WaitStatus, error) {
	for {
		var ws unix.WaitStatus
		got, err := unix.Wait4(-1, &ws, 0, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || got == pid {
			return ws, err
		}
	}
}

func (f *foreground) passSignals(pidfd int) {
	for s := range f.signals {
		if s == unix.SIGWINCH {
			f.resize()
			continue
		}
		// It may just have ended.
		unix.PidfdSendSignal(pidfd, s.(unix.Signal), nil, 0)
	}
}

// end gives our terminal back as it was.
func (f *foreground) end() {
	if f.saved != nil {
		unix.IoctlSetTermios(int(f.own.Fd()), unix.TCSETS, f.saved)
	}
	if f.master != nil {
		f.master.Close()
	}
}
