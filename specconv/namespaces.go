package specconv

import (
	"math"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

var namespaceTypes = [...]named[uint64]{
	{"cgroup", unix.CLONE_NEWCGROUP},
	{"ipc", unix.CLONE_NEWIPC},
	{"mount", unix.CLONE_NEWNS},
	{"network", unix.CLONE_NEWNET},
	{"pid", unix.CLONE_NEWPID},
	{"time", unix.CLONE_NEWTIME},
	{"user", unix.CLONE_NEWUSER},
	{"uts", unix.CLONE_NEWUTS},
}

// NamespaceTypes returns the known namespace types, sorted.
func NamespaceTypes() []string { return names(namespaceTypes[:]) }

func namespaceType(flag uint64) string {
	for _, t := range namespaceTypes {
		if t.value == flag {
			return t.name
		}
	}
	return ""
}

// namespaces decides config-linux.md#namespaces.
func (c *checker) namespaces(list []specs.LinuxNamespace) Namespaces {
	var ns Namespaces
	var seen uint64
	for i, n := range list {
		path := at("linux.namespaces", i)
		flag, ok := member(c, path+".type", namespaceTypes[:], n.Type)
		if !ok {
			continue
		}
		if seen&flag != 0 {
			c.fail(path+".type", "%q is listed twice", n.Type)
			continue
		}
		seen |= flag
		if n.Path == "" {
			ns.New |= flag
		} else if c.absolute(path+".path", n.Path) {
			ns.Join = append(ns.Join, JoinNamespace{flag, n.Path, path + ".path"})
		}
	}
	return ns
}

// userNamespace checks the id mappings against the user namespace
// (config-linux.md#user-namespace-mappings).
func (c *checker) userNamespace(l *specs.Linux, ns Namespaces) {
	c.mappings("linux.uidMappings", l.UIDMappings)
	c.mappings("linux.gidMappings", l.GIDMappings)
	switch {
	case ns.New&unix.CLONE_NEWUSER != 0:
		if len(l.UIDMappings) == 0 {
			c.fail("linux.uidMappings", "is required for a new user namespace")
		}
		if len(l.GIDMappings) == 0 {
			c.fail("linux.gidMappings", "is required for a new user namespace")
		}
	case !ns.Has(unix.CLONE_NEWUSER):
		if len(l.UIDMappings) > 0 {
			c.fail("linux.uidMappings", "needs a user namespace in linux.namespaces")
		}
		if len(l.GIDMappings) > 0 {
			c.fail("linux.gidMappings", "needs a user namespace in linux.namespaces")
		}
	}
}

// maxMappings is the kernel's UID_GID_MAP_MAX_EXTENTS.
const maxMappings = 340

// mappings checks what the kernel demands of an id map: no range empty, none
// past the last id, none overlapping another on either side.
func (c *checker) mappings(path string, maps []specs.LinuxIDMapping) {
	if len(maps) > maxMappings {
		c.fail(path, "has %d entries, the kernel takes %d", len(maps), maxMappings)
		return
	}
	for i, m := range maps {
		switch {
		case m.Size == 0:
			c.fail(at(path, i)+".size", "must not be 0")
		case beyond(m.ContainerID, m.Size) || beyond(m.HostID, m.Size):
			c.fail(at(path, i)+".size", "%d ids from containerID %d, hostID %d go past the last id", m.Size, m.ContainerID, m.HostID)
		}
		for j, o := range maps[:i] {
			if overlap(m.ContainerID, m.Size, o.ContainerID, o.Size) {
				c.fail(at(path, i)+".containerID", "range overlaps that of %s", at(path, j))
			}
			if overlap(m.HostID, m.Size, o.HostID, o.Size) {
				c.fail(at(path, i)+".hostID", "range overlaps that of %s", at(path, j))
			}
		}
	}
}

// beyond says whether a range takes in the id 4294967295, which means "no id".
func beyond(first, size uint32) bool {
	return uint64(first)+uint64(size) > math.MaxUint32
}

func overlap(a, sizeA, b, sizeB uint32) bool {
	return uint64(a) < uint64(b)+uint64(sizeB) && uint64(b) < uint64(a)+uint64(sizeA)
}

// mapped says whether a container id has a host id.
func mapped(maps []specs.LinuxIDMapping, id uint32) bool {
	return slices.ContainsFunc(maps, func(m specs.LinuxIDMapping) bool {
		return id >= m.ContainerID && uint64(id) < uint64(m.ContainerID)+uint64(m.Size)
	})
}

// mappedUser checks that the process's ids exist in a new user namespace.
func (c *checker) mappedUser(u *specs.User, l *specs.Linux) {
	if !mapped(l.UIDMappings, u.UID) {
		c.fail("process.user.uid", "%d is not mapped by linux.uidMappings", u.UID)
	}
	if !mapped(l.GIDMappings, u.GID) {
		c.fail("process.user.gid", "%d is not mapped by linux.gidMappings", u.GID)
	}
	for i, gid := range u.AdditionalGids {
		if !mapped(l.GIDMappings, gid) {
			c.fail(at("process.user.additionalGids", i), "%d is not mapped by linux.gidMappings", gid)
		}
	}
}

// mappedMounts checks that the owners new file systems are asked to have exist
// in a new user namespace, such as the gid=5 that devpts has in most
// configurations.
func (c *checker) mappedMounts(mounts []Mount, l *specs.Linux) {
	for i := range mounts {
		for _, o := range mounts[i].Data {
			key, value, _ := strings.Cut(o, "=")
			maps, property := l.UIDMappings, "linux.uidMappings"
			switch key {
			case "gid":
				maps, property = l.GIDMappings, "linux.gidMappings"
			case "uid":
			default:
				continue
			}
			if id, err := parseUserID(value); err == nil && !mapped(maps, id) {
				c.fail(at("mounts", i)+".options", "%q is not mapped by %s", o, property)
			}
		}
	}
}

// timeOffsets checks config-linux.md#offset-for-time-namespace.
func (c *checker) timeOffsets(offsets map[string]specs.LinuxTimeOffset, ns Namespaces) {
	if len(offsets) > 0 && ns.New&unix.CLONE_NEWTIME == 0 {
		c.fail("linux.timeOffsets", "needs a new time namespace in linux.namespaces")
	}
	for _, clock := range sortedKeys(offsets) {
		if clock != "monotonic" && clock != "boottime" {
			c.fail("linux.timeOffsets", "clock %q is not one of boottime, monotonic", clock)
		}
		if n := offsets[clock].Nanosecs; n > 999_999_999 {
			c.fail(under("linux.timeOffsets", clock)+".nanosecs", "%d is a second or more", n)
		}
	}
}
