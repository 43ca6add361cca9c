package inside

import (
	"fmt"
	"path"

	"golang.org/x/sys/unix"

	"rt/nsexec"
	"rt/specconv"
)

// ownDev tells whether /dev is the container's own to fill. A /dev bound from
// elsewhere is left as it is.
func ownDev(p *Plan) bool {
	for i := range p.Config.Mounts {
		if m := &p.Config.Mounts[i]; m.Destination == "/dev" && m.Bind {
			return false
		}
	}
	return true
}

// devices makes the device nodes (config-linux.md#devices and
// #default-devices).
func devices(p *Plan, in *nsexec.Batch) {
	if !ownDev(p) {
		return
	}
	dev := devDirectory(p, in)
	for i := range p.Config.Devices {
		d := &p.Config.Devices[i]
		in.Step("make device", d.Property, d.Path)
		dir, name := dev, path.Base(d.Path)
		elsewhere := path.Dir(d.Path) != "/dev"
		if elsewhere {
			dir = mountPoint(p, in, path.Dir(d.Path), isDirectory)
		}
		if p.BindDevices && d.Mode&unix.S_IFMT != unix.S_IFIFO {
			bindDevice(in, d, dir, name)
		} else {
			makeDevice(in, d, dir, name)
		}
		if elsewhere {
			in.Close(dir)
		}
	}
	in.Close(dev)
}

// devDirectory opens the rootfs's /dev. It must be a directory and no link:
// a link would have the nodes made elsewhere (CVE-2026-41579).
func devDirectory(p *Plan, in *nsexec.Batch) nsexec.Reg {
	dev := in.Openat2(p.root, "dev", unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0,
		unix.RESOLVE_BENEATH|unix.RESOLVE_NO_SYMLINKS)
	root := p.root
	in.OnError(func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		if e.Errno == unix.ENOENT {
			return nsexec.Again, makeTarget(x, root, "/dev", true)
		}
		return 0, e
	})
	return dev
}

func makeDevice(in *nsexec.Batch, d *specconv.Device, dir nsexec.Reg, name string) {
	in.Mknodat(dir, name, d.Mode, unix.Mkdev(uint32(d.Major), uint32(d.Minor)))
	in.OnError(func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		if e.Errno != unix.EEXIST {
			return 0, e
		}
		return nsexec.Skip, sameDevice(x, d, dir, name, e)
	})
	if d.UID != 0 || d.GID != 0 {
		in.Fchownat(dir, name, int(d.UID), int(d.GID), unix.AT_SYMLINK_NOFOLLOW)
	}
}

// sameDevice is nil when the file that exists is the device that was asked
// for: the spec has any other be an error.
func sameDevice(x *nsexec.Executor, d *specconv.Device, dir nsexec.Reg, name string, e *nsexec.CallError) error {
	b := nsexec.Repair(x)
	buf := b.Statx(dir, name, unix.AT_SYMLINK_NOFOLLOW)
	if err := x.Run(b); err != nil {
		return err
	}
	have := x.Statx(buf)
	same := uint32(have.Mode)&unix.S_IFMT == d.Mode&unix.S_IFMT
	if same && d.Mode&unix.S_IFMT != unix.S_IFIFO {
		same = int64(have.Rdev_major) == d.Major && int64(have.Rdev_minor) == d.Minor
	}
	if !same {
		e.Detail = "it exists and is not that device"
		return e
	}
	return nil
}

// bindDevice shows a device of the host, where making one is not allowed. Its
// name may be a link there, as /dev/cdrom is: what it leads to is looked at.
func bindDevice(in *nsexec.Batch, d *specconv.Device, dir nsexec.Reg, name string) {
	in.Create(dir, name, 0)
	target := in.Openat2(dir, name, unix.O_PATH|unix.O_NOFOLLOW, 0, unix.RESOLVE_BENEATH|unix.RESOLVE_NO_SYMLINKS)
	from := in.Open(d.Path, unix.O_PATH)
	buf := in.Statx(from, "", unix.AT_EMPTY_PATH)
	in.Host(func(x *nsexec.Executor) error {
		have := x.Statx(buf)
		if uint32(have.Mode)&unix.S_IFMT == d.Mode&unix.S_IFMT &&
			int64(have.Rdev_major) == d.Major && int64(have.Rdev_minor) == d.Minor {
			return nil
		}
		return fmt.Errorf("bind device %s: the host's is not device %d:%d", d.Path, d.Major, d.Minor)
	})
	tree := in.OpenTree(from, "", false)
	in.MoveMount(tree, target)
	in.Close(tree)
	in.Close(from)
	in.Close(target)
}

// devLinks makes what runtime-linux.md#dev-symbolic-links asks for, and ptmx.
// A name that is taken stays as it is.
func devLinks(p *Plan, in *nsexec.Batch) {
	if !ownDev(p) {
		return
	}
	dev := devDirectory(p, in)
	for _, l := range [...]struct{ target, name string }{
		{"/proc/self/fd", "fd"},
		{"/proc/self/fd/0", "stdin"},
		{"/proc/self/fd/1", "stdout"},
		{"/proc/self/fd/2", "stderr"},
		{"/proc/kcore", "core"},
	} {
		if l.name == "core" && !p.Kcore {
			continue
		}
		in.Symlinkat(l.target, dev, l.name)
		in.Expect(0, errno(unix.EEXIST))
	}
	// The container's own terminals, not those of the host.
	in.Unlinkat(dev, "ptmx", 0)
	in.Expect(0, errno(unix.ENOENT))
	in.Symlinkat("pts/ptmx", dev, "ptmx")
	in.Close(dev)
}
