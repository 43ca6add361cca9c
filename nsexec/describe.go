package nsexec

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// signature tells how to show a call: its name and, letter by letter, what its
// arguments are: d descriptor, s string, i number, x bits, o mode, v strings,
// h struct open_how, a struct mount_attr, c capabilities, p anything else by
// address; and bits with names: F of open, N of namespaces, M of mount, A of a
// mount's attributes, T of a tree, V of move_mount, P an option of prctl, C a
// command of fsconfig.
type signature struct {
	nr   int
	name string
	args string
}

// requireName stands for a child that had to end well, waitName for the wait
// for its end.
const (
	requireName = "require"
	waitName    = "wait"
)

var signatures = [...]signature{
	{opSplit, "split", "pi"},
	{opFork, "fork", "i"},
	{opWait, waitName, "iii"},
	{opRecvFDs, "recv_fds", "dii"},
	{opSendFD, "send_fd", "dd"},
	{opAwait, "await_start", "d"},
	{opStore, "store", "ix"},
	{opRequire, requireName, "di"},
	{opFail, "fail", "i"},
	{unix.SYS_OPENAT, "openat", "dsFo"},
	{unix.SYS_OPENAT2, "openat2", "dsh"},
	{unix.SYS_CLOSE, "close", "d"},
	{unix.SYS_MKDIRAT, "mkdirat", "dso"},
	{unix.SYS_MKNODAT, "mknodat", "dsox"},
	{unix.SYS_SYMLINKAT, "symlinkat", "sds"},
	{unix.SYS_READLINKAT, "readlinkat", "ds"},
	{unix.SYS_UNLINKAT, "unlinkat", "dsx"},
	{unix.SYS_FCHMODAT, "fchmodat", "dso"},
	{unix.SYS_FCHOWNAT, "fchownat", "dsiiT"},
	{unix.SYS_FCHOWN, "fchown", "iii"},
	{unix.SYS_STATX, "statx", "dsT"},
	{unix.SYS_FACCESSAT2, "faccessat2", "dsxT"},
	{unix.SYS_WRITE, "write", "dwi"},
	{unix.SYS_SENDFILE, "sendfile", "ddxi"},
	{unix.SYS_READ, "read", "dpi"},
	{unix.SYS_LSEEK, "lseek", "iii"},
	{unix.SYS_FSTATFS, "fstatfs", "d"},
	{unix.SYS_GETCWD, "getcwd", ""},
	{unix.SYS_CHDIR, "chdir", "s"},
	{unix.SYS_FCHDIR, "fchdir", "d"},
	{unix.SYS_CHROOT, "chroot", "s"},
	{unix.SYS_UMASK, "umask", "o"},
	{unix.SYS_DUP3, "dup3", "dix"},
	{unix.SYS_FCNTL, "fcntl", "dii"},
	{unix.SYS_CLOSE_RANGE, "close_range", "iix"},
	{unix.SYS_IOCTL, "ioctl", "dxx"},
	{unix.SYS_FSOPEN, "fsopen", "sx"},
	{unix.SYS_FSCONFIG, "fsconfig", "dCst"},
	{unix.SYS_FSMOUNT, "fsmount", "dxA"},
	{unix.SYS_OPEN_TREE, "open_tree", "dsT"},
	{unix.SYS_MOVE_MOUNT, "move_mount", "dsdsV"},
	{unix.SYS_MOUNT_SETATTR, "mount_setattr", "dsTa"},
	{unix.SYS_MOUNT, "mount", "sssMs"},
	{unix.SYS_UMOUNT2, "umount2", "sx"},
	{unix.SYS_PIVOT_ROOT, "pivot_root", "ss"},
	{unix.SYS_EXECVE, "execve", "sv"},
	{unix.SYS_SETNS, "setns", "dN"},
	{unix.SYS_UNSHARE, "unshare", "N"},
	{unix.SYS_SETSID, "setsid", ""},
	{unix.SYS_SETHOSTNAME, "sethostname", "si"},
	{unix.SYS_SETDOMAINNAME, "setdomainname", "si"},
	{unix.SYS_PRCTL, "prctl", "Pxx"},
	{unix.SYS_SETRESUID, "setresuid", "iii"},
	{unix.SYS_SETRESGID, "setresgid", "iii"},
	{unix.SYS_SETGROUPS, "setgroups", "ip"},
	{unix.SYS_CAPSET, "capset", "pc"},
	{unix.SYS_SECCOMP, "seccomp", "ixp"},
	{unix.SYS_SCHED_SETATTR, "sched_setattr", "ipx"},
	{unix.SYS_SCHED_SETAFFINITY, "sched_setaffinity", "iip"},
	{unix.SYS_IOPRIO_SET, "ioprio_set", "iix"},
	{unix.SYS_PERSONALITY, "personality", "x"},
	{unix.SYS_SET_MEMPOLICY, "set_mempolicy", "ipi"},
	{unix.SYS_KEYCTL, "keyctl", "ix"},
	{unix.SYS_PRLIMIT64, "prlimit64", "iip"},
	{unix.SYS_SOCKET, "socket", "iii"},
}

func signatureOf(nr uint16) signature {
	for _, s := range signatures {
		if s.nr == int(nr) {
			return s
		}
	}
	return signature{int(nr), "syscall_" + strconv.Itoa(int(nr)), "xxxxxx"}
}

func (b *Batch) name(at int) string {
	if b.ops[at].nr == unix.SYS_FSCONFIG && b.ops[at].arg[1] == unix.FSCONFIG_SET_STRING {
		return "fsconfig " + b.cstring(b.ops[at].arg[2])
	}
	return signatureOf(b.ops[at].nr).name
}

// describe shows a call with its arguments.
func (b *Batch) describe(at int) string {
	o := &b.ops[at]
	sig := signatureOf(o.nr)
	shown := make([]string, 0, len(sig.args))
	for i := range sig.args {
		shown = append(shown, b.show(sig.args[i], o, i))
	}
	text := sig.name + "(" + strings.Join(shown, ", ") + ")"
	if o.out != 0 {
		text = "r" + strconv.Itoa(int(o.out)) + " = " + text
	}
	return text
}

func (b *Batch) show(kind byte, o *op, i int) string {
	v := o.arg[i]
	if o.regs>>i&1 != 0 {
		return "r" + strconv.FormatUint(v, 10)
	}
	switch kind {
	case 'd':
		if int32(v) == unix.AT_FDCWD {
			return "AT_FDCWD"
		}
		return strconv.FormatInt(int64(int32(v)), 10)
	case 's', 't':
		if v == 0 {
			return "NULL"
		}
		return strconv.Quote(b.cstring(v))
	case 'w':
		return strconv.Quote(string(b.at(v)[:o.arg[i+1]]))
	case 'i':
		return strconv.FormatInt(int64(v), 10)
	case 'o':
		return "0" + strconv.FormatUint(v, 8)
	case 'x':
		return number(v)
	case 'P':
		return prctls.one(v)
	case 'C':
		return fsconfigs.one(v)
	case 'F', 'N', 'M', 'A', 'T', 'V':
		return named(kind).text(v)
	case 'v':
		return b.strings(v)
	case 'h':
		how := (*unix.OpenHow)(unsafe.Pointer(&b.at(v)[0]))
		return fmt.Sprintf("{%s, 0%o, %s}", openFlags.text(how.Flags), how.Mode, resolveFlags.text(how.Resolve))
	case 'a':
		m := (*unix.MountAttr)(unsafe.Pointer(&b.at(v)[0]))
		return attributes(m)
	case 'c':
		d := b.at(v)
		word := func(k int) uint32 { return *(*uint32)(unsafe.Pointer(&d[k*4])) }
		set := func(k int) uint64 { return uint64(word(k)) | uint64(word(k+3))<<32 }
		return fmt.Sprintf("{effective 0x%x, permitted 0x%x, inheritable 0x%x}", set(0), set(1), set(2))
	}
	return "…"
}

// named gives the names of a kind of bits.
func named(kind byte) flags {
	switch kind {
	case 'F':
		return openFlags
	case 'N':
		return namespaceFlags
	case 'M':
		return mountFlags
	case 'A':
		return mountAttributes
	case 'T':
		return treeFlags
	}
	return moveFlags
}

func attributes(m *unix.MountAttr) string {
	var parts []string
	if m.Attr_set != 0 {
		parts = append(parts, "set "+mountAttributes.text(m.Attr_set))
	}
	if m.Attr_clr != 0 {
		parts = append(parts, "clear "+mountAttributes.text(m.Attr_clr))
	}
	if m.Propagation != 0 {
		parts = append(parts, mountFlags.text(m.Propagation))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// at is the batch's data from an address on.
func (b *Batch) at(addr uint64) []byte { return b.data[addr-b.dataAddr():] }

func (b *Batch) cstring(addr uint64) string {
	s := b.at(addr)
	return string(s[:bytes.IndexByte(s, 0)])
}

func (b *Batch) strings(addr uint64) string {
	var list []string
	for p := b.at(addr); ; p = p[8:] {
		a := *(*uint64)(unsafe.Pointer(&p[0]))
		if a == 0 {
			return "[" + strings.Join(list, " ") + "]"
		}
		list = append(list, strconv.Quote(b.cstring(a)))
	}
}

// unbounded tells whether the batch has a wait that may last for ever.
func (b *Batch) unbounded() bool {
	for i := range b.ops {
		if b.ops[i].nr == opWait && int64(b.ops[i].arg[2]) < 0 {
			return true
		}
	}
	return false
}

// List shows the batch, step by step, as a person or a golden file reads it.
func (b *Batch) List() string {
	var text strings.Builder
	last, syncs := -1, b.syncs
	for i := 0; i <= len(b.ops); i++ {
		for len(syncs) > 0 && syncs[0].at == i {
			text.WriteString("host: " + syncs[0].what.Name + " " + syncs[0].what.What + "\n")
			syncs, last = syncs[1:], -1
		}
		if i == len(b.ops) {
			break
		}
		if s := int(b.steps[i]); s != last {
			last = s
			step := b.names[s]
			text.WriteString(step.Name)
			if step.What != "" {
				text.WriteString(" " + step.What)
			}
			if step.Property != "" {
				text.WriteString("  # " + step.Property)
			}
			text.WriteByte('\n')
		}
		text.WriteString("    " + b.describe(i))
		if o := &b.ops[i]; o.ok[0] != 0 {
			text.WriteString("  ? " + expected(o.ok[0]))
			if o.ok[1] != 0 {
				text.WriteString(" " + expected(o.ok[1]))
			}
			if o.skip != 0 {
				text.WriteString(" skip " + strconv.Itoa(int(o.skip)))
			}
		}
		text.WriteByte('\n')
	}
	return text.String()
}

func expected(errno uint8) string {
	if errno == anyErrno {
		return "any"
	}
	return unix.ErrnoName(unix.Errno(errno))
}
