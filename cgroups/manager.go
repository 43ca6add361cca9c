package cgroups

import (
	"errors"
	"fmt"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Manager is one container's place in the cgroup hierarchies. All paths are
// decided when it is made; methods act on the host only.
type Manager interface {
	// State is what must be kept to find the cgroup again (see Load).
	State() State

	// Create makes the cgroup directories, before any process. It takes away
	// what it made if it fails.
	Create() error

	// Set applies limits. What r leaves unset stays as it is. An error names
	// the property ("linux.resources.memory.limit"), the file and the cause.
	// Where the kernel refuses one of a container that is not new, all are as
	// they were before, but for limits of single devices.
	// Device rules are put in force once, with or without any in r, for a
	// manager that New made, and left as they are later and for one that was
	// loaded: engines send the rules they know along with every update, and not
	// those that a hook has added for the sake of a GPU.
	Set(r *specs.LinuxResources) error

	// Join says how a new process enters.
	Join() (Join, error)

	// Sub says how a process enters cgroups below the container's, which must
	// exist: "path" for all hierarchies, "controller[,controller]:path" for
	// those named (v1).
	Sub(spec []string) (Join, error)

	// Beside says how a process enters where pid, one of the container's, is
	// by now: with what Join gives, EBUSY comes where the container has made
	// its v2 cgroup an inner one, and ENOENT where a v1 cgroup was removed.
	Beside(pid int) (Join, error)

	// Freeze, Thaw and Frozen act on the whole subtree; each wait has a deadline.
	Freeze() error
	Thaw() error
	Frozen() (bool, error)

	// Pids lists the processes of the cgroup and everything below it, sorted.
	Pids() ([]int, error)

	// Stats reads what the kernel counts for the cgroup. What the host does
	// not count is zero.
	Stats() (*Stats, error)

	// WatchOOM begins to watch for the OOM killer. The watch is one that
	// never reports anything where the host has no memory controller.
	WatchOOM() (*OOMWatch, error)

	// Kill sends SIGKILL to every process of the subtree, frozen or not, and
	// goes on until none is left that was not killed.
	Kill() error

	// Destroy removes the subtree once it is empty, waiting for dying
	// processes up to a deadline. A missing cgroup is not an error.
	Destroy() error
}

// Join is how a process enters a cgroup without the writer waiting for an RCU
// grace period.
type Join struct {
	// Dir is an open v2 cgroup directory for clone3(CLONE_INTO_CGROUP), nil on
	// pure v1. The caller closes it.
	Dir *os.File

	// Tasks are v1 files into which a single-threaded process writes "0" to
	// move itself, one per hierarchy.
	Tasks []string

	// Attach moves a process that cannot enter in these ways; nil when it can.
	// It comes before the process makes its cgroup namespace.
	Attach func(pid int) error

	// entered ends what has kept the cgroup from being taken for one that has
	// ended; nil when that is not needed.
	entered func()
}

// Refused tells of the error of a clone3 into Dir which of v2's rules it broke.
func (j Join) Refused(err error) error {
	if j.Dir != nil && (errors.Is(err, unix.EACCES) || errors.Is(err, unix.EBUSY)) {
		return &RefusedError{j.Dir.Name(), err}
	}
	return err
}

// RefusedError is that of a process which v2's rules keep out of a cgroup: the
// caller owns no cgroup that has both that and its own below it (EACCES), or
// the cgroup gives controllers to others (EBUSY).
type RefusedError struct {
	Dir string
	Err error
}

func (e *RefusedError) Error() string {
	if errors.Is(e.Err, unix.EBUSY) {
		return fmt.Sprintf("linux.cgroupsPath: %s gives controllers to cgroups below it, so it takes no processes: %v", e.Dir, e.Err)
	}
	return fmt.Sprintf("linux.cgroupsPath: the caller may not move a process from its own cgroup to %s: %v", e.Dir, e.Err)
}

func (e *RefusedError) Unwrap() error { return e.Err }

// Close lets go of Dir.
func (j Join) Close() {
	if j.Dir != nil {
		j.Dir.Close()
	}
}

// Entered tells that a process has entered that is to stay. If none has, the
// cgroup stays until it is destroyed, and what the kernel has counted with it.
func (j Join) Entered() {
	if j.entered != nil {
		j.entered()
	}
}

// State is what state.json keeps of a cgroup.
type State struct {
	// Paths maps a controller ("" on v2) to the absolute cgroup directory.
	Paths map[string]string `json:"paths,omitempty"`

	// Made lists the directories that were created by us, parents first:
	// only these may be removed.
	Made []string `json:"made,omitempty"`

	// Unit is the systemd scope, nil with cgroupfs.
	Unit *Unit `json:"unit,omitempty"`
}

// Unit is a scope that systemd has made, or is about to make.
type Unit struct {
	Name        string `json:"name"`
	Description string `json:"description"` // by which a unit is known to be this one
	User        bool   `json:"user"`        // the user's systemd has made it, not the system's

	// Inode is that of the scope's cgroup, by which it is known once it has
	// been made: another container may have the name by then.
	Inode uint64 `json:"inode"`
}
