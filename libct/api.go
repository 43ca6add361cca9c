// Package libct is a container as the host sees it: made, started, signalled,
// entered and deleted. It runs on the host. What is done inside a container it
// leaves to package inside, and keeps the order of the two.
package libct

import (
	"errors"
	"os"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Errors a caller branches on. The texts are matched by engines.
var (
	ErrNotExist    = errors.New("container does not exist")
	ErrExist       = errors.New("container with given ID already exists")
	ErrNotRunning  = errors.New("container not running")
	ErrNotPaused   = errors.New("container not paused")
	ErrInvalidID   = errors.New("invalid container ID format")
	ErrStartTwice  = errors.New("cannot start an already running container")
	ErrStartDead   = errors.New("cannot start a container that has stopped")
	ErrExecStopped = errors.New("cannot exec in a stopped container")
	ErrExecPaused  = errors.New("cannot exec in a paused container")
)

// Status is a container's state in the sense of runtime.md#state.
type Status string

const (
	Creating Status = "creating"
	Created  Status = "created"
	Running  Status = "running"
	Paused   Status = "paused"
	Stopped  Status = "stopped"
)

// Runtime is the entry to all containers under one state root.
type Runtime struct {
	Root          string       // directory that holds one directory per container
	SystemdCgroup bool         // cgroupsPath is slice:prefix:name
	NoCgroup      bool         // containers get no cgroup of their own
	Rootless      bool         // no privilege over the host
	NotifySocket  string       // NOTIFY_SOCKET of the caller's environment
	Warn          func(string) // told what does not stop the work; never nil
}

// IO is what a process is given at its start, of the container or of exec.
type IO struct {
	Stdin, Stdout, Stderr *os.File // used as they are when there is no terminal
	ConsoleSocket         string   // AF_UNIX path that receives the terminal
	PidfdSocket           string   // AF_UNIX path that receives the pidfd
	PidFile               string
	PreserveFDs           int // descriptors 3 … 3+N-1 (after LISTEN_FDS) are passed on
	ListenFDs             int // LISTEN_FDS of the caller's environment
}

// CreateOptions are the choices of create and run.
type CreateOptions struct {
	IO
	Bundle       string // absolute
	NoPivot      bool
	NoNewKeyring bool

	attached bool // run waits for the program
}

// RunOptions are the choices of run.
type RunOptions struct {
	CreateOptions
	Detach      bool
	Keep        bool // do not delete the container after it has ended
	NoSubreaper bool
}

// ExecOptions are the choices of exec. Process is complete: the CLI has put
// its flags over the container's own process.
type ExecOptions struct {
	IO
	Process      *specs.Process
	Detach       bool
	IgnorePaused bool
	NoSubreaper  bool
	Cgroup       []string // --cgroup values, each "path" or "controller[,controller]:path"
}

// State is what `rt state` and `rt list` show (runtime.md#state, with what
// engines expect beside it).
type State struct {
	OCIVersion  string            `json:"ociVersion"`
	ID          string            `json:"id"`
	Pid         int               `json:"pid"` // 0 when stopped
	Status      Status            `json:"status"`
	Bundle      string            `json:"bundle"`
	Rootfs      string            `json:"rootfs"`
	Created     time.Time         `json:"created"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Owner       string            `json:"owner"`
}
