package libct

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/cgroups"
	"rt/jsontext"
)

// Container is a container that exists.
type Container struct {
	rt  *Runtime
	dir string
	rec record

	spec *specs.Spec // once it has been asked for
}

// Files of a container's directory.
const (
	stateFile  = "state.json"
	configFile = "config.json" // as it was at create
	startSock  = "start"       // on which init awaits start
	initLock   = "init"        // locked by init until it runs the program
)

func (c *Container) path(name string) string { return filepath.Join(c.dir, name) }

// procStat is what /proc/PID/stat says about a process.
type procStat struct {
	state byte
	start uint64
}

func readProcStat(pid int) (procStat, error) {
	data, err := readFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return procStat{}, err
	}
	// The second field is the name in parentheses and may hold anything.
	text := string(data)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return procStat{}, fmt.Errorf("read /proc/%d/stat: too short", pid)
	}
	start, err := strconv.ParseUint(fields[19], 10, 64)
	return procStat{fields[0][0], start}, err
}

// alive tells whether the container's process still runs. A zombie does not.
// That it cannot be found out is no sign of death: a running container that
// was taken for a stopped one would be deleted.
func (c *Container) alive() (bool, error) {
	if c.rec.InitPid <= 0 {
		return false, nil
	}
	st, err := readProcStat(c.rec.InitPid)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for container init: %w", err)
	}
	return st.start == c.rec.InitStart && st.state != 'Z' && st.state != 'X', nil
}

// status finds out what the container is doing now. Nothing but the kernel is
// asked: a process that awaits start holds a lock that execve gives up.
func (c *Container) status() (Status, error) {
	if c.rec.Phase == Creating {
		switch {
		case !c.busy():
			return Stopped, nil
		case c.rec.Bundle == "": // it is deleted just now, or nothing of it is there yet
			return "", fmt.Errorf("%q: %w", c.rec.ID, ErrNotExist)
		}
		return Creating, nil
	}
	if alive, err := c.alive(); !alive {
		return Stopped, err
	}
	m, err := c.cgroup()
	if err != nil {
		return "", err
	}
	frozen, err := m.Frozen()
	if err != nil {
		return "", fmt.Errorf("read freezer state of %q: %w", c.rec.ID, err)
	}
	if frozen {
		return Paused, nil
	}
	if held, err := c.awaitingStart(); err != nil || held {
		return Created, err
	}
	return Running, nil
}

func (c *Container) awaitingStart() (bool, error) {
	fd, err := unix.Open(c.path(initLock), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return false, nil // made by run
	}
	if err != nil {
		return false, fmt.Errorf("open lock of container init: %w", err)
	}
	defer unix.Close(fd)
	return errors.Is(unix.Flock(fd, unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK), nil
}

func (c *Container) cgroup() (cgroups.Manager, error) { return cgroups.Load(c.rec.Cgroup) }

// State is the container's state by the specification (runtime.md#state).
func (c *Container) State() (State, error) {
	status, err := c.status()
	if err != nil {
		return State{}, err
	}
	return c.state(status), nil
}

func (c *Container) state(status Status) State {
	s := State{
		OCIVersion:  c.rec.OCIVersion,
		ID:          c.rec.ID,
		Status:      status,
		Bundle:      c.rec.Bundle,
		Rootfs:      c.rec.Rootfs,
		Created:     c.rec.Created,
		Annotations: c.rec.Annotations,
		Owner:       owner(c.rec.UID),
	}
	if status != Stopped {
		s.Pid = c.rec.InitPid
	}
	return s
}

// hookState is the state as hooks read it.
func (c *Container) hookState(status Status, pid int) []byte {
	var e jsontext.Encoder
	c.encodeState(&e, status, pid)
	return e.Bytes()
}

// encodeState writes specs.State.
func (c *Container) encodeState(e *jsontext.Encoder, status Status, pid int) {
	e.Object(func() {
		e.Name("ociVersion").Text(c.rec.OCIVersion)
		e.Name("id").Text(c.rec.ID)
		e.Name("status").Text(string(status))
		if pid != 0 {
			e.Name("pid").Int(pid)
		}
		e.Name("bundle").Text(c.rec.Bundle)
		if len(c.rec.Annotations) > 0 {
			e.Name("annotations").Dict(c.rec.Annotations)
		}
	})
}

// owner is the name of a user of the host, as ps would show it.
func owner(uid int) string {
	data, err := readFile("/etc/passwd")
	if err == nil {
		for line := range strings.Lines(string(data)) {
			if f := strings.SplitN(line, ":", 4); len(f) == 4 && f[2] == strconv.Itoa(uid) {
				return f[0]
			}
		}
	}
	return strconv.Itoa(uid)
}
