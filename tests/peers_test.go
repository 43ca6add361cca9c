package tests

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

type peersKey struct{}

// peers are the ends of sockets that the suite holds for a script: the
// receiver of a terminal, a seccomp agent. They last until close.
type peers struct {
	mu      sync.Mutex
	files   []interface{ Close() error }
	console *os.File
	wg      sync.WaitGroup
}

func (p *peers) keep(f interface{ Close() error }) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files = append(p.files, f)
}

func (p *peers) close() {
	p.mu.Lock()
	files := p.files
	p.mu.Unlock()
	for _, f := range files {
		f.Close()
	}
	p.wg.Wait()
}

// receivers are what listen can do with the descriptor that arrives.
var receivers = map[string]func(p *peers, f *os.File, message []byte, log *os.File){
	"console": receiveConsole,
	"fd":      receiveFD,
	"seccomp": answerSeccomp,
}

// listen KIND socket log waits in the background for one connection that
// brings a descriptor. console copies what the terminal prints to the log,
// and type and resize then act on it; fd writes what kind of file came;
// seccomp writes the state that came with it and answers each mkdir(2) with
// ENOANO, everything else with "go on". listen datagram copies datagrams.
func cmdListen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: listen console|fd|seccomp|datagram socket log")
	}
	p := ts.Value(peersKey{}).(*peers)
	log, err := os.Create(ts.MkAbs(args[2]))
	ts.Check(err)
	p.keep(log)
	path := ts.MkAbs(args[1])
	if args[0] == "datagram" {
		conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
		ts.Check(err)
		p.keep(conn)
		p.wg.Go(func() { copyDatagrams(conn, log) })
		return
	}
	receive := receivers[args[0]]
	if receive == nil {
		ts.Fatalf("listen: no kind %q", args[0])
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	ts.Check(err)
	p.keep(l)
	p.wg.Go(func() {
		conn, err := l.AcceptUnix()
		if err != nil {
			return
		}
		defer conn.Close()
		f, message, err := receiveFile(conn)
		if err != nil {
			fmt.Fprintln(log, "receive:", err)
			return
		}
		p.keep(f)
		receive(p, f, message, log)
	})
}

func receiveFile(conn *net.UnixConn) (*os.File, []byte, error) {
	data, oob := make([]byte, 64<<10), make([]byte, unix.CmsgSpace(16*4))
	n, oobn, _, _, err := conn.ReadMsgUnix(data, oob)
	if err != nil {
		return nil, nil, err
	}
	messages, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return nil, nil, err
	}
	var fds []int
	for _, m := range messages {
		more, err := unix.ParseUnixRights(&m)
		if err != nil {
			return nil, nil, err
		}
		fds = append(fds, more...)
	}
	if len(fds) != 1 {
		return nil, nil, fmt.Errorf("%d descriptors with %q, want 1", len(fds), data[:n])
	}
	unix.SetNonblock(fds[0], true) // so that Close ends a Read
	return os.NewFile(uintptr(fds[0]), "received"), data[:n], nil
}

func receiveConsole(p *peers, f *os.File, _ []byte, log *os.File) {
	p.setConsole(f)
	copyTerminal(log, f)
}

func (p *peers) setConsole(f *os.File) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.console = f
}

// copyTerminal ends when the other end of the terminal is closed everywhere
// (EIO), or when f is.
func copyTerminal(log, f *os.File) {
	buf := make([]byte, 4096)
	for {
		n, err := f.Read(buf)
		log.Write(buf[:n])
		if err != nil {
			return
		}
	}
}

func receiveFD(_ *peers, f *os.File, _ []byte, log *os.File) {
	target, _ := os.Readlink("/proc/self/fd/" + strconv.Itoa(int(f.Fd())))
	fmt.Fprintln(log, target)
}

func copyDatagrams(conn *net.UnixConn, log *os.File) {
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		fmt.Fprintln(log, strings.TrimSpace(string(buf[:n])))
	}
}

// type text writes to the terminal that listen console has received; \n ends
// a line, \x03 is control-C.
func cmdType(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: type text")
	}
	text, err := strconv.Unquote(`"` + args[0] + `"`)
	ts.Check(err)
	_, err = console(ts).WriteString(text)
	ts.Check(err)
}

// resize rows columns changes the size of that terminal.
func cmdResize(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: resize rows columns")
	}
	rows, err := strconv.ParseUint(args[0], 10, 16)
	ts.Check(err)
	columns, err := strconv.ParseUint(args[1], 10, 16)
	ts.Check(err)
	size := &unix.Winsize{Row: uint16(rows), Col: uint16(columns)}
	ts.Check(unix.IoctlSetWinsize(int(console(ts).Fd()), unix.TIOCSWINSZ, size))
}

func console(ts *testscript.TestScript) *os.File {
	p := ts.Value(peersKey{}).(*peers)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.console == nil {
		ts.Fatalf("no terminal has arrived")
	}
	return p.console
}

// seccompNotif and seccompResponse are the kernel's struct seccomp_notif and
// seccomp_notif_resp (linux/seccomp.h).
type seccompNotif struct {
	id    uint64
	pid   uint32
	flags uint32
	nr    int32
	arch  uint32
	ip    uint64
	args  [6]uint64
}

type seccompResponse struct {
	id    uint64
	val   int64
	err   int32
	flags uint32
}

const (
	notifRecv     = 0xc0502100 // SECCOMP_IOCTL_NOTIF_RECV
	notifSend     = 0xc0182101 // SECCOMP_IOCTL_NOTIF_SEND
	notifContinue = 1          // SECCOMP_USER_NOTIF_FLAG_CONTINUE
)

func answerSeccomp(_ *peers, f *os.File, message []byte, log *os.File) {
	fmt.Fprintf(log, "%s\n", message)
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	for notified(f) {
		var n seccompNotif
		var errno unix.Errno
		err := raw.Read(func(fd uintptr) bool {
			_, _, errno = unix.Syscall(unix.SYS_IOCTL, fd, notifRecv, uintptr(unsafe.Pointer(&n)))
			return errno != unix.EAGAIN
		})
		if err != nil || errno != 0 {
			return
		}
		answer := seccompResponse{id: n.id, flags: notifContinue}
		if n.nr == unix.SYS_MKDIRAT || n.nr == sysMkdir {
			fmt.Fprintf(log, "mkdir\n")
			answer = seccompResponse{id: n.id, err: -int32(unix.ENOANO)}
		}
		raw.Control(func(fd uintptr) {
			unix.Syscall(unix.SYS_IOCTL, fd, notifSend, uintptr(unsafe.Pointer(&answer)))
		})
	}
}

// notified waits for a call to answer. Before Linux 6.11 the ioctl that receives
// one is not woken when the last process under the filter has ended.
func notified(f *os.File) bool {
	p := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(p, -1)
		if err == unix.EINTR {
			continue
		}
		return err == nil && n > 0 && p[0].Revents&unix.POLLIN != 0
	}
}

const sysMkdir = 83 // mkdir(2) on amd64; arm64 has only mkdirat(2)
