package inside

import (
	"path/filepath"

	"golang.org/x/sys/unix"

	"rt/nsexec"
	"rt/specconv"
)

// CgroupMounts is what a mount of type cgroup shows the container.
type CgroupMounts struct {
	// Fresh: mount type cgroup2 is mounted anew (a unified hierarchy beside
	// v1 ones).
	Fresh bool
	// Unified is the v2 directory to show; "" on v1.
	Unified string
	// Hierarchies are the v1 ones.
	Hierarchies []Hierarchy
}

// Hierarchy is one v1 hierarchy: the directory of the host that the container
// sees, under Name, and further names that lead to it (cpu for cpu,cpuacct).
type Hierarchy struct {
	Name  string
	Dir   string
	Links []string
}

// cgroupMount shows the container its cgroups. A bind of its own directory is
// the same as a fresh mount in its cgroup namespace. Without one, v1 shows the
// same; on v2 Unified is then the whole hierarchy, for /proc/self/cgroup names
// the container's place from there.
func cgroupMount(p *Plan, in *nsexec.Batch, m *specconv.Mount) {
	if p.CgroupMounts.Unified != "" {
		from := in.Open(p.CgroupMounts.Unified, unix.O_PATH|unix.O_DIRECTORY)
		tree := in.OpenTree(from, "", false)
		in.Close(from)
		setAttributes(p, in, tree, m, m.AttrSet, m.AttrClr)
		attach(p, in, m, tree, mountPoint(p, in, m.Destination, isDirectory))
		return
	}
	top := &specconv.Mount{
		Index:       m.Index,
		Destination: m.Destination,
		Type:        "tmpfs",
		Data:        []string{"mode=755"},
		Propagation: m.Propagation,
	}
	mount := newFilesystem(p, in, top, m.AttrSet&^unix.MOUNT_ATTR_RDONLY)
	target := mountPoint(p, in, m.Destination, isDirectory)
	in.MoveMount(mount, target)
	in.Close(target)
	for _, h := range p.CgroupMounts.Hierarchies {
		in.Mkdirat(mount, h.Name, 0o755)
		for _, link := range h.Links {
			in.Symlinkat(h.Name, mount, link)
		}
		tree := in.OpenTree(nsexec.AtFDCWD, filepath.Clean(h.Dir), false)
		setAttributes(p, in, tree, m, m.AttrSet, m.AttrClr)
		in.MoveMountAt(tree, mount, h.Name)
		in.Close(tree)
	}
	if m.AttrSet&unix.MOUNT_ATTR_RDONLY != 0 {
		in.MountSetattr(mount, false, unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	}
	for _, kind := range m.Propagation {
		setPropagation(in, mount, kind)
	}
	in.Close(mount)
}
