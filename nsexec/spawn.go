package nsexec

import (
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Executor is a running executor: the host's end of it.
type Executor struct {
	Pid   int // in the host's pid namespace
	PidFD int // owned by the executor

	repair Registers // for batches that run while another is stopped
	depth  uint64    // how many batches are stopped
	sock   int
	mem    int
	view   []byte // the shared memory
	dead   bool
	lent   []int // descriptors the executor has sent, for Lend
}

// Options say how an executor is born.
type Options struct {
	// Namespaces are CLONE_NEW* flags of namespaces it is born in.
	Namespaces uintptr
	// Cgroup is a cgroup v2 directory it is born in, or nil.
	Cgroup *os.File
	// Stdio are its descriptors 0, 1 and 2.
	Stdio [3]*os.File
	// Trace has every call timed.
	Trace bool
}

// Spawn starts an executor.
//
// The executor asks to be killed with the thread that started it. Go ends a
// thread only with a goroutine that has locked itself to it and not unlocked,
// which nobody here does; so there is no need to lock, and to pay for the
// extra thread that locking starts.
func Spawn(o Options) (*Executor, error) {
	x := &Executor{sock: -1, mem: -1, PidFD: -1}
	if err := x.spawn(o); err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

func (x *Executor) spawn(o Options) error {
	if err := x.share(o.Trace); err != nil {
		return err
	}
	exe, err := Sealed("rt", image)
	if err != nil {
		return err
	}
	if exe, err = moved(exe); err != nil {
		return err
	}
	defer unix.Close(exe)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socketpair for the executor: %w", err)
	}
	x.sock = pair[0]
	defer unix.Close(pair[1])

	attr := syscall.ProcAttr{
		Files: []uintptr{o.Stdio[0].Fd(), o.Stdio[1].Fd(), o.Stdio[2].Fd(), uintptr(pair[1]), uintptr(x.mem)},
		Sys:   &syscall.SysProcAttr{Cloneflags: o.Namespaces, PidFD: &x.PidFD},
	}
	if o.Cgroup != nil {
		attr.Sys.UseCgroupFD = true
		attr.Sys.CgroupFD = int(o.Cgroup.Fd())
	}
	x.Pid, err = syscall.ForkExec(fmt.Sprintf("/proc/self/fd/%d", exe), []string{"rt init"}, &attr)
	if err != nil {
		return fmt.Errorf("start the executor: %w", err)
	}
	return nil
}

// moved gives the executor's file a number that stays what it is until it is
// executed: the executor's own descriptors are put in place before.
func moved(exe int) (int, error) {
	if exe > fdMem {
		return exe, nil
	}
	defer unix.Close(exe)
	fd, err := unix.FcntlInt(uintptr(exe), unix.F_DUPFD_CLOEXEC, fdMem+1)
	if err != nil {
		return -1, fmt.Errorf("move the executor's descriptor: %w", err)
	}
	return fd, nil
}

// share makes the shared memory and maps it.
func (x *Executor) share(trace bool) error {
	mem, err := unix.MemfdCreate("rt batches", unix.MFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("memfd_create batches: %w", err)
	}
	x.mem = mem
	if err := size(mem, memSize); err != nil {
		return fmt.Errorf("size batches: %w", err)
	}
	x.view, err = unix.Mmap(mem, 0, memSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map batches: %w", err)
	}
	h := x.header()
	h.reg[RegSock] = fdSock
	h.reg[RegMem] = fdMem
	if trace {
		h.trace = 1
	}
	return nil
}

// size makes a memfd n bytes long, most of which will never exist. For all that
// the limit on the size of files holds for it. It is lifted for this call alone,
// as what is started afterwards is to have the caller's.
func size(memfd int, n int64) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	if room := uint64(n); limit.Cur < room {
		lifted := unix.Rlimit{Cur: room, Max: max(limit.Max, room)}
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &lifted); err != nil {
			return fmt.Errorf("lift RLIMIT_FSIZE, which is %d, to %d: %w", limit.Cur, n, err)
		}
		defer unix.Setrlimit(unix.RLIMIT_FSIZE, &limit)
	}
	return unix.Ftruncate(memfd, n)
}

func (x *Executor) header() *header { return (*header)(unsafe.Pointer(&x.view[0])) }

func (x *Executor) op(slot uint64, i int) *op {
	return (*op)(unsafe.Pointer(&x.view[opsStart+slot*slotSize+uint64(i)*64]))
}

// Reg reads a register: a descriptor number inside the executor, or the
// result of the call that wrote it (-errno when that error was expected).
func (x *Executor) Reg(r Reg) int64 { return int64(x.header().reg[r]) }

// Read gives the bytes that a call has put into buf.
func (x *Executor) Read(buf Buffer) []byte {
	at := buf.addr - base
	return append([]byte(nil), x.view[at:at+uint64(buf.n)]...)
}

// Text gives what a call has put into buf whose register n says how many bytes
// that are; "" after an error. Whoever may trace the executor can write both.
func (x *Executor) Text(buf Buffer, n Reg) string {
	return string(x.Read(buf)[:min(max(x.Reg(n), 0), int64(buf.n))])
}

// Statx gives what a Statx call found.
func (x *Executor) Statx(buf Buffer) unix.Statx_t {
	return *(*unix.Statx_t)(unsafe.Pointer(&x.view[buf.addr-base]))
}

// Statfs gives what an Fstatfs call found.
func (x *Executor) Statfs(buf Buffer) unix.Statfs_t {
	return *(*unix.Statfs_t)(unsafe.Pointer(&x.view[buf.addr-base]))
}

// Kill ends the executor, when it still exists, and reaps it.
func (x *Executor) Kill() {
	if x.PidFD < 0 {
		return
	}
	unix.PidfdSendSignal(x.PidFD, unix.SIGKILL, nil, 0)
	x.Reap()
}

// endDeadline bounds the wait for an executor that has been told to end.
const endDeadline = 5 * time.Second

// Reap waits for the executor, or the program it has become, and gives its
// wait status. One that does not end by itself is killed: whoever may trace it
// can hold it. One that is frozen in a cgroup of version 1 cannot even be
// killed; it is left, and ends when it is thawed.
func (x *Executor) Reap() (unix.WaitStatus, error) {
	ended, err := AwaitExit(x.PidFD, endDeadline)
	if err == nil && !ended {
		unix.PidfdSendSignal(x.PidFD, unix.SIGKILL, nil, 0)
		ended, err = AwaitExit(x.PidFD, endDeadline)
	}
	if err != nil {
		return 0, err
	}
	if !ended {
		return 0, fmt.Errorf("process %d: still there %v after SIGKILL", x.Pid, endDeadline)
	}
	var ws unix.WaitStatus
	for {
		_, err := unix.Wait4(x.Pid, &ws, 0, nil)
		if err != unix.EINTR {
			x.dead = true
			return ws, err
		}
	}
}

// Close lets go of the executor. One that is still waiting for a command ends
// then; one that holds its last command goes on.
func (x *Executor) Close() {
	if x.view != nil {
		unix.Munmap(x.view)
		x.view = nil
	}
	for _, fd := range x.lent {
		unix.Close(fd)
	}
	x.lent = nil
	for _, fd := range []*int{&x.sock, &x.mem, &x.PidFD} {
		if *fd >= 0 {
			unix.Close(*fd)
			*fd = -1
		}
	}
}

// sendFDs sends what the calls first..end-1 receive, after their command: both
// use one socket.
func (x *Executor) sendFDs(b *Batch, first, end int) error {
	for _, p := range b.passes {
		if p.at < first || p.at >= end {
			continue
		}
		if err := unix.Sendmsg(x.sock, []byte{0}, unix.UnixRights(p.fds...), nil, unix.MSG_NOSIGNAL); err != nil {
			return fmt.Errorf("send descriptors to the executor: %w", err)
		}
	}
	return nil
}
