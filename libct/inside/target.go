package inside

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// mountPoint opens the target of a mount in the rootfs, with symbolic links
// resolved inside it. A target that is missing is made, a directory or an
// empty file as directory tells; that is rare, so it costs nothing otherwise.
//
// /proc and /sys must be real directories: a link there would lead what is
// written to them later elsewhere (CVE-2019-19921).
func mountPoint(p *Plan, in *nsexec.Batch, dest string, directory func(*nsexec.Executor) bool) nsexec.Reg {
	resolve := uint64(unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS)
	if dest == "/proc" || dest == "/sys" {
		resolve |= unix.RESOLVE_NO_SYMLINKS
	}
	root := p.root
	target := in.Openat2(root, dest, unix.O_PATH, 0, resolve)
	in.OnError(func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		switch e.Errno {
		case unix.EAGAIN: // somebody renamed in the rootfs meanwhile
			return nsexec.Again, nil
		case unix.ENOENT:
			return nsexec.Again, makeTarget(x, root, dest, directory(x))
		}
		return 0, e
	})
	return target
}

func isDirectory(*nsexec.Executor) bool { return true }

// makeTarget makes the parts of dest that are missing. What exists is resolved
// inside the root, links included; what is made is made by name in a directory
// held by descriptor, and opened without following links, so that nobody who
// changes the rootfs meanwhile can lead it outside.
func makeTarget(x *nsexec.Executor, root nsexec.Reg, dest string, directory bool) error {
	parts := strings.Split(strings.Trim(dest, "/"), "/")
	dir, made, err := deepest(x, root, parts)
	if err != nil {
		return err
	}
	for i := made; i < len(parts); i++ {
		b := nsexec.Repair(x)
		b.Step("make mount point", "", path.Join(parts[:i+1]...))
		if i == len(parts)-1 && !directory {
			b.Create(dir, parts[i], 0o644)
			b.Close(dir)
			return x.Run(b)
		}
		b.Mkdirat(dir, parts[i], 0o755)
		next := b.Openat2(dir, parts[i], unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0,
			unix.RESOLVE_BENEATH|unix.RESOLVE_NO_SYMLINKS)
		b.Close(dir)
		if err := x.Run(b); err != nil {
			return err
		}
		dir = next
	}
	b := nsexec.Repair(x)
	b.Close(dir)
	return x.Run(b)
}

// deepest opens the longest leading part of a path that exists, and tells how
// many names it has.
func deepest(x *nsexec.Executor, root nsexec.Reg, parts []string) (nsexec.Reg, int, error) {
	for n := len(parts) - 1; ; n-- {
		b := nsexec.Repair(x)
		b.Step("open parent of mount point", "", "/"+path.Join(parts[:n]...))
		dir := b.InRoot(root, "/"+path.Join(parts[:n]...), unix.O_PATH|unix.O_DIRECTORY)
		if n > 0 {
			b.Expect(0, errno(unix.ENOENT))
		}
		if err := x.Run(b); err != nil {
			return 0, 0, err
		}
		if x.Reg(dir) >= 0 {
			return dir, n, nil
		}
	}
}
