package inside

import (
	"errors"

	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// console makes a terminal of the container's own devpts, sends its master to
// the console socket, and makes it the controlling terminal and descriptors 0,
// 1 and 2. onDev also shows it as /dev/console.
//
// The slave is had from the master (TIOCGPTPEER), never by name: a name in
// /dev/pts could be swapped (CVE-2025-52565).
func console(p *Plan, in *nsexec.Batch, pts nsexec.Reg, onDev bool) {
	proc := p.Config.Process.Spec
	if !proc.Terminal {
		return
	}
	in.Step("make terminal", "process.terminal", "")
	// In a devpts nobody can put another file in ptmx's place, and nothing that
	// is mounted over it is followed.
	fs := in.Fstatfs(pts)
	in.Host(func(x *nsexec.Executor) error {
		if x.Statfs(fs).Type != unix.DEVPTS_SUPER_MAGIC {
			return errors.New("process.terminal: make terminal: /dev/pts is not a devpts file system")
		}
		return nil
	})
	master := in.Openat2(pts, "ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NOFOLLOW, 0,
		unix.RESOLVE_BENEATH|unix.RESOLVE_NO_SYMLINKS|unix.RESOLVE_NO_XDEV)
	in.IoctlBytes(master, unix.TIOCSPTLCK, []byte{0, 0, 0, 0})
	slave := in.Ioctl(master, unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if size := proc.ConsoleSize; size != nil {
		in.SetWinsize(master, uint16(size.Height), uint16(size.Width))
	}
	in.Fchownat(slave, "", int(proc.User.UID), -1, unix.AT_EMPTY_PATH)
	in.Expect(0, errno(unix.EPERM), errno(unix.EINVAL)) // an owner outside the user namespace
	if onDev && p.Config.Namespaces.Has(unix.CLONE_NEWNS) && !sharedDev(p) {
		showConsole(p, in, slave)
	}
	in.SendFD(p.passed.console, master, []byte("/dev/ptmx"))
	in.Ioctl(slave, unix.TIOCSCTTY, 0)
	for n := range 3 {
		in.Dup3(slave, n, 0)
	}
	in.Close(slave)
	in.Close(master)
}

// sharedDev tells of a /dev bound from the host in which what is mounted would
// be mounted on the host as well.
func sharedDev(p *Plan) bool {
	shared := p.Config.RootPropagation&unix.MS_SHARED != 0
	for i := range p.Config.Mounts {
		if m := &p.Config.Mounts[i]; m.Destination == "/dev" && m.Bind {
			for _, kind := range m.Propagation {
				shared = kind&unix.MS_SHARED != 0
			}
			return shared
		}
	}
	return false
}

// showConsole binds the terminal onto /dev/console. In a /dev bound from
// elsewhere nothing is made for it.
func showConsole(p *Plan, in *nsexec.Batch, slave nsexec.Reg) {
	dev := devDirectory(p, in)
	own := ownDev(p)
	if own {
		in.Create(dev, "console", 0o600)
	}
	target := in.Openat2(dev, "console", unix.O_PATH|unix.O_NOFOLLOW, 0, unix.RESOLVE_BENEATH|unix.RESOLVE_NO_SYMLINKS)
	if !own {
		in.Expect(4, errno(unix.ENOENT))
	}
	tree := in.OpenTree(slave, "", false)
	in.MoveMount(tree, target)
	in.Close(tree)
	in.Close(target)
	in.Close(dev)
}
