package libct

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rt/libct/inside"
	"rt/specconv"
)

// seccompCache is where compiled filters are kept: for all state roots alike,
// and beside them, so that no container can have its name.
func seccompCache() string {
	if os.Geteuid() == 0 {
		return "/run/rt-seccomp"
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "rt-seccomp")
	}
	return ""
}

// open opens the descriptors that the executor is given.
func (l *launch) open(direct bool) error {
	p := l.plan
	if !direct {
		if err := l.awaitFiles(); err != nil {
			return err
		}
	}
	if err := l.consoleFile(); err != nil {
		return err
	}
	if err := l.notifyFile(); err != nil {
		return err
	}
	if err := l.hookFiles(); err != nil {
		return err
	}
	fds, env, err := preserved(l.options.IO)
	if err != nil {
		return err
	}
	p.Preserve, p.Env = fds, env
	return l.makeNotify()
}

// awaitFiles makes the socket that Start connects to, and the lock that is
// held as long as nobody has.
func (l *launch) awaitFiles() error {
	fd, err := unix.Open(l.path(initLock), unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return fmt.Errorf("make lock of container init: %w", err)
	}
	l.files.keep(os.NewFile(uintptr(fd), initLock))
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return fmt.Errorf("lock for container init: %w", err)
	}
	l.plan.Lock = fd
	sock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make start socket: %w", err)
	}
	l.files.keep(os.NewFile(uintptr(sock), startSock))
	// bind(2) gives the file the socket's mode, less the umask: whoever could
	// connect could start the container.
	if err := unix.Fchmod(sock, 0o600); err != nil {
		return fmt.Errorf("make start socket: %w", err)
	}
	err = inDirectory(l.dir, func(dir string) error {
		return unix.Bind(sock, &unix.SockaddrUnix{Name: dir + startSock})
	})
	if err == nil {
		err = unix.Listen(sock, 1)
	}
	if err != nil {
		return fmt.Errorf("make start socket: %w", err)
	}
	l.plan.Listener = sock
	return nil
}

// inDirectory gives a short path to a directory: that of a socket holds but
// 107 bytes.
func inDirectory(dir string, do func(prefix string) error) error {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return do("/proc/self/fd/" + strconv.Itoa(fd) + "/")
}

func (l *launch) memfd(name string, content []byte) (*os.File, error) {
	f, err := memfd(name, content)
	if err != nil {
		return nil, err
	}
	return l.files.keep(f), nil
}

func memfd(name string, content []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create %s: %w", name, err)
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := f.Write(content); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// notifyFile connects to the agent that answers for the filter.
func (l *launch) notifyFile() error {
	if !l.plan.Seccomp.Notify {
		return nil
	}
	s := l.config.Spec.Linux.Seccomp
	fd, err := connect(s.ListenerPath)
	if err != nil {
		return fmt.Errorf("linux.seccomp.listenerPath: connect to %q: %w", s.ListenerPath, err)
	}
	l.files.keep(os.NewFile(uintptr(fd), s.ListenerPath))
	l.plan.Notify = fd
	l.plan.NotifyState = func(pid int) []byte { return l.notifyState(Creating, pid, s.ListenerMetadata) }
	return nil
}

// preserved gives the descriptors that are passed on, LISTEN_FDS before
// --preserve-fds, and what the environment says of them.
func preserved(o IO) (fds []int, env []string, err error) {
	total := o.ListenFDs + o.PreserveFDs
	for fd := 3; fd < 3+total; fd++ {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC != 0 {
			return nil, nil, fmt.Errorf("preserve descriptor %d: %w", fd, unix.EBADF)
		}
		fds = append(fds, fd)
	}
	if o.ListenFDs > 0 {
		env = []string{"LISTEN_FDS=" + strconv.Itoa(o.ListenFDs), "LISTEN_PID=1"}
	}
	return fds, env, nil
}

// rootParent is the mount that holds the rootfs. pivot_root refuses when it is
// shared, which it can only be when the rootfs's propagation is.
func rootParent(c *specconv.Config) (string, error) {
	if c.RootPropagation&unix.MS_SHARED == 0 || !c.Namespaces.Has(unix.CLONE_NEWNS) {
		return "", nil
	}
	for dir := c.Rootfs; ; dir = filepath.Dir(dir) {
		var st unix.Statx_t
		if err := unix.Statx(unix.AT_FDCWD, dir, 0, 0, &st); err != nil {
			return "", fmt.Errorf("root.path: find mount of %q: %w", dir, err)
		}
		if st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0 || dir == "/" {
			return dir, nil
		}
	}
}

// cgroupMounts is what a mount of type cgroup shows: the container's own
// cgroups, or on v2 without a cgroup namespace the whole hierarchy.
func (l *launch) cgroupMounts() inside.CgroupMounts {
	own := l.manager.State().Paths
	if l.layout.Pure() {
		dir := own[""]
		if dir == "" || !l.config.Namespaces.Has(unix.CLONE_NEWCGROUP) {
			dir = l.layout.V2.Mount
		}
		return inside.CgroupMounts{Unified: dir}
	}
	m := inside.CgroupMounts{Fresh: true}
	for _, h := range l.layout.V1 {
		dir := own[h.Controllers[0]]
		if dir == "" {
			dir = filepath.Join(h.Mount, h.Own)
		}
		name := path.Base(h.Mount)
		var links []string
		for _, c := range h.Controllers {
			if c = strings.TrimPrefix(c, "name="); c != name {
				links = append(links, c)
			}
		}
		m.Hierarchies = append(m.Hierarchies, inside.Hierarchy{Name: name, Dir: dir, Links: links})
	}
	return m
}

// connectDeadline bounds the wait for a listener that accepts nobody, and for
// one that reads nothing.
const connectDeadline = 30 * time.Second

// connect opens a stream connection to a socket of the host.
func connect(path string) (int, error) { return connectWithin(path, connectDeadline) }

func connectWithin(path string, wait time.Duration) (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	limit := unix.NsecToTimeval(wait.Nanoseconds())
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit); err != nil {
		unix.Close(fd)
		return -1, err
	}
	until := time.Now().Add(wait)
	err = connectUntil(fd, path, until)
	if errors.Is(err, unix.EINVAL) { // longer than sun_path
		err = inDirectory(filepath.Dir(path), func(dir string) error {
			return connectUntil(fd, dir+filepath.Base(path), until)
		})
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// connectUntil is connect(2) for a socket with a timeout, which a signal ends
// without its being made again (signal(7)), and which calls a queue that has
// stayed full EAGAIN.
func connectUntil(fd int, path string, until time.Time) error {
	for {
		err := unix.Connect(fd, &unix.SockaddrUnix{Name: path})
		switch {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR) && time.Now().After(until):
			return unix.ETIMEDOUT
		case !errors.Is(err, unix.EINTR):
			return err
		}
	}
}
