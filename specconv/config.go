package specconv

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Host holds the facts about the machine that checking depends on. They are
// parameters so that a check gives the same answer everywhere; package libct
// reads them in one place.
type Host struct {
	LastCap  int  // highest capability number the kernel knows
	AppArmor bool // AppArmor is enabled
	SELinux  bool // SELinux is enabled
	CgroupV2 bool // cgroup v2 is the only hierarchy (no v1 controllers)
}

// Config is a checked configuration. Where nothing was decided, Spec keeps
// the answer; the other fields hold what was decided, in the form the kernel
// takes it.
type Config struct {
	Spec   *specs.Spec
	Bundle string // absolute
	Rootfs string // absolute

	Namespaces      Namespaces
	RootPropagation uint64 // MS_SHARED, MS_SLAVE|MS_REC …; 0 when unset
	Mounts          []Mount
	Devices         []Device // linux.devices with the defaults added, in creation order
	Process         *Process // nil when process is unset
	Personality     *uint64  // personality(2); nil when unset
	MemoryPolicy    *MemoryPolicy

	Warnings []string // what the spec tells us to say and go on
}

// Namespaces says which namespaces are made and which are joined, as
// CLONE_NEW* flags. A type in neither is inherited.
type Namespaces struct {
	New  uint64
	Join []JoinNamespace
}

// JoinNamespace is a namespace entered through a file.
type JoinNamespace struct {
	Flag     uint64 // one CLONE_NEW* flag
	Path     string // absolute
	Property string // its place in config.json, for errors
}

// Has reports whether the container has a namespace of its own (made or
// joined) for the CLONE_NEW* flag.
func (n Namespaces) Has(flag uint64) bool {
	if n.New&flag != 0 {
		return true
	}
	for _, j := range n.Join {
		if j.Flag == flag {
			return true
		}
	}
	return false
}

// Mount is one entry of mounts with its options decided
// (config.md#linux-mount-options).
type Mount struct {
	Index       int    // position in mounts, for errors: mounts[Index]
	Destination string // clean, begins with "/"
	Source      string // for a bind: absolute on the host; else as written
	Type        string // file system type; "" for a bind
	Bind        bool
	Recursive   bool // rbind
	Remount     bool

	// Attributes of the mount (mount_setattr(2)): AttrSet and AttrClr for the
	// mount itself, RecSet and RecClr (the r* options) for the whole tree.
	AttrSet, AttrClr uint64
	RecSet, RecClr   uint64

	// SuperFlags and SuperClear are fsconfig(2) flag parameters ("sync",
	// "dirsync", "lazytime", "mand", "ro" …) for the superblock, never for a
	// bind.
	SuperFlags []string

	Propagation []uint64 // MS_PRIVATE …, with MS_REC, applied in order
	Data        []string // file system options, one each
	TmpCopyUp   bool

	// IDMap is set for idmap and ridmap. When UIDs is empty the container's
	// own user namespace gives the mapping.
	IDMap *IDMap
}

// IDMap describes an idmapped mount.
type IDMap struct {
	Recursive  bool
	UIDs, GIDs []specs.LinuxIDMapping
}

// Device is a device node to make inside the container.
type Device struct {
	Path     string // clean, absolute
	Mode     uint32 // S_IFCHR, S_IFBLK or S_IFIFO with permission bits
	Major    int64
	Minor    int64
	UID, GID uint32
	Property string // "linux.devices[2]", or "" for a default device
}

// Process is a checked process, of the container or of exec.
type Process struct {
	Spec        *specs.Process
	Caps        Capabilities
	Rlimits     []Rlimit
	Scheduler   *unix.SchedAttr
	IOPriority  *int   // ioprio_set(2) value
	CPUInitial  []byte // execCPUAffinity.initial as a sched_setaffinity(2) mask; nil when unset
	CPUFinal    []byte
	Personality *uint64
}

// Capabilities are the five sets as bit masks, unknown names left out.
type Capabilities struct {
	Bounding, Effective, Permitted, Inheritable, Ambient uint64
}

// Rlimit is one resource limit, RLIMIT_* number and values.
type Rlimit struct {
	Resource   int
	Name       string
	Soft, Hard uint64
}

// MemoryPolicy is set_mempolicy(2)'s mode (flags included) and node mask.
type MemoryPolicy struct {
	Mode  int
	Nodes []byte
}
