package specconv

import (
	"path/filepath"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// defaultDevices are the nodes every container has
// (config-linux.md#default-devices); /dev/console and /dev/ptmx are not nodes
// of their own.
var defaultDevices = [...]Device{
	{Path: "/dev/null", Mode: unix.S_IFCHR | 0o666, Major: 1, Minor: 3},
	{Path: "/dev/zero", Mode: unix.S_IFCHR | 0o666, Major: 1, Minor: 5},
	{Path: "/dev/full", Mode: unix.S_IFCHR | 0o666, Major: 1, Minor: 7},
	{Path: "/dev/random", Mode: unix.S_IFCHR | 0o666, Major: 1, Minor: 8},
	{Path: "/dev/urandom", Mode: unix.S_IFCHR | 0o666, Major: 1, Minor: 9},
	{Path: "/dev/tty", Mode: unix.S_IFCHR | 0o666, Major: 5, Minor: 0},
}

// DefaultDevices returns the nodes every container has.
func DefaultDevices() []Device { return slices.Clone(defaultDevices[:]) }

// deviceTypes are the types of mknod(1): u is c.
var deviceTypes = [...]named[uint32]{
	{"c", unix.S_IFCHR},
	{"b", unix.S_IFBLK},
	{"u", unix.S_IFCHR},
	{"p", unix.S_IFIFO},
}

// The kernel keeps 12 bits of the major and 20 bits of the minor number.
const (
	maxMajor = 1<<12 - 1
	maxMinor = 1<<20 - 1
)

// devices decides config-linux.md#devices. A default device that the
// configuration lists itself is made as listed. One that is listed twice is made
// as the first says: containerd gives a privileged container all devices of the
// host, and once more those that are meant for it.
func (c *checker) devices(list []specs.LinuxDevice) []Device {
	own := make([]Device, 0, len(list))
	for i := range list {
		d := c.device(&list[i], at("linux.devices", i))
		first := slices.IndexFunc(own, func(o Device) bool { return o.Path == d.Path })
		switch {
		case first < 0:
			own = append(own, d)
		case !sameDevice(own[first], d):
			c.fail(d.Property+".path", "%q is another device in %s", d.Path, own[first].Property)
		}
	}
	all := make([]Device, 0, len(defaultDevices)+len(own))
	for _, d := range defaultDevices {
		if !slices.ContainsFunc(own, func(o Device) bool { return o.Path == d.Path }) {
			all = append(all, d)
		}
	}
	return append(all, own...)
}

func sameDevice(a, b Device) bool {
	return a.Mode&unix.S_IFMT == b.Mode&unix.S_IFMT && a.Major == b.Major && a.Minor == b.Minor
}

func (c *checker) device(s *specs.LinuxDevice, path string) Device {
	d := Device{Path: filepath.Clean(s.Path), Property: path}
	if c.absolute(path+".path", s.Path) && d.Path == "/" {
		c.fail(path+".path", "must not be the root directory")
	}
	format, ok := member(c, path+".type", deviceTypes[:], s.Type)
	if ok && format != unix.S_IFIFO {
		c.deviceNumber(s, path)
		d.Major, d.Minor = s.Major, s.Minor
	}
	permissions := uint32(0o666)
	if s.FileMode != nil {
		permissions = uint32(*s.FileMode)
		// Engines copy st_mode, file type and all: the type is ours to say.
		if permissions&^(unix.S_IFMT|0o7777) != 0 {
			c.fail(path+".fileMode", "%d is not a file mode", permissions)
		}
		permissions &= 0o7777
	}
	d.Mode = format | permissions
	if s.UID != nil {
		c.userID(path+".uid", *s.UID)
		d.UID = *s.UID
	}
	if s.GID != nil {
		c.userID(path+".gid", *s.GID)
		d.GID = *s.GID
	}
	return d
}

// deviceNumber refuses 0:0, which is what a missing number is read as, and
// which the kernel takes for an overlay whiteout.
func (c *checker) deviceNumber(s *specs.LinuxDevice, path string) {
	switch {
	case s.Major == 0 && s.Minor == 0:
		c.fail(path, "major and minor are required for type %q", s.Type)
	case s.Major < 0 || s.Major > maxMajor:
		c.fail(path+".major", "%d is not between 0 and %d", s.Major, maxMajor)
	case s.Minor < 0 || s.Minor > maxMinor:
		c.fail(path+".minor", "%d is not between 0 and %d", s.Minor, maxMinor)
	}
}
