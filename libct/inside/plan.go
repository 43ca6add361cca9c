// Package inside says what is done inside a container, one file per kernel
// feature, and in which order (steps.go). It runs on the host and only notes
// calls down in a batch; package nsexec brings them into the container.
//
// It imports nsexec and specconv, and nothing that acts on the host.
package inside

import (
	"rt/nsexec"
	"rt/specconv"
)

// Plan is what the steps work from: the checked configuration, what the host
// has prepared, and the registers they share. Nothing changes once the first
// step has been taken, but the registers.
type Plan struct {
	ID     string
	Config *specconv.Config

	Powerless bool // the host process has no privilege even in its own user namespace
	Setgroups bool // the user namespace allows setgroups(2); Stage1 finds out that one it joins does not
	NoPivot   bool
	Keyring   bool // join a session keyring of the container's own

	Kcore     bool   // the host has a /proc/kcore
	LastCap   int    // highest capability the kernel knows
	Permitted uint64 // capabilities the executor has itself

	// Tasks are v1 cgroup files by which the executor moves itself.
	Tasks []string
	// CgroupMounts is what a mount of type cgroup shows.
	CgroupMounts CgroupMounts

	// Devices that cannot be made are bound from the host (user namespaces).
	BindDevices bool
	// RootParent is the mount that holds the rootfs, set when it must be made
	// private before pivot_root (rootfsPropagation shared).
	RootParent string

	// KernelMounts are the host's mounts of procfs and sysfs, for NoPivot.
	KernelMounts []string

	MountLabel string // linux.mountLabel, where SELinux is enabled

	// Descriptors of the host, -1 for none.
	Console  int   // socket that receives the terminal
	Listener int   // socket on which start is awaited; -1: go on at once
	Lock     int   // held until execve
	Notify   int   // connected socket that receives the seccomp listener
	Preserve []int // become 3, 4, …

	HookFiles   HookFiles
	NotifyState func(pid int) []byte // what is sent with the seccomp listener

	Chown   []int // of 0, 1 and 2, those that become the user's
	Join    Join  // the container that exec enters
	Pid     int   // the executor's, as the host sees it, for Last
	Seccomp Seccomp

	// Sources of binds that the host has opened, by mounts[] index, where the
	// executor could not.
	Sources map[int]int
	// Trees are mounts the host has made, by mounts[] index, where the executor
	// has no right to.
	Trees map[int]int
	// Attrs are files of /proc/PID/attr, by name, that the host has opened for
	// an executor which is to have nothing of the host's /proc.
	Attrs map[string]int
	// UserNS holds, by mounts[] index, a user namespace for an idmapped mount.
	UserNS map[int]int

	// Acts are what the host does at its place in the order.
	Acts Acts

	// Env is added to process.env (LISTEN_FDS, NOTIFY_SOCKET).
	Env []string

	program string // process.args[0], found
	home    string // HOME, when the environment has none

	lateCwd bool // the user has to enter process.cwd, root cannot
	tasks   []nsexec.Reg
	offsets nsexec.Reg // takes linux.timeOffsets, when there are any
	join    nsexec.Reg

	readonly []nsexec.Reg // mounts that become so in the end

	root   nsexec.Reg // the container's root
	proc   nsexec.Reg // the host's /proc
	null   nsexec.Reg // the host's /dev/null
	route  nsexec.Reg // the socket of Acts.Network, once it is open
	umask  nsexec.Reg // the one rt was called with
	passed passed
}

// Seccomp is a compiled filter.
type Seccomp struct {
	Program []byte
	Flags   uint32
	Notify  bool // the filter has a listener
}

// Acts are the host's parts of the order; nil ones are left out.
type Acts struct {
	// MapIDs writes the id mappings, when the executor is in a new user
	// namespace.
	MapIDs func(x *nsexec.Executor) error
	// Network moves devices into the network namespace, of which it is lent a
	// socket of rtnetlink.
	Network func(fds ...int) error
	// RuntimeHooks runs prestart and createRuntime.
	RuntimeHooks func(x *nsexec.Executor) error
	// Rlimits sets process.rlimits, but for the number of open files.
	Rlimits func(x *nsexec.Executor) error
	// CopyUp fills a fresh tmpfs with what its target holds.
	CopyUp func(fds ...int) error
	// Warn is told what does not stop the work.
	Warn func(string)
}

// RootSource and BundleSource are the places of the rootfs and the bundle among
// Plan.Sources.
const (
	RootSource   = -1
	BundleSource = -2
)

// HookFiles are files the host made for hooks that run inside: what they read,
// by kind, and where they write. -1 or absent: none.
type HookFiles struct {
	State  map[string]int
	Output int
}

// passed are the registers of the host's descriptors.
type passed struct {
	console, listener, lock, notify nsexec.Reg
	preserve                        []nsexec.Reg
	sources, trees, userns          map[int]nsexec.Reg
	hookState, attrs                map[string]nsexec.Reg
	hookOutput                      nsexec.Reg
}

// errno is how nsexec's Expect takes an errno.
func errno[T ~uintptr](e T) uint8 { return uint8(e) }
