package libct

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/libct/inside"
	"rt/nsexec"
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

// hookFiles makes what hooks inside read and write.
func (l *launch) hookFiles() error {
	h := l.config.Spec.Hooks
	if h == nil {
		return nil
	}
	state := map[string]int{}
	for _, k := range [...]struct {
		kind   string
		hooks  []specs.Hook
		status Status
	}{
		{"createContainer", h.CreateContainer, Created},
		{"startContainer", h.StartContainer, Created},
	} {
		if len(k.hooks) == 0 {
			continue
		}
		file, err := l.memfd("state", l.hookState(k.status, l.pidInside()))
		if err != nil {
			return err
		}
		state[k.kind] = int(file.Fd())
	}
	if len(state) == 0 {
		return nil
	}
	output, err := memfd("hook output", nil)
	if err != nil {
		return err
	}
	l.hookLog = output
	l.plan.HookFiles = inside.HookFiles{State: state, Output: int(output.Fd())}
	l.plan.Acts.HookOutput = func() string { return tail(output) }
	return nil
}

// pidInside is what the container's process sees itself as. Hooks that run
// inside see it so too. Where the pid namespace is not new the pid is not
// known yet, and 0 says so.
func (l *launch) pidInside() int {
	if l.rec.OwnPids {
		return 1
	}
	return 0
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

// tail is the end of what hooks have written.
func tail(f *os.File) string {
	const enough = 4096
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	text := make([]byte, min(info.Size(), enough))
	n, _ := f.ReadAt(text, info.Size()-int64(len(text)))
	return string(text[:n])
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
	l.plan.NotifyState = func(pid int) []byte { return l.notifyState(pid, s.ListenerMetadata) }
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

// bindSources opens the rootfs and bind sources for an executor in a user
// namespace, whose root may have no right to look them up. They are opened as
// the executor sees them: its copies of the host's mounts are locked, so that
// the container's root can neither take restrictions from them nor uncover
// what lies below other mounts.
func (l *launch) bindSources() error {
	if !l.config.Namespaces.Has(unix.CLONE_NEWUSER) || l.rt.Rootless {
		return nil
	}
	root, err := unix.Open(fmt.Sprintf("/proc/%d/root", l.x.Pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open root of container init: %w", err)
	}
	defer unix.Close(root)
	l.plan.Sources = map[int]int{}
	open := func(index int, source, property string) error {
		fd, err := unix.Openat2(root, source, &unix.OpenHow{
			Flags:   unix.O_PATH | unix.O_CLOEXEC,
			Resolve: unix.RESOLVE_IN_ROOT,
		})
		if err != nil {
			return fmt.Errorf("%s: open %q: %w", property, source, err)
		}
		l.files.keep(os.NewFile(uintptr(fd), source))
		l.plan.Sources[index] = fd
		return nil
	}
	if err := open(inside.RootSource, l.config.Rootfs, "root.path"); err != nil {
		return err
	}
	if h := l.config.Spec.Hooks; h != nil && len(h.CreateContainer) > 0 {
		if err := open(inside.BundleSource, l.config.Bundle, "bundle"); err != nil {
			return err
		}
	}
	for i := range l.config.Mounts {
		m := &l.config.Mounts[i]
		if !m.Bind || m.Remount || m.IDMap != nil {
			continue
		}
		if err := open(m.Index, m.Source, fmt.Sprintf("mounts[%d].source", m.Index)); err != nil {
			return err
		}
	}
	return nil
}

// userNamespaceMounts makes the user namespaces that idmapped mounts take
// their mapping from: the container's own, which exists now, or one for the
// purpose.
func (l *launch) userNamespaceMounts() error {
	l.plan.UserNS, l.plan.Trees = map[int]int{}, map[int]int{}
	for i := range l.config.Mounts {
		m := &l.config.Mounts[i]
		if m.IDMap == nil {
			continue
		}
		property := fmt.Sprintf("mounts[%d].uidMappings", m.Index)
		var fd int
		var err error
		if len(m.IDMap.UIDs) == 0 {
			fd, err = unix.Open(fmt.Sprintf("/proc/%d/ns/user", l.x.Pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		} else {
			fd, err = l.mappedNamespace(m.IDMap)
		}
		if err != nil {
			return fmt.Errorf("%s: make user namespace: %w", property, err)
		}
		l.files.keep(os.NewFile(uintptr(fd), "user namespace"))
		l.plan.UserNS[m.Index] = fd
		if l.config.Namespaces.Has(unix.CLONE_NEWUSER) && !l.rt.Rootless {
			if err := l.mapTree(m, fd); err != nil {
				return err
			}
		}
	}
	return nil
}

// mapTree makes an idmapped copy of a mount on the host, for a container whose
// root has no privilege over the file system it is of. As a slave, what the
// container mounts there does not come back to the host.
func (l *launch) mapTree(m *specconv.Mount, userns int) error {
	property := fmt.Sprintf("mounts[%d]", m.Index)
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC)
	if m.Recursive {
		flags |= unix.AT_RECURSIVE
	}
	tree, err := unix.OpenTree(unix.AT_FDCWD, m.Source, flags)
	if err != nil {
		return fmt.Errorf("%s.source: open %q: %w", property, m.Source, err)
	}
	l.files.keep(os.NewFile(uintptr(tree), m.Source))
	slave := unix.MountAttr{Propagation: unix.MS_SLAVE}
	if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &slave); err != nil {
		return fmt.Errorf("%s: set propagation of %q: %w", property, m.Source, err)
	}
	flags = unix.AT_EMPTY_PATH
	if m.IDMap.Recursive {
		flags |= unix.AT_RECURSIVE
	}
	mapped := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(userns)}
	if err := unix.MountSetattr(tree, "", flags, &mapped); err != nil {
		return fmt.Errorf("%s: map ids of %q: %w", property, m.Source, err)
	}
	l.plan.Trees[m.Index] = tree
	return nil
}

// mappedNamespace makes a user namespace with a mapping: an executor unshares
// it, we write the mapping and keep the namespace.
func (l *launch) mappedNamespace(m *specconv.IDMap) (int, error) {
	var regs nsexec.Registers
	x, err := nsexec.Spawn(nsexec.Options{Stdio: [3]*os.File{l.options.Stdin, l.options.Stdout, l.options.Stderr}})
	if err != nil {
		return -1, err
	}
	defer x.Close()
	defer x.Kill()
	in := nsexec.NewBatch(&regs)
	in.Unshare(unix.CLONE_NEWUSER)
	if err := x.Run(in); err != nil {
		return -1, err
	}
	if err := l.rt.writeIDMaps(x.Pid, m.UIDs, m.GIDs); err != nil {
		return -1, err
	}
	return unix.Open(fmt.Sprintf("/proc/%d/ns/user", x.Pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
}

func (l *launch) mapIDs(x *nsexec.Executor) error {
	return l.rt.writeIDMaps(x.Pid, l.config.Spec.Linux.UIDMappings, l.config.Spec.Linux.GIDMappings)
}

func (l *launch) timeOffsets(x *nsexec.Executor) error {
	return writeTimeOffsets(x.Pid, l.config.Spec.Linux.TimeOffsets)
}

// checkMountNamespace refuses to join our own mount namespace by its path: the
// root of the whole host would be pivoted away.
func checkMountNamespace(c *specconv.Config) error {
	for _, j := range c.Namespaces.Join {
		if j.Flag != unix.CLONE_NEWNS {
			continue
		}
		var own, theirs unix.Stat_t
		if unix.Stat("/proc/self/ns/mnt", &own) == nil && unix.Stat(j.Path, &theirs) == nil &&
			own.Dev == theirs.Dev && own.Ino == theirs.Ino {
			return specconv.Violations{{Path: j.Property, Message: fmt.Sprintf("%q is the mount namespace of rt itself", j.Path)}}
		}
	}
	return nil
}

// checkResctrl refuses intelRdt where the kernel has no resctrl, and where it
// has one: there is no support for it yet, and silence would be a lie.
func checkResctrl(rdt *specs.LinuxIntelRdt) error {
	if rdt == nil {
		return nil
	}
	if _, err := os.Stat("/sys/fs/resctrl/schemata"); errors.Is(err, fs.ErrNotExist) {
		return specconv.Violations{{Path: "linux.intelRdt", Message: "resctrl is not mounted on this host"}}
	}
	return specconv.Violations{{Path: "linux.intelRdt", Message: "is not supported by rt"}}
}

// warnCapabilities says which capabilities the container asks for and cannot
// have (config.md#linux-process).
func (l *launch) warnCapabilities() {
	if l.config.Process == nil {
		return
	}
	c := l.config.Process.Caps
	lacking := (c.Permitted | c.Effective | c.Inheritable | c.Ambient) &^ l.plan.Permitted
	for i := 0; i <= l.plan.LastCap; i++ {
		if lacking>>i&1 == 1 {
			l.rt.Warn(fmt.Sprintf("process.capabilities: %s cannot be granted: rt does not have it", specconv.CapabilityName(i)))
		}
	}
}

// connect opens a stream connection to a socket of the host.
func connect(path string) (int, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	err = unix.Connect(fd, &unix.SockaddrUnix{Name: path})
	if errors.Is(err, unix.EINVAL) { // longer than sun_path
		err = inDirectory(filepath.Dir(path), func(dir string) error {
			return unix.Connect(fd, &unix.SockaddrUnix{Name: dir + filepath.Base(path)})
		})
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}
