package nsexec

import (
	"golang.org/x/sys/unix"
)

// Open opens a path of the host, as the executor sees it before it leaves the
// host's root.
func (b *Batch) Open(path string, flags int) Reg {
	out := b.Regs.New()
	b.call(out, unix.SYS_OPENAT, fd(AtFDCWD), b.str(path), num(flags|unix.O_CLOEXEC), num(0))
	return out
}

// Openat2 opens path below dir; resolve are RESOLVE_* flags.
func (b *Batch) Openat2(dir Reg, path string, flags int, mode uint32, resolve uint64) Reg {
	out := b.Regs.New()
	how := unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Mode: uint64(mode), Resolve: resolve}
	b.call(out, unix.SYS_OPENAT2, fd(dir), b.str(path), structure(b, &how), num(unix.SizeofOpenHow))
	return out
}

// InRoot opens path inside the tree at root: absolute links and ".." lead to
// root again, and /proc's magic links nowhere.
func (b *Batch) InRoot(root Reg, path string, flags int) Reg {
	return b.Openat2(root, path, flags, 0, unix.RESOLVE_IN_ROOT|unix.RESOLVE_NO_MAGICLINKS)
}

// Close closes a descriptor and frees its register.
func (b *Batch) Close(r Reg) {
	b.call(0, unix.SYS_CLOSE, fd(r))
	b.Regs.free = append(b.Regs.free, r)
}

// Mkdirat makes a directory. An existing file is no error.
func (b *Batch) Mkdirat(dir Reg, path string, mode uint32) {
	b.call(0, unix.SYS_MKDIRAT, fd(dir), b.str(path), num(mode))
	b.Expect(0, uint8(unix.EEXIST))
}

// Create makes an empty regular file that did not exist, or opens nothing
// when it does.
func (b *Batch) Create(dir Reg, path string, mode uint32) {
	b.call(0, unix.SYS_MKNODAT, fd(dir), b.str(path), num(unix.S_IFREG|mode), num(0))
	b.Expect(0, uint8(unix.EEXIST))
}

// Mknodat makes a device node or fifo; mode includes the type.
func (b *Batch) Mknodat(dir Reg, path string, mode uint32, dev uint64) {
	b.call(0, unix.SYS_MKNODAT, fd(dir), b.str(path), num(mode), num(dev))
}

func (b *Batch) Symlinkat(target string, dir Reg, path string) {
	b.call(0, unix.SYS_SYMLINKAT, b.str(target), fd(dir), b.str(path))
}

// Readlinkat reads a link; the register holds the length of its target, or
// -EINVAL for what is no link.
func (b *Batch) Readlinkat(dir Reg, path string) (Buffer, Reg) {
	buf, out := b.buffer(unix.PathMax), b.Regs.New()
	b.call(out, unix.SYS_READLINKAT, fd(dir), b.str(path), num(buf.addr), num(buf.n))
	b.Expect(0, uint8(unix.EINVAL), uint8(unix.ENOENT))
	return buf, out
}

func (b *Batch) Unlinkat(dir Reg, path string, flags int) {
	b.call(0, unix.SYS_UNLINKAT, fd(dir), b.str(path), num(flags))
}

func (b *Batch) Fchmodat(dir Reg, path string, mode uint32) {
	b.call(0, unix.SYS_FCHMODAT, fd(dir), b.str(path), num(mode))
}

// Fchownat changes the owner; with flags AT_EMPTY_PATH and path "" that of dir
// itself. -1 leaves an id as it is.
func (b *Batch) Fchownat(dir Reg, path string, uid, gid int, flags int) {
	b.call(0, unix.SYS_FCHOWNAT, fd(dir), b.str(path), num(uint32(uid)), num(uint32(gid)), num(flags))
}

// ChownNumber gives the file behind a descriptor, given by number, to uid.
func (b *Batch) ChownNumber(number int, uid uint32) {
	b.call(0, unix.SYS_FCHOWN, num(number), num(uid), num(^uint32(0)))
}

// Statx asks for the whole of statx(2); see Executor.Statx for the answer.
func (b *Batch) Statx(dir Reg, path string, flags int) Buffer {
	buf := b.buffer(int(sizeofStatx))
	b.call(0, unix.SYS_STATX, fd(dir), b.str(path), num(flags), num(unix.STATX_BASIC_STATS|unix.STATX_MNT_ID), num(buf.addr))
	return buf
}

// StatxResult is Statx of a path for which every errno is expected; the
// register tells.
func (b *Batch) StatxResult(path string) (Buffer, Reg) {
	buf := b.Statx(AtFDCWD, path, 0)
	out := b.Regs.New()
	b.ops[len(b.ops)-1].out = uint16(out)
	b.ExpectAny()
	return buf, out
}

// Faccessat2 checks access with the effective ids; the result, 0 or -errno, is
// in the register when errno is expected.
func (b *Batch) Faccessat2(path string, mode uint32) Reg {
	out := b.Regs.New()
	b.call(out, unix.SYS_FACCESSAT2, fd(AtFDCWD), b.str(path), num(mode), num(unix.AT_EACCESS))
	b.ExpectAny()
	return out
}

// Write writes p in one call.
func (b *Batch) Write(to Reg, p []byte) {
	b.call(0, unix.SYS_WRITE, fd(to), b.bytes(p), num(len(p)))
}

// Sendfile copies at most n bytes from one descriptor's offset to another's; the
// register holds how many there were, 0 at the end.
func (b *Batch) Sendfile(to, from Reg, n int) Reg {
	out := b.Regs.New()
	b.call(out, unix.SYS_SENDFILE, fd(to), fd(from), num(0), num(n))
	return out
}

// Fstatfs reads the file system's magic number; see Executor.Statfs.
func (b *Batch) Fstatfs(of Reg) Buffer {
	buf := b.buffer(int(sizeofStatfs))
	b.call(0, unix.SYS_FSTATFS, fd(of), num(buf.addr))
	return buf
}

// Getcwd asks for the working directory's path, which begins with "/" exactly
// when it can be reached from the root.
func (b *Batch) Getcwd() Buffer {
	buf := b.buffer(unix.PathMax)
	b.call(0, unix.SYS_GETCWD, num(buf.addr), num(buf.n))
	return buf
}

func (b *Batch) Chdir(path string) { b.call(0, unix.SYS_CHDIR, b.str(path)) }
func (b *Batch) Fchdir(dir Reg)    { b.call(0, unix.SYS_FCHDIR, fd(dir)) }
func (b *Batch) Chroot(path string) {
	b.call(0, unix.SYS_CHROOT, b.str(path))
}

// Umask sets the mask; the register holds the one before.
func (b *Batch) Umask(mask uint32) Reg {
	out := b.Regs.New()
	b.call(out, unix.SYS_UMASK, num(mask))
	return out
}

// RestoreUmask sets the mask that a register holds.
func (b *Batch) RestoreUmask(old Reg) { b.call(0, unix.SYS_UMASK, fd(old)) }

// Read reads at most n bytes, below Executor.MaxRead; the register holds how
// many there were.
func (b *Batch) Read(from Reg, n int) (Buffer, Reg) {
	buf, out := b.buffer(n), b.Regs.New()
	b.call(out, unix.SYS_READ, fd(from), num(buf.addr), num(n))
	return buf, out
}

// Lseek moves a descriptor, given by number, to offset.
func (b *Batch) Lseek(number int, offset int64) {
	b.call(0, unix.SYS_LSEEK, num(number), num(offset), num(unix.SEEK_SET))
}

// Dup3 makes descriptor number to a copy of from; flags 0 lets it survive
// execve.
func (b *Batch) Dup3(from Reg, to int, flags int) {
	b.call(0, unix.SYS_DUP3, fd(from), num(to), num(flags))
}

// DupAbove copies from to the lowest free number that is at least min, into
// the register out.
func (b *Batch) DupAbove(from Reg, min int, out Reg) {
	b.call(out, unix.SYS_FCNTL, fd(from), num(unix.F_DUPFD_CLOEXEC), num(min))
}

// CloseRange acts on all descriptors from first on.
func (b *Batch) CloseRange(first int, flags int) {
	b.call(0, unix.SYS_CLOSE_RANGE, num(first), num(^uint32(0)), num(flags))
}

// Ioctl is ioctl(2) with a number as argument; its result goes into the
// register.
func (b *Batch) Ioctl(on Reg, request uint, value uint64) Reg {
	out := b.Regs.New()
	b.call(out, unix.SYS_IOCTL, fd(on), num(request), num(value))
	return out
}

// SetWinsize sets a terminal's size in characters.
func (b *Batch) SetWinsize(tty Reg, rows, columns uint16) {
	b.call(0, unix.SYS_IOCTL, fd(tty), num(unix.TIOCSWINSZ), structure(b, &unix.Winsize{Row: rows, Col: columns}))
}

// IoctlBytes is ioctl(2) with a struct as argument.
func (b *Batch) IoctlBytes(on Reg, request uint, p []byte) {
	b.call(0, unix.SYS_IOCTL, fd(on), num(request), b.bytes(p))
}
