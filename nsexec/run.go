package nsexec

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// callDeadline bounds the wait for one batch. A batch that runs a hook without
// a timeout of its own waits for ever, as the spec has it.
const callDeadline = 10 * time.Minute

// maxRaces bounds how often a look-up is made again that lost a race.
const maxRaces = 128

// maxMends bounds how often one call is mended: what was put right may have
// been put wrong again by somebody else, or never have been the cause.
const maxMends = 8

// CallError is a system call inside the container that stopped a batch.
type CallError struct {
	Step  Step
	Call  string // the call with its arguments, for people
	Name  string // the kernel's name of the call
	Errno unix.Errno
	// Detail is what more is known: the kernel's own message of a mount, the
	// exit status of a hook.
	Detail string
}

func (e *CallError) Error() string {
	text := e.Step.text()
	if e.ChildEnded() && e.Detail != "" {
		return text + ": " + e.Detail // a process that has ended, not a call
	}
	text += ": " + e.Name + ": " + e.Errno.Error()
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return text
}

// text is how errors begin: "mounts[3]: mount tmpfs on /tmp".
func (s Step) text() string {
	text := s.Name
	if s.What != "" {
		text += " " + s.What
	}
	if s.Property != "" {
		text = s.Property + ": " + text
	}
	return text
}

// ChildEnded tells that no call has failed, but a forked child that had to end
// well, and in time: a hook.
func (e *CallError) ChildEnded() bool {
	return e.Name == requireName || e.Name == waitName && e.Errno == unix.ETIMEDOUT
}

func (e *CallError) Unwrap() error { return e.Errno }

// DeadError says that the executor ended before it could answer.
type DeadError struct {
	Step   Step
	Call   string
	Status unix.WaitStatus
}

func (e *DeadError) Error() string {
	how := ExitText(e.Status)
	switch {
	case e.Status == 0:
		how = "it is gone"
	case e.Status.Signaled() && e.Status.Signal() == unix.SIGKILL:
		how += ", perhaps for want of memory in its cgroup"
	}
	return e.Step.text() + ": " + e.Call + ": the executor ended: " + how
}

// Run has the executor do a batch and waits for the outcome. The error is a
// *CallError when a call failed and a *DeadError when the executor is gone.
func (x *Executor) Run(b *Batch) error {
	if err := b.check(); err != nil {
		return err
	}
	x.load(b)
	return x.resume(b, 0)
}

// load puts a batch into its slot of the shared memory.
func (x *Executor) load(b *Batch) {
	if len(b.ops) == 0 {
		return
	}
	start := opsStart + b.slot*slotSize
	copy(x.view[start:], unsafe.Slice((*byte)(unsafe.Pointer(&b.ops[0])), len(b.ops)*64))
	copy(x.view[start+opsSize+scratchSize:start+slotSize], b.data)
	x.inject(b)
}

// resume does the calls from first on, and what the host has to do between
// them.
func (x *Executor) resume(b *Batch, first int) error {
	for _, s := range append(b.syncs, sync{at: len(b.ops)}) {
		if err := x.stretch(b, first, s.at); err != nil {
			return err
		}
		if s.do != nil {
			err := x.aside(func() error { return s.do(x) })
			if err != nil {
				return err
			}
		}
		first = s.at
	}
	return nil
}

// stretch does the calls first..end-1, mending what can be mended.
func (x *Executor) stretch(b *Batch, first, end int) error {
	races, mended, mends := 0, -1, 0
	for first < end {
		if err := x.command(b, first, end); err != nil {
			return err
		}
		if err := x.await(b); err != nil {
			return err
		}
		at := int(x.header().at)
		if at >= end {
			return nil
		}
		o := x.op(b.slot, at)
		e := b.callError(at, unix.Errno(o.err))
		if e.Errno == unix.EAGAIN && b.ops[at].nr == unix.SYS_OPENAT2 && races < maxRaces {
			// Somebody renamed in the tree that was walked (openat2(2)).
			races++
			o.err, first = 0, at
			continue
		}
		if e.ChildEnded() {
			e.Detail = childEnd(x.view, b.Outline(), at) // repairs fork nobody
		}
		mend := b.mends[at]
		if at != mended {
			mended, mends = at, 0
		}
		if mends++; mend == nil || mends > maxMends {
			return e
		}
		next, err := x.mend(mend, e)
		if err != nil {
			return err
		}
		o.err = 0
		first = at + int(next)
	}
	return nil
}

// mend has a Mend act.
func (x *Executor) mend(m Mend, e *CallError) (Next, error) {
	if x.depth+1 == slots {
		return 0, e
	}
	var next Next
	err := x.aside(func() (err error) {
		next, err = m(x, e)
		return err
	})
	return next, err
}

// aside has do act while a batch is stopped; the batches it runs are repairs,
// whose registers are free again afterwards.
func (x *Executor) aside(do func() error) error {
	if x.depth == 0 {
		x.repair = Registers{next: repairRegs, limit: nreg}
	}
	x.depth++
	defer func() { x.depth-- }()
	return do()
}

// Copy has the executor copy what a file of ours still holds to another, while a
// batch is stopped: what is written is charged to its cgroup and not to ours.
func (x *Executor) Copy(from, to int) error {
	const most = 1 << 30 // of one call, which it may return before
	for {
		b := Repair(x)
		b.Step("write", "", "content")
		in, out := b.Pass(from)[0], b.Pass(to)[0]
		b.FreeAll(b.Sendfile(out, in, most))
		n := b.Sendfile(out, in, most)
		b.Close(in)
		b.Close(out)
		b.FreeAll(n)
		if err := x.Run(b); err != nil {
			return err
		}
		if x.Reg(n) == 0 {
			return nil
		}
	}
}

// command tells the executor to do the calls first..end-1.
func (x *Executor) command(b *Batch, first, end int) error {
	c := command{uint32(opsStart + b.slot*slotSize), uint32(first), uint32(end)}
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&c)), unsafe.Sizeof(c))
	x.header().at = c.first // an executor that ends now has got no further
	err := unix.Sendto(x.sock, raw, unix.MSG_NOSIGNAL, nil)
	if err == nil {
		err = x.sendFDs(b, first, end)
	}
	if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		return x.died(b)
	}
	if err != nil {
		return fmt.Errorf("command the executor: %w", err)
	}
	return nil
}

// await waits for the executor to answer or end.
func (x *Executor) await(b *Batch) error {
	wait := callDeadline
	if b.unbounded() {
		wait = -1
	}
	for {
		ready, err := x.readable(wait)
		if err != nil {
			return fmt.Errorf("wait for the executor: %w", err)
		}
		if !ready {
			at := min(int(x.header().at), len(b.ops)-1)
			x.Kill()
			return b.callError(at, unix.ETIMEDOUT)
		}
		fds, answered, err := next(x.sock)
		if err != nil {
			return x.died(b)
		}
		x.lent = append(x.lent, fds...)
		if answered {
			return nil
		}
	}
}

// shortWait is how long we wait without telling the Go scheduler, which would
// start another thread in our place. Most batches are done by then.
const shortWait = 5 * time.Millisecond

// readable waits until there is something to read; a negative wait is for ever.
func (x *Executor) readable(wait time.Duration) (bool, error) {
	p := unix.PollFd{Fd: int32(x.sock), Events: unix.POLLIN}
	limit := unix.NsecToTimespec(int64(shortWait))
	n, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if errno == unix.EINTR || errno == 0 && n == 0 {
		return poll(x.sock, wait)
	}
	if errno != 0 {
		return false, errno
	}
	return true, nil
}

// AwaitExit waits until the process of a pidfd has ended, and says whether it
// has.
func AwaitExit(pidfd int, wait time.Duration) (bool, error) { return poll(pidfd, wait) }

// poll is readable for any descriptor.
func poll(fd int, wait time.Duration) (bool, error) {
	until := time.Now().Add(wait)
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		ms := -1
		if wait >= 0 {
			ms = int(max(time.Until(until), 0).Milliseconds()) + 1
		}
		n, err := unix.Poll(p, ms)
		if err != unix.EINTR {
			return n > 0, err
		}
	}
}

// died says where the executor ended and why.
func (x *Executor) died(b *Batch) error {
	ws, err := x.Reap()
	if err != nil {
		return fmt.Errorf("wait for the executor: %w", err)
	}
	at := min(int(x.header().at), len(b.ops)-1)
	return &DeadError{Step: b.step(at), Call: b.name(at), Status: ws}
}

// Split is Run for a batch that ends in Split: the executor goes on in its
// child, which Pid and PidFD then name.
func (x *Executor) Split(b *Batch) error {
	if err := x.Run(b); err != nil {
		return err
	}
	if ws, err := x.Reap(); err != nil || ws != 0 {
		return fmt.Errorf("container init: first stage ended with status %#x: %v", ws, err)
	}
	unix.Close(x.PidFD)
	x.PidFD = -1
	return x.adopt(int(x.header().reg[0]))
}

// adopt goes on with a child that the executor has left. Its number has lain
// where whoever may trace that child can write, and must not be another's.
func (x *Executor) adopt(pid int) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return fmt.Errorf("pidfd_open container init: %w", err)
	}
	err = unix.Waitid(unix.P_PIDFD, fd, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	if err != nil {
		unix.Close(fd)
		return fmt.Errorf("find container init: %w", err)
	}
	x.dead, x.Pid, x.PidFD = false, pid, fd
	return nil
}

// Arm leaves the executor with its last batch, which waits for start by
// itself, and does not wait for an answer.
func (x *Executor) Arm(b *Batch) error {
	if err := b.check(); err != nil {
		return err
	}
	x.load(b)
	return x.command(b, 0, len(b.ops))
}

// Exec has the executor do its last batch, whose last call is execve, and
// waits until the program runs or a call has failed.
func (x *Executor) Exec(b *Batch) error {
	if err := b.check(); err != nil {
		return err
	}
	x.load(b)
	if err := x.command(b, 0, len(b.ops)); err != nil {
		return err
	}
	_, err := outcome(x.sock, x.view, b.Outline()) // which lends nothing without Await
	return err
}

func (b *Batch) callError(at int, errno unix.Errno) *CallError {
	return &CallError{
		Step:  b.step(at),
		Call:  b.describe(at),
		Name:  b.name(at),
		Errno: errno,
	}
}

func (b *Batch) step(at int) Step { return b.names[b.steps[at]] }
