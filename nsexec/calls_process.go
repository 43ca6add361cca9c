package nsexec

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxFDs is how many descriptors one message carries (MAX_FDS).
const maxFDs = 250

const (
	sizeofStatx  = unsafe.Sizeof(unix.Statx_t{})
	sizeofStatfs = unsafe.Sizeof(unix.Statfs_t{})

	sizeofMountAttr = int(unsafe.Sizeof(unix.MountAttr{}))
)

// cloneArgs is struct clone_args as far as its field cgroup; those that are
// used have an index.
type cloneArgs [11]uint64

const (
	cloneFlags      = 0
	clonePidfd      = 1
	cloneExitSignal = 4
	cloneCgroup     = 10
)

func put64(space []byte, v uint64) { *(*uint64)(unsafe.Pointer(&space[0])) = v }

func regAddr(r Reg) uint64 { return base + 8 + uint64(r)*8 }

// store writes a register's value to an address in the shared memory.
func (b *Batch) store(r Reg, addr uint64) { b.call(0, opStore, fd(r), num(addr)) }

// Pass gives the executor descriptors of the host, in registers. They are sent
// when the batch is run and must be open until then.
func (b *Batch) Pass(fds ...int) []Reg {
	regs := make([]Reg, 0, len(fds))
	for len(fds) > 0 {
		k := min(len(fds), maxFDs)
		first := b.Regs.row(k)
		b.passes = append(b.passes, pass{len(b.ops), fds[:k]})
		b.call(0, opRecvFDs, fd(RegSock), num(k), num(int(first)))
		for i := range k {
			regs = append(regs, first+Reg(i))
		}
		fds = fds[k:]
	}
	return regs
}

// SendFD sends one descriptor and a message to a socket.
func (b *Batch) SendFD(sock, what Reg, message []byte) {
	b.call(0, opSendFD, fd(sock), fd(what), b.bytes(message), num(len(message)))
}

// Split ends a batch: the executor forks, its child, in the pid and time
// namespaces made or joined for children, takes all further commands, and the
// parent ends. CLONE_PARENT keeps the child a child of the host's process.
// cgroup is a v2 directory to be born in, or AtFDCWD for none.
func (b *Batch) Split(namespaces uint64, cgroup Reg) {
	args := cloneArgs{cloneFlags: unix.CLONE_PARENT | namespaces}
	if cgroup != noReg {
		args[cloneFlags] |= unix.CLONE_INTO_CGROUP
	}
	ptr := structure(b, &args)
	if cgroup != noReg {
		b.store(cgroup, ptr.value+cloneCgroup*8)
	}
	b.call(0, opSplit, ptr, num(unsafe.Sizeof(args)))
}

// Fork has a child do the calls that body adds, and waits for it up to ms
// milliseconds (-1: for ever). The register holds its wait status.
func (b *Batch) Fork(ms int64, body func()) Reg {
	pid, pidfd, status := b.Regs.New(), b.Regs.New(), b.Regs.New()
	b.call(0, opStore, num(0), num(regAddr(pidfd))) // the kernel writes the lower half alone
	args := cloneArgs{cloneFlags: unix.CLONE_PIDFD, clonePidfd: regAddr(pidfd), cloneExitSignal: uint64(unix.SIGCHLD)}
	ptr := structure(b, &args)
	b.call(pid, opFork, num(0), ptr, num(unsafe.Sizeof(args)))
	at := len(b.ops) - 1
	body()
	b.ops[at].arg[0] = uint64(len(b.ops) - 1 - at)
	b.call(status, opWait, fd(pid), fd(pidfd), num(ms))
	b.Close(pidfd)
	return status
}

// Require fails with ECHILD unless a register holds value.
func (b *Batch) Require(r Reg, value int64) {
	b.call(0, opRequire, fd(r), num(value))
}

// Lend gives the host copies of descriptors of the executor, for as long as do
// takes.
func (b *Batch) Lend(do func(fds ...int) error, regs ...Reg) {
	for _, r := range regs {
		b.SendFD(RegSock, r, []byte{0})
	}
	b.Host(func(x *Executor) error {
		fds := x.lent
		x.lent = nil
		defer func() {
			for _, fd := range fds {
				unix.Close(fd)
			}
		}()
		if len(fds) != len(regs) {
			return fmt.Errorf("receive descriptors of the executor: %d, want %d", len(fds), len(regs))
		}
		return do(fds...)
	})
}

// FreeAll gives back registers that hold results.
func (b *Batch) FreeAll(regs ...Reg) { b.Regs.free = append(b.Regs.free, regs...) }

// Await waits, as an init that signals can end, for a connection on the
// listening socket; from then on answers go there, and the first message is
// the shared memory's descriptor.
func (b *Batch) Await(listener Reg) {
	b.call(RegSock, opAwait, fd(listener))
	b.SendFD(RegSock, RegMem, []byte{0})
}

// Execve runs a program. It is the last call of a last batch or of a fork.
func (b *Batch) Execve(path string, argv, env []string) {
	b.call(0, unix.SYS_EXECVE, b.str(path), b.strs(argv), b.strs(env))
}

func (b *Batch) Setns(ns Reg, kinds uint64) {
	b.call(0, unix.SYS_SETNS, fd(ns), num(kinds))
}
func (b *Batch) Unshare(kinds uint64) { b.call(0, unix.SYS_UNSHARE, num(kinds)) }
func (b *Batch) Setsid()              { b.call(0, unix.SYS_SETSID) }
func (b *Batch) Sethostname(name string) {
	b.call(0, unix.SYS_SETHOSTNAME, b.str(name), num(len(name)))
}
func (b *Batch) Setdomainname(name string) {
	b.call(0, unix.SYS_SETDOMAINNAME, b.str(name), num(len(name)))
}

// Prctl is prctl(2) with numbers.
func (b *Batch) Prctl(option int, args ...uint64) {
	list := []arg{num(option)}
	for i := range 4 {
		v := uint64(0)
		if i < len(args) {
			v = args[i]
		}
		list = append(list, num(v))
	}
	b.call(0, unix.SYS_PRCTL, list...)
}

// SetName sets the name ps shows until execve.
func (b *Batch) SetName(name string) { b.call(0, unix.SYS_PRCTL, num(unix.PR_SET_NAME), b.str(name)) }

func (b *Batch) Setresuid(id uint32) { b.call(0, unix.SYS_SETRESUID, num(id), num(id), num(id)) }
func (b *Batch) Setresgid(id uint32) { b.call(0, unix.SYS_SETRESGID, num(id), num(id), num(id)) }

func (b *Batch) Setgroups(gids []uint32) {
	p := arg{}
	if len(gids) > 0 {
		p = b.bytes(unsafe.Slice((*byte)(unsafe.Pointer(&gids[0])), len(gids)*4))
	}
	b.call(0, unix.SYS_SETGROUPS, num(len(gids)), p)
}

// Capset sets the three classic sets.
func (b *Batch) Capset(effective, permitted, inheritable uint64) {
	type capHeader struct {
		version uint32
		_       int32 // the thread: oneself
	}
	type capData struct{ e0, p0, i0, e1, p1, i1 uint32 }
	h := capHeader{version: unix.LINUX_CAPABILITY_VERSION_3}
	d := capData{
		uint32(effective), uint32(permitted), uint32(inheritable),
		uint32(effective >> 32), uint32(permitted >> 32), uint32(inheritable >> 32),
	}
	b.call(0, unix.SYS_CAPSET, structure(b, &h), structure(b, &d))
}

// Seccomp loads a filter, an array of struct sock_filter. The register holds
// the listener when flags ask for one.
func (b *Batch) Seccomp(flags uint32, program []byte) Reg {
	type prog struct {
		n   uint16
		_   [6]byte
		ptr uint64
	}
	const most = 4096 // BPF_MAXINSNS
	if len(program)/8 > most {
		b.full = true
	}
	p := prog{n: uint16(len(program) / 8), ptr: b.bytes(program).value}
	out := b.Regs.New()
	b.call(out, unix.SYS_SECCOMP, num(unix.SECCOMP_SET_MODE_FILTER), num(flags), structure(b, &p))
	return out
}

func (b *Batch) SchedSetattr(attr *unix.SchedAttr) {
	b.call(0, unix.SYS_SCHED_SETATTR, num(0), structure(b, attr), num(0))
}

// SchedSetaffinity takes the mask as bytes, lowest CPU first.
func (b *Batch) SchedSetaffinity(mask []byte) {
	b.call(0, unix.SYS_SCHED_SETAFFINITY, num(0), num(len(mask)), b.bytes(mask))
}

func (b *Batch) IoprioSet(value int) {
	const ioprioWhoProcess = 1
	b.call(0, unix.SYS_IOPRIO_SET, num(ioprioWhoProcess), num(0), num(value))
}

func (b *Batch) Personality(persona uint64) { b.call(0, unix.SYS_PERSONALITY, num(persona)) }

// SetMempolicy takes the node mask as bytes, lowest node first.
func (b *Batch) SetMempolicy(mode int, nodes []byte) {
	bits := 0
	if len(nodes) > 0 {
		bits = len(nodes)*8 + 1 // the kernel counts one less
	}
	b.call(0, unix.SYS_SET_MEMPOLICY, num(mode), b.bytes(nodes), num(bits))
}

// JoinSessionKeyring makes a new session keyring; the register holds its
// serial number.
func (b *Batch) JoinSessionKeyring(name string) Reg {
	out := b.Regs.New()
	b.call(out, unix.SYS_KEYCTL, num(unix.KEYCTL_JOIN_SESSION_KEYRING), b.str(name))
	return out
}

// KeyctlSetperm sets the permissions of the key whose serial is in key.
func (b *Batch) KeyctlSetperm(key Reg, perm uint32) {
	b.call(0, unix.SYS_KEYCTL, num(unix.KEYCTL_SETPERM), fd(key), num(perm))
}

// Prlimit sets a limit of the executor itself.
func (b *Batch) Prlimit(resource int, soft, hard uint64) {
	l := unix.Rlimit{Cur: soft, Max: hard}
	b.call(0, unix.SYS_PRLIMIT64, num(0), num(resource), structure(b, &l), num(0))
}

// Socket makes a socket in the executor's network namespace.
func (b *Batch) Socket(domain, kind, proto int) Reg {
	out := b.Regs.New()
	b.call(out, unix.SYS_SOCKET, num(domain), num(kind|unix.SOCK_CLOEXEC), num(proto))
	return out
}
