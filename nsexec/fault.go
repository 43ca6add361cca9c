//go:build rtfault

package nsexec

import (
	"fmt"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Faults on purpose, in a build of the tests alone. All calls that this
// process gives to executors are numbered from 1, in the order in which their
// batches are made ready. The environment says what happens:
//
//	RT_FAULT_AT=N     call N fails, with the number RT_FAULT_ERRNO or EIO
//	RT_KILL_AT=N      rt is killed when call N is next
//	RT_DIE_AT=N       the executor is killed when call N is next
//	RT_FAULT_LIST=F   all calls are appended to the file F, one a line: its
//	                  step, its name, "armed" when only start gets to it, and
//	                  "lenient" when EIO is expected of it
//
// What comes after the call that awaits start is done when this process is
// gone: there the executor hangs for RT_KILL_AT, so that it is start that can
// be killed, and for RT_DIE_AT it ends by itself.

// given is how many calls have their numbers.
var given int

func (x *Executor) inject(b *Batch) {
	if file := os.Getenv("RT_FAULT_LIST"); file != "" {
		b.list(file)
	}
	first := given
	given += len(b.ops)
	within := func(name string) (at int, ok bool) {
		n, err := strconv.Atoi(os.Getenv(name))
		at = n - 1 - first
		return at, err == nil && at >= 0 && at < len(b.ops)
	}
	if at, ok := within("RT_FAULT_AT"); ok {
		x.replace(b, at, opFail, faultErrno())
	}
	if at, ok := within("RT_KILL_AT"); ok {
		if b.armed(at) {
			x.replace(b, at, unix.SYS_PPOLL, 0)
			return
		}
		x.resume(b.before(at), 0)
		unix.Kill(os.Getpid(), unix.SIGKILL)
	}
	if at, ok := within("RT_DIE_AT"); ok {
		if b.armed(at) {
			x.replace(b, at, unix.SYS_EXIT_GROUP, 1)
			return
		}
		x.resume(b.before(at), 0)
		unix.PidfdSendSignal(x.PidFD, unix.SIGKILL, nil, 0)
	}
}

func faultErrno() uint64 {
	if n, err := strconv.Atoi(os.Getenv("RT_FAULT_ERRNO")); err == nil {
		return uint64(n)
	}
	return uint64(unix.EIO)
}

// replace changes what the executor reads. The batch itself stays as it is, so
// that errors name the call that was meant.
func (x *Executor) replace(b *Batch, at int, nr uint16, arg0 uint64) {
	o := x.op(b.slot, at)
	o.nr, o.regs, o.arg = nr, 0, [6]uint64{arg0}
}

// armed tells whether the call at comes after the one that awaits start.
func (b *Batch) armed(at int) bool {
	return slices.ContainsFunc(b.ops[:at], func(o op) bool { return o.nr == opAwait })
}

// before is the batch up to a call, which is left out.
func (b *Batch) before(at int) *Batch {
	part := *b
	part.ops = b.ops[:at]
	part.syncs = slices.DeleteFunc(slices.Clone(b.syncs), func(s sync) bool { return s.at > at })
	return &part
}

func (b *Batch) list(file string) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	for i, o := range b.ops {
		fmt.Fprintf(f, "%s\t%s\t", b.step(i).Name, b.name(i))
		if b.armed(i) {
			fmt.Fprint(f, " armed")
		}
		if slices.Contains(o.ok[:], anyErrno) || slices.Contains(o.ok[:], uint8(unix.EIO)) {
			fmt.Fprint(f, " lenient")
		}
		fmt.Fprintln(f)
	}
}
