package seccomp

import (
	"encoding/binary"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"rt/libct/seccomp/profile"
)

// sysCall is one system call as a filter sees it.
type sysCall struct {
	arch uint32
	nr   uint32
	args [6]uint64
}

// evaluate runs a program as the kernel does, which lets a test ask for
// architectures that this machine is not.
func evaluate(t *testing.T, program []byte, c sysCall) uint32 {
	t.Helper()
	var data [64]byte
	binary.LittleEndian.PutUint32(data[0:], c.nr)
	binary.LittleEndian.PutUint32(data[4:], c.arch)
	for i, a := range c.args {
		binary.LittleEndian.PutUint64(data[16+8*i:], a)
	}
	var acc uint32
	for pc := 0; pc*profile.InstructionSize < len(program); pc++ {
		in := program[pc*profile.InstructionSize:]
		code := binary.LittleEndian.Uint16(in)
		jt, jf, k := int(in[2]), int(in[3]), binary.LittleEndian.Uint32(in[4:])
		var taken bool
		switch code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			acc = binary.LittleEndian.Uint32(data[k:])
			continue
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			acc &= k
			continue
		case unix.BPF_RET | unix.BPF_K:
			return k
		case unix.BPF_JMP | unix.BPF_JA:
			pc += int(k)
			continue
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			taken = acc == k
		case unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K:
			taken = acc > k
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			taken = acc >= k
		case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
			taken = acc&k != 0
		default:
			t.Fatalf("instruction %d: unexpected code %#x", pc, code)
		}
		if taken {
			pc += jt
		} else {
			pc += jf
		}
	}
	t.Fatal("program ends without a return")
	return 0
}

// outcome is what became of system calls made under a filter.
type outcome struct {
	install unix.Errno // of seccomp(2)
	status  unix.WaitStatus
	returns []int64 // of the calls, -errno for an error; notMade when not reached
}

const notMade = -9999

// apply makes the calls, of the native architecture, under the filter in a
// process of its own. The process is a bare fork with a single thread: it can
// do nothing but raw system calls on memory that exists already, and so lives
// with the strictest of filters.
func apply(t *testing.T, f *Filter, calls []sysCall) outcome {
	t.Helper()
	shared, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(shared)
	results := unsafe.Slice((*int64)(unsafe.Pointer(&shared[0])), 1+len(calls))
	for i := range results {
		results[i] = notMade
	}
	prog := sockFprog(f.Program)

	runtime.LockOSThread()
	syscall.ForkLock.Lock()
	pid, errno := forkUnder(&prog, uintptr(f.Flags), calls, results)
	syscall.ForkLock.Unlock()
	runtime.UnlockOSThread()
	runtime.KeepAlive(f)
	if errno != 0 {
		t.Fatal(errno)
	}
	var o outcome
	if _, err := unix.Wait4(int(pid), &o.status, 0, nil); err != nil {
		t.Fatal(err)
	}
	o.install = unix.Errno(-results[0])
	o.returns = append(o.returns, results[1:]...)
	return o
}

func sockFprog(program []byte) unix.SockFprog {
	return unix.SockFprog{
		Len:    uint16(len(program) / profile.InstructionSize),
		Filter: (*unix.SockFilter)(unsafe.Pointer(&program[0])),
	}
}

//go:norace
func forkUnder(prog *unix.SockFprog, flags uintptr, calls []sysCall, results []int64) (uintptr, syscall.Errno) {
	var sigaction [4]uintptr // SIG_DFL: the runtime's handler is of no use here
	var nocore unix.Rlimit
	pid, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 || pid != 0 {
		return pid, errno
	}
	syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(syscall.SIGSYS), uintptr(unsafe.Pointer(&sigaction)), 0, 8, 0, 0)
	syscall.RawSyscall6(syscall.SYS_PRLIMIT64, 0, unix.RLIMIT_CORE, uintptr(unsafe.Pointer(&nocore)), 0, 0, 0)
	syscall.RawSyscall6(syscall.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	_, _, errno = syscall.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(prog)))
	results[0] = -int64(errno)
	if errno == 0 {
		for i := range calls {
			c := &calls[i]
			r, _, errno := syscall.RawSyscall6(uintptr(c.nr), uintptr(c.args[0]), uintptr(c.args[1]),
				uintptr(c.args[2]), uintptr(c.args[3]), uintptr(c.args[4]), uintptr(c.args[5]))
			results[1+i] = int64(r)
			if errno != 0 {
				results[1+i] = -int64(errno)
			}
		}
	}
	for {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
	}
}
