package libct

import (
	"errors"
	"fmt"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/cgroups"
	"rt/libct/inside"
	"rt/libct/seccomp"
	"rt/nsexec"
	"rt/specconv"
)

// entry is a process that is added to a container.
type entry struct {
	c       *Container
	options ExecOptions
	plan    *inside.Plan
	files   files
	regs    nsexec.Registers
	x       *nsexec.Executor
	console *os.File
}

// Exec runs another process in the container. Unless it detaches it waits for
// the process and gives its exit code.
func (c *Container) Exec(o ExecOptions) (code int, err error) {
	if err := c.canExec(o.IgnorePaused); err != nil {
		return -1, err
	}
	e := &entry{c: c, options: o}
	defer func() { e.files.close() }()
	if err := e.prepare(); err != nil {
		return -1, err
	}
	var f *foreground
	if !o.Detach {
		f = newForeground(o.Stdin, o.Stdout, o.NoSubreaper)
		if o.Process.Terminal {
			if err := f.findTerminal(o.IO); err != nil {
				return -1, err
			}
		}
		defer f.end()
	}
	if err := e.enter(f); err != nil {
		return -1, fmt.Errorf("unable to start container process: %w", programError(err))
	}
	defer e.x.Close()
	if o.Detach {
		return 0, nil
	}
	ws, err := f.wait(e.x.Pid, e.x.PidFD)
	if err != nil {
		return -1, fmt.Errorf("wait for process: %w", err)
	}
	return exitCode(ws), nil
}

func (c *Container) canExec(ignorePaused bool) error {
	status, err := c.status()
	switch {
	case err != nil:
		return err
	case status == Stopped:
		return ErrExecStopped
	case status == Creating:
		return ErrNotRunning
	case status == Paused && !ignorePaused:
		return ErrExecPaused
	}
	return nil
}

// prepare decides and opens everything, without any effect on the container.
func (e *entry) prepare() error {
	c, o := e.c, e.options
	spec, err := c.Spec()
	if err != nil {
		return err
	}
	layout := cgroups.Layout{}
	process, warnings, err := specconv.ParseProcess(o.Process, c.rt.hostFacts(layout, o.Process, ""))
	if err != nil {
		return err
	}
	for _, w := range warnings {
		c.rt.Warn(w)
	}
	if len(o.Process.User.AdditionalGids) > 0 && !c.rec.Setgroups {
		return errSetgroups
	}
	if err := checkConsole(o.Process.Terminal, o.Detach, o.ConsoleSocket); err != nil {
		return err
	}
	p := &inside.Plan{
		ID: c.rec.ID,
		Config: &specconv.Config{
			Spec:        &specs.Spec{Linux: &specs.Linux{}},
			Process:     process,
			Personality: specconv.Personality(spec.Linux),
		},
		Powerless: powerless(),
		Setgroups: c.rec.Setgroups,
		LastCap:   lastCap(),
		Permitted: permitted(),
		Keyring:   true,
		Console:   -1, Listener: -1, Lock: -1, Notify: -1,
		Chown: stdioToOwn(o.IO, o.Process),
	}
	if c.rec.Namespaces&unix.CLONE_NEWUSER != 0 {
		p.Permitted = allCapabilities(p.LastCap)
	}
	e.plan = p
	if err := e.filter(spec.Linux.Seccomp); err != nil {
		return err
	}
	if p.Preserve, p.Env, err = preserved(o.IO); err != nil {
		return err
	}
	if o.Process.Terminal {
		theirs, ours, err := consoleSocket(o.ConsoleSocket)
		if err != nil {
			return err
		}
		p.Console, e.console = int(e.files.keep(theirs).Fd()), ours
	}
	fd, err := c.pidfd()
	if err != nil {
		return err
	}
	e.files.keep(os.NewFile(uintptr(fd), "container init"))
	p.Join = inside.Join{Pid: c.rec.InitPid, Pidfd: fd, Kinds: c.rec.Namespaces}
	return nil
}

// filter gives the process the container's own filter.
func (e *entry) filter(s *specs.LinuxSeccomp) error {
	if s == nil {
		return nil
	}
	f, err := seccomp.Compile(s, seccompCache())
	if err != nil {
		return err
	}
	e.plan.Seccomp = inside.Seccomp{Program: f.Program, Flags: f.Flags, Notify: f.Notify}
	if !f.Notify {
		return nil
	}
	status, err := e.c.status()
	if err != nil {
		return err
	}
	fd, err := connect(s.ListenerPath)
	if err != nil {
		return fmt.Errorf("linux.seccomp.listenerPath: connect to %q: %w", s.ListenerPath, err)
	}
	e.plan.Notify = int(e.files.keep(os.NewFile(uintptr(fd), s.ListenerPath)).Fd())
	e.plan.NotifyState = func(pid int) []byte { return e.c.notifyState(status, pid, s.ListenerMetadata) }
	return nil
}

// enter starts the process, where init is if the container's own cgroup takes
// none any more.
func (e *entry) enter(f *foreground) error {
	m, err := e.c.cgroup()
	if err != nil {
		return err
	}
	join, err := e.join(m)
	if err != nil {
		return err
	}
	err = e.start(f, join)
	if len(e.options.Cgroup) > 0 || !divided(err, join) && !removed(err) {
		return err
	}
	join, elsewhere := m.Beside(e.c.rec.InitPid)
	if elsewhere != nil {
		return fmt.Errorf("%w (%w)", err, elsewhere)
	}
	if removed(err) {
		e.c.rt.Warn(err.Error() + "; somebody has moved the container, and the process goes where that is")
	}
	return e.start(f, join)
}

// divided tells of a v2 cgroup that takes no processes, since the container
// has put its own below it and gives them controllers.
func divided(err error, join cgroups.Join) bool {
	return errors.Is(err, unix.EBUSY) && (join.Dir != nil || join.Attach != nil)
}

// removed tells of a v1 cgroup that is gone while the container runs: systemd
// moves processes out of those that it has not made, when a unit begins to use
// the controller, and removes them.
func removed(err error) bool {
	var call *nsexec.CallError
	return errors.As(err, &call) && call.Errno == unix.ENOENT && call.Step.Property == "linux.cgroupsPath"
}

func (e *entry) join(m cgroups.Manager) (cgroups.Join, error) {
	if len(e.options.Cgroup) > 0 {
		return m.Sub(e.options.Cgroup)
	}
	return m.Join()
}

// birthplace decides who is born in a v2 cgroup: the child that the executor
// leaves in the pid namespace, so that a limit on pids counts one process, or
// the executor itself.
func (e *entry) birthplace(join *cgroups.Join) (executor *os.File, err error) {
	e.plan.Join.Cgroup = -1
	switch {
	case join.Dir == nil || !e.plan.Join.Forks():
		return join.Dir, nil
	case e.plan.Powerless:
		// The container's root has no power over what rt has started.
	case e.c.rt.Rootless:
		// Mounts may be another user namespace's, and then nobody isolates.
		return join.Dir, nil
	default:
		if err := join.Isolate(); err != nil {
			return nil, err
		}
	}
	e.plan.Join.Cgroup = int(join.Dir.Fd())
	return nil, nil
}

func (e *entry) start(f *foreground, join cgroups.Join) (err error) {
	defer func() { join.Close() }()
	o := nsexec.Options{Stdio: [3]*os.File{e.options.Stdin, e.options.Stdout, e.options.Stderr}}
	if o.Cgroup, err = e.birthplace(&join); err != nil {
		return err
	}
	// A copy, which takes the registers of this executor; another may follow it.
	plan := *e.plan
	p := &plan
	p.Tasks = join.Tasks
	e.regs = nsexec.Registers{}
	e.x, err = nsexec.Spawn(o)
	if err != nil {
		return fmt.Errorf("start process: %w", join.Refused(err))
	}
	defer func() {
		if err != nil {
			e.x.Kill()
			e.x.Close()
		}
	}()
	if join.Attach != nil {
		if err := join.Attach(e.x.Pid); err != nil {
			return err
		}
	}
	if p.Join.Forks() {
		if err := e.x.Split(p.EnterPids(&e.regs)); err != nil {
			return err
		}
	}
	p.Pid = e.x.Pid
	p.Acts.Rlimits = rlimits(p.Config.Process)
	if err := e.openAttrs(p); err != nil {
		return err
	}
	if err := e.x.Run(p.Enter(&e.regs)); err != nil {
		return err
	}
	if e.console != nil {
		if err := f.terminal(e.console); err != nil {
			return err
		}
	}
	f.catch() // until now the executor ends with us, and leaves nothing
	if err := e.x.Exec(p.Last(&e.regs)); err != nil {
		return err
	}
	if err := sendPidfd(e.options.PidfdSocket, e.x.PidFD); err != nil {
		return err
	}
	return writePidFile(e.options.PidFile, e.x.Pid)
}

// openAttrs opens the files that take the process's labels. The process itself
// is to have no way to the host's /proc once the container can see it. Only it
// can write to them.
func (e *entry) openAttrs(p *inside.Plan) error {
	spec := p.Config.Process.Spec
	p.Attrs = map[string]int{}
	if p.Powerless {
		return nil // without the right to open them; but root of a user namespace cannot reach the executor
	}
	for _, l := range [...]struct{ name, property, value string }{
		{inside.AppArmorAttr, "process.apparmorProfile", spec.ApparmorProfile},
		{inside.SELinuxAttr, "process.selinuxLabel", spec.SelinuxLabel},
	} {
		if l.value == "" {
			continue
		}
		path := fmt.Sprintf("/proc/%d/attr/%s", e.x.Pid, l.name)
		fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("%s: open %q: %w", l.property, path, err)
		}
		e.files.keep(os.NewFile(uintptr(fd), path))
		p.Attrs[l.name] = fd
	}
	return nil
}
