package inside

import (
	"fmt"
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
// written to them later elsewhere (CVE-2019-19921). Other links are followed,
// but not into a procfs: the image would have chosen what covers it.
func mountPoint(p *Plan, in *nsexec.Batch, dest string, directory func(*nsexec.Executor) bool) nsexec.Reg {
	root := p.root
	if freshParent(p, dest) {
		parent := in.InRoot(root, path.Dir(dest), unix.O_PATH|unix.O_DIRECTORY)
		in.Mkdirat(parent, path.Base(dest), 0o755)
		in.Close(parent)
	}
	target := in.Openat2(root, dest, unix.O_PATH, 0,
		unix.RESOLVE_IN_ROOT|unix.RESOLVE_NO_MAGICLINKS|unix.RESOLVE_NO_SYMLINKS)
	in.OnError(func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		switch {
		case e.Errno == unix.ENOENT:
			return nsexec.Again, makeTarget(x, root, dest, directory(x))
		case e.Errno == unix.ELOOP && dest != "/proc" && dest != "/sys":
			return nsexec.Skip, throughLinks(x, root, dest, target, directory, e.Step)
		}
		return 0, e
	})
	return target
}

// throughLinks opens a target that symbolic links lead to, into a register of
// the batch that is stopped.
func throughLinks(x *nsexec.Executor, root nsexec.Reg, dest string, target nsexec.Reg, directory func(*nsexec.Executor) bool, step nsexec.Step) error {
	b := nsexec.Repair(x)
	b.Step(step.Name, step.Property, step.What)
	found := b.InRoot(root, dest, unix.O_PATH)
	b.OnError(func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		if e.Errno != unix.ENOENT {
			return 0, e
		}
		return nsexec.Again, makeTarget(x, root, dest, directory(x))
	})
	fs := b.Fstatfs(found)
	b.Host(func(x *nsexec.Executor) error {
		if x.Statfs(fs).Type == unix.PROC_SUPER_MAGIC {
			return fmt.Errorf("%s: %s %s: a symbolic link of the rootfs leads it into /proc", step.Property, step.Name, step.What)
		}
		return nil
	})
	b.DupAbove(found, firstFD, target)
	b.Close(found)
	return x.Run(b)
}

// firstFD is the first descriptor that is not standard input, output or error.
const firstFD = 3

// freshParent tells whether a directory is certainly missing: its parent is a
// tmpfs of the container, as /dev is for /dev/pts. It is made without asking.
func freshParent(p *Plan, dest string) bool {
	fresh := false
	for i := range p.Config.Mounts {
		switch m := &p.Config.Mounts[i]; m.Destination {
		case dest:
			return fresh && !m.Bind // what is bound may be a file
		case path.Dir(dest):
			fresh = m.Type == "tmpfs" && !m.TmpCopyUp
		}
	}
	return false
}

func isDirectory(*nsexec.Executor) bool { return true }

// makeTarget makes the parts of dest that are missing, one by one. What exists
// is resolved by the kernel inside the root; what is made is made by name in a
// directory held by descriptor. So nobody who changes the rootfs meanwhile can
// lead it outside (CVE-2024-45310).
func makeTarget(x *nsexec.Executor, root nsexec.Reg, dest string, directory bool) error {
	parts := split(dest)
	links := 0
	for range maxParts {
		dir, n, err := deepest(x, root, parts)
		if err != nil || n == len(parts) {
			return err
		}
		name := parts[n]
		b := nsexec.Repair(x)
		b.Step("make mount point", "", "/"+path.Join(parts[:n+1]...))
		if n == len(parts)-1 && !directory {
			b.Create(dir, name, 0o644)
		} else {
			b.Mkdirat(dir, name, 0o755)
		}
		// A link that leads nowhere yet is there to be made, and still not
		// found. Its target is made instead.
		text, size := b.Readlinkat(dir, name)
		b.Close(dir)
		if err := x.Run(b); err != nil {
			return err
		}
		if target := x.Text(text, size); target != "" {
			if links++; links > maxLinks {
				break
			}
			parts = follow(parts, n, target)
		}
		b.FreeAll(size)
	}
	return fmt.Errorf("make mount point %s: %w", dest, unix.ELOOP)
}

const (
	// maxLinks is how many links the kernel itself follows in one path.
	maxLinks = 40
	// maxParts bounds the names of a path, and the patience with somebody who
	// takes away what has just been made.
	maxParts = unix.PathMax
)

func split(name string) []string { return strings.Split(strings.Trim(name, "/"), "/") }

// follow puts a link's target in the place of the link.
func follow(parts []string, at int, target string) []string {
	rest := parts[at+1:]
	if path.IsAbs(target) {
		return append(split(target), rest...)
	}
	return append(append(append([]string(nil), parts[:at]...), split(target)...), rest...)
}

// deepest opens the longest leading part of a path that exists, and tells how
// many names it has. Nothing is left open for the whole path.
func deepest(x *nsexec.Executor, root nsexec.Reg, parts []string) (nsexec.Reg, int, error) {
	for n := len(parts); ; n-- {
		flags := unix.O_PATH | unix.O_DIRECTORY
		if n == len(parts) {
			flags = unix.O_PATH
		}
		prefix := "/" + strings.Join(parts[:n], "/")
		b := nsexec.Repair(x)
		b.Step("open parent of mount point", "", prefix)
		dir := b.InRoot(root, prefix, flags)
		if n > 0 {
			b.Expect(0, errno(unix.ENOENT))
		}
		if err := x.Run(b); err != nil {
			return 0, 0, err
		}
		if x.Reg(dir) < 0 {
			b.FreeAll(dir)
			continue
		}
		if n == len(parts) {
			b := nsexec.Repair(x)
			b.Close(dir)
			return 0, n, x.Run(b)
		}
		return dir, n, nil
	}
}
