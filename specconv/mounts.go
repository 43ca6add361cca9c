package specconv

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// mounts decides config.md#mounts.
func (c *checker) mounts(list []specs.Mount, bundle string, ns Namespaces) []Mount {
	mounts := make([]Mount, len(list))
	for i := range list {
		mounts[i] = c.mount(&list[i], i, bundle, ns)
	}
	return mounts
}

func (c *checker) mount(s *specs.Mount, index int, bundle string, ns Namespaces) Mount {
	path := at("mounts", index)
	m := Mount{
		Index:       index,
		Destination: filepath.Clean("/" + s.Destination),
		Source:      s.Source,
		Type:        s.Type,
	}
	if s.Destination == "" {
		c.fail(path+".destination", "is required")
	} else if s.Destination[0] != '/' {
		c.warn(path+".destination", "relative path %q is deprecated, taken from /", s.Destination)
	}
	c.text(path+".destination", s.Destination)
	c.text(path+".source", s.Source)
	c.text(path+".type", s.Type)
	c.texts(path+".options", s.Options)

	for _, o := range s.Options {
		m.addOption(o)
	}
	m.settleSuper()
	c.tmpfsACL(&m, path)
	c.procMount(&m, path)
	c.mountKind(&m, path, bundle)
	c.mountIDMap(&m, s, path, ns)
	return m
}

// tmpfsACL drops what tmpfs does not take though runc's callers may give it:
// there, both are a flag of mount(2) without effect. Whether a tmpfs has access
// control lists is settled when the kernel is built (CONFIG_TMPFS_POSIX_ACL).
func (c *checker) tmpfsACL(m *Mount, path string) {
	if m.Bind || m.Type != "tmpfs" {
		return
	}
	m.Data = slices.DeleteFunc(m.Data, func(o string) bool {
		if o == "noacl" {
			c.warn(path+".options", "%q means nothing for a tmpfs: its access control lists cannot be switched off", o)
		}
		return o == "acl" || o == "noacl"
	})
}

// overProc are the files of /proc that may be mounted over: those by which
// lxcfs and its like show the container its own limits, and two that
// checkpointing and FIPS mode need. Anything else there could turn what the
// runtime or the container writes to /proc into a write elsewhere.
var overProc = [...]string{
	"/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo", "/proc/slabinfo", "/proc/stat",
	"/proc/swaps", "/proc/sys/crypto/fips_enabled", "/proc/sys/kernel/ns_last_pid", "/proc/uptime",
}

// procMount keeps /proc what it says it is. Whether what is bound onto /proc
// is a procfs is seen when it is mounted.
func (c *checker) procMount(m *Mount, path string) {
	switch {
	case m.Destination == "/proc" && !m.Bind && !m.Remount && m.Type != "proc" && m.Type != "":
		c.fail(path+".destination", "%q takes a mount of type proc, not %q", m.Destination, m.Type)
	case strings.HasPrefix(m.Destination, "/proc/") && m.Type != "proc" && !m.Remount &&
		!slices.Contains(overProc[:], m.Destination):
		c.fail(path+".destination", "%q cannot be mounted because it is inside /proc", m.Destination)
	}
}

// mountKind checks what a bind, a new file system and a change of a mount
// need.
func (c *checker) mountKind(m *Mount, path, bundle string) {
	if m.TmpCopyUp && (m.Bind || m.Type != "tmpfs") {
		c.fail(path+".options", "tmpcopyup needs a mount of type tmpfs")
	}
	if !m.Bind {
		changes := m.Remount || len(m.Propagation) > 0 && m.Type == ""
		switch {
		case m.Type == "bind" || m.Type == "rbind":
			c.fail(path+".options", "type %q needs the option bind or rbind", m.Type)
		case m.Type == "" && !changes:
			c.fail(path+".type", "is required unless the options contain bind or rbind")
		}
		return
	}
	m.Type = ""
	switch {
	case m.Remount:
	case m.Source == "":
		c.fail(path+".source", "is required for a bind mount")
	case !filepath.IsAbs(m.Source):
		m.Source = filepath.Join(bundle, m.Source)
	}
	// A bind mount has the superblock of its source. The kernel takes no
	// options for it then, and neither do we.
	for _, o := range m.Data {
		c.warn(path+".options", "%q is not a mount option and means nothing for a bind mount", o)
	}
	m.Data = nil
}

func (c *checker) mountIDMap(m *Mount, s *specs.Mount, path string, ns Namespaces) {
	if (len(s.UIDMappings) > 0) != (len(s.GIDMappings) > 0) {
		c.fail(path, "uidMappings and gidMappings must be given together")
		return
	}
	c.mappings(path+".uidMappings", s.UIDMappings)
	c.mappings(path+".gidMappings", s.GIDMappings)
	given := len(s.UIDMappings) > 0
	switch {
	case m.IDMap == nil && !given:
		return
	case !m.Bind:
		c.fail(path, "id mappings are for a bind mount, not for a new file system")
		return
	case m.IDMap == nil:
		// CRI-O says no more; a warning would be in each container's log.
		m.IDMap = &IDMap{}
	case !given && !ns.Has(unix.CLONE_NEWUSER):
		c.fail(path+".options", "idmap and ridmap need uidMappings and gidMappings, or a user namespace")
	}
	m.IDMap.UIDs, m.IDMap.GIDs = s.UIDMappings, s.GIDMappings
}
