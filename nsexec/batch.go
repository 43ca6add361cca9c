// Package nsexec is how an effect gets inside a container: it starts the
// executor (executor.c) and sends it batches of system calls. It runs on the
// host; the methods of Batch only note down what is to be done inside.
//
// It imports the standard library and golang.org/x/sys/unix alone.
package nsexec

import (
	"errors"
	"unsafe"
)

// Reg is a register of the executor. Calls that make a descriptor give one;
// later calls of this or any later batch take it.
type Reg uint16

// AtFDCWD stands where a call takes a directory and none is meant.
const AtFDCWD = noReg

// noReg marks a descriptor argument that is AT_FDCWD.
const noReg Reg = 0xffff

// Step says for whom a call is made; errors and listings name it.
type Step struct {
	Name     string // what is being done: "mount"
	Property string // the place in config.json it comes from, or ""
	What     string // the thing it is done to, for people
}

// Mend is asked when a call stops with an errno that was not expected. It may
// remove the cause, by running batches of its own on x.
type Mend func(x *Executor, e *CallError) (Next, error)

// Next is how a batch goes on after a Mend without an error.
type Next int

const (
	Again Next = 0 // the same call once more
	Skip  Next = 1 // with the next call
)

// Registers hands out registers. One set serves all batches of an executor.
type Registers struct {
	next, limit Reg
	free        []Reg
	full        bool // more were wanted than there are
}

// repairRegs is the first register of those that belong to repairs. What a
// batch has freed by its end may be in use while it is stopped halfway.
const repairRegs = nreg - 64

// New takes a register.
func (r *Registers) New() Reg {
	if n := len(r.free); n > 0 {
		reg := r.free[n-1]
		r.free = r.free[:n-1]
		return reg
	}
	return r.run(1)
}

// row takes n registers in a row, one from those that are free again.
func (r *Registers) row(n int) Reg {
	if n == 1 {
		return r.New()
	}
	return r.run(n)
}

// run takes n registers in a row that nobody had.
func (r *Registers) run(n int) Reg {
	if r.next == 0 {
		r.next, r.limit = RegMem+1, repairRegs
	}
	if int(r.next)+n > int(r.limit) {
		r.full = true // Run says so
		return r.limit - 1
	}
	first := r.next
	r.next += Reg(n)
	return first
}

// pass is one message of descriptors for the call at.
type pass struct {
	at  int
	fds []int
}

// sync is a place between two calls where the host acts.
type sync struct {
	at   int
	what Step
	do   func(x *Executor) error
}

// Batch is a list of calls, made in order, that stops at the first error
// nobody expected. Its methods, in the calls_*.go files, are the system calls
// by their kernel names.
type Batch struct {
	Regs *Registers

	slot   uint64
	ops    []op
	steps  []uint16 // for each op, its place in names
	names  []Step
	data   []byte
	mends  map[int]Mend
	passes []pass
	syncs  []sync
	used   int // bytes of scratch memory
	full   bool
}

// NewBatch gives an empty batch whose registers come from regs.
func NewBatch(regs *Registers) *Batch {
	return &Batch{
		Regs:  regs,
		ops:   make([]op, 0, 256),
		steps: make([]uint16, 0, 256),
		data:  make([]byte, 0, 8<<10),
	}
}

// Repair gives an empty batch that can run while another is stopped halfway,
// for use in a Mend or by the host between two calls.
func Repair(x *Executor) *Batch {
	b := NewBatch(&x.repair)
	b.slot = x.depth
	return b
}

// errTooMuch says that a configuration asks for more than a batch holds. What
// was noted down after that is not to be run.
var errTooMuch = errors.New("the configuration needs more system calls, descriptors or text than rt can hold; some 1,500 mounts are too many")

func (b *Batch) check() error {
	if b.full || b.Regs.full {
		return errTooMuch
	}
	return nil
}

// Len is the number of calls.
func (b *Batch) Len() int { return len(b.ops) }

// Step begins a step: the calls that follow belong to it.
func (b *Batch) Step(name, property, what string) {
	b.names = append(b.names, Step{name, property, what})
}

// Expect makes up to two errno values of the last call no error. After one of
// them the next skip calls are left out.
func (b *Batch) Expect(skip int, errnos ...uint8) {
	o := &b.ops[len(b.ops)-1]
	copy(o.ok[:], errnos)
	o.skip = uint8(skip)
}

// OnError has m asked when the last call fails.
func (b *Batch) OnError(m Mend) {
	if b.mends == nil {
		b.mends = make(map[int]Mend)
	}
	b.mends[len(b.ops)-1] = m
}

// ExpectAny makes every errno of the last call no error; the register tells.
func (b *Batch) ExpectAny() { b.Expect(0, anyErrno) }

// Host has the host act at this place, between two calls, when the batch is
// run. It may read registers and buffers of the calls before it.
func (b *Batch) Host(do func(x *Executor) error) {
	if len(b.names) == 0 {
		b.names = append(b.names, Step{})
	}
	b.syncs = append(b.syncs, sync{len(b.ops), b.names[len(b.names)-1], do})
}

// arg is one argument: a plain number or a register.
type arg struct {
	value uint64
	reg   bool
}

func num[T ~int | ~int32 | ~int64 | ~uint | ~uint32 | ~uint64 | ~uintptr](v T) arg {
	return arg{value: uint64(v)}
}

func fd(r Reg) arg {
	if r == noReg {
		return arg{value: ^uint64(99)} // AT_FDCWD, -100
	}
	return arg{uint64(r), true}
}

func (b *Batch) call(out Reg, nr int, args ...arg) {
	o := op{nr: uint16(nr), out: uint16(out)}
	for i, a := range args {
		o.arg[i] = a.value
		if a.reg {
			o.regs |= 1 << i
		}
	}
	if len(b.names) == 0 {
		b.names = append(b.names, Step{})
	}
	if len(b.ops) == maxOps {
		b.full = true
		return
	}
	b.ops = append(b.ops, o)
	b.steps = append(b.steps, uint16(len(b.names)-1))
}

func (b *Batch) opsAddr() uint64  { return base + opsStart + b.slot*slotSize }
func (b *Batch) dataAddr() uint64 { return b.opsAddr() + opsSize + scratchSize }

// reserve makes room for n bytes, aligned for any kernel struct.
func (b *Batch) reserve(n int) (addr uint64, space []byte) {
	for len(b.data)%8 != 0 {
		b.data = append(b.data, 0)
	}
	at := len(b.data)
	if at+n > dataSize {
		b.full, b.data, at = true, nil, 0
	}
	b.data = append(b.data, make([]byte, n)...)
	return b.dataAddr() + uint64(at), b.data[at:]
}

// bytes stores p and gives its address.
func (b *Batch) bytes(p []byte) arg {
	if len(p) == 0 {
		return arg{}
	}
	addr, space := b.reserve(len(p))
	copy(space, p)
	return arg{value: addr}
}

// str stores s with its terminating NUL.
func (b *Batch) str(s string) arg {
	at := len(b.data)
	if at+len(s)+1 > dataSize {
		b.full, b.data, at = true, nil, 0
	}
	b.data = append(append(b.data, s...), 0)
	return arg{value: b.dataAddr() + uint64(at)}
}

// strs stores a NULL-terminated array of strings, as execve takes it.
func (b *Batch) strs(list []string) arg {
	addrs := make([]uint64, 0, len(list)+1)
	for _, s := range list {
		addrs = append(addrs, b.str(s).value)
	}
	addrs = append(addrs, 0)
	return b.bytes(unsafe.Slice((*byte)(unsafe.Pointer(&addrs[0])), len(addrs)*8))
}

// structure stores a kernel struct.
func structure[T any](b *Batch, v *T) arg {
	return b.bytes(unsafe.Slice((*byte)(unsafe.Pointer(v)), int(unsafe.Sizeof(*v))))
}

// Buffer is room that a call fills and the host reads later.
type Buffer struct {
	addr uint64
	n    int
}

// buffer takes n bytes of scratch memory, a place that the host never writes:
// pages that stay untouched cost nothing.
func (b *Batch) buffer(n int) Buffer {
	if b.used+n > scratchSize {
		b.full, b.used = true, 0
	}
	addr := b.opsAddr() + opsSize + uint64(b.used)
	b.used += (n + 7) &^ 7
	return Buffer{addr, n}
}
