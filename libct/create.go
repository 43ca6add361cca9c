package libct

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/cgroups"
	"rt/libct/inside"
	"rt/libct/netdev"
	"rt/libct/seccomp"
	"rt/nsexec"
	"rt/specconv"
)

// Create makes a container whose process waits for Start
// (runtime.md#create). When it fails, nothing of the container is left.
func (r *Runtime) Create(id string, o CreateOptions) error {
	l, unlock, err := r.begin(id, o, false)
	if err != nil {
		return err
	}
	defer unlock()
	return l.create()
}

// begin decides everything about a container and reserves its id. direct says
// that it is started at once, without waiting for Start.
func (r *Runtime) begin(id string, o CreateOptions, direct bool) (*launch, func(), error) {
	if err := specconv.ValidateID(id); err != nil {
		return nil, nil, fmt.Errorf("%w: %q", ErrInvalidID, id)
	}
	spec, raw, err := specconv.Load(o.Bundle)
	if err != nil {
		return nil, nil, err
	}
	l, err := r.decide(id, spec, o)
	if err != nil {
		return nil, nil, err
	}
	c, unlock, err := r.reserve(id)
	if err != nil {
		return nil, nil, err
	}
	c.rec = l.record(id)
	l.Container = c
	if err := l.write(raw, direct); err != nil {
		l.undo()
		unlock()
		return nil, nil, err
	}
	return l, unlock, nil
}

// decide checks the configuration against the host, without any effect.
func (r *Runtime) decide(id string, spec *specs.Spec, o CreateOptions) (*launch, error) {
	layout, err := cgroups.Detect()
	if err != nil && !r.Rootless && !r.NoCgroup {
		return nil, err
	}
	if spec.Linux == nil {
		spec.Linux = &specs.Linux{}
	}
	if r.NotifySocket != "" && spec.Process != nil {
		offerNotify(spec, filepath.Join(r.Root, id))
	}
	host := r.hostFacts(layout, spec.Process, spec.Linux.MountLabel)
	config, err := specconv.Parse(spec, o.Bundle, host)
	if err != nil {
		return nil, err
	}
	if err := specconv.CheckRootfs(config); err != nil {
		return nil, err
	}
	if err := o.checkConsole(spec.Process); err != nil {
		return nil, err
	}
	if err := checkMountNamespace(config); err != nil {
		return nil, err
	}
	if err := checkSysctls(config); err != nil {
		return nil, err
	}
	if err := checkPrivilege(config); err != nil {
		return nil, err
	}
	if err := checkResctrl(spec.Linux.IntelRdt); err != nil {
		return nil, err
	}
	for _, w := range config.Warnings {
		r.Warn(w)
	}
	manager, err := cgroups.New(layout, cgroups.Config{
		ID:          id,
		Path:        spec.Linux.CgroupsPath,
		Resources:   config.Resources(),
		Rootless:    r.Rootless,
		Disabled:    r.NoCgroup,
		Owner:       cgroupOwner(config),
		Warn:        r.Warn,
		Systemd:     r.SystemdCgroup,
		Description: fmt.Sprintf("container %s of rt, kept in %s", id, filepath.Join(r.Root, id)),
		Annotations: spec.Annotations,
	})
	if err != nil {
		return nil, err
	}
	return &launch{
		Container: &Container{rt: r},
		config:    config, host: host, options: o, layout: layout, manager: manager,
	}, nil
}

// cgroupOwner is whom the cgroup belongs to: the user of the container's
// process, when it has a user and a cgroup namespace and may write to its
// cgroups (config-linux.md#cgroup-ownership).
func cgroupOwner(c *specconv.Config) *int {
	const both = unix.CLONE_NEWUSER | unix.CLONE_NEWCGROUP
	if c.Namespaces.New&both != both || c.Spec.Process == nil {
		return nil
	}
	writable := false
	for i := range c.Mounts {
		if m := &c.Mounts[i]; m.Type == "cgroup" || m.Type == "cgroup2" {
			writable = m.AttrSet&unix.MOUNT_ATTR_RDONLY == 0
		}
	}
	if !writable {
		return nil
	}
	return hostUID(c.Spec.Process.User.UID, c.Spec.Linux.UIDMappings)
}

// hostUID is what a user of the container is on the host; nil for one that
// has no id there.
func hostUID(uid uint32, mappings []specs.LinuxIDMapping) *int {
	for _, m := range mappings {
		if uid >= m.ContainerID && uid-m.ContainerID < m.Size {
			return new(int(m.HostID + uid - m.ContainerID))
		}
	}
	return nil
}

func (l *launch) record(id string) record {
	spec := l.config.Spec
	rec := record{
		Format:      recordFormat,
		ID:          id,
		OCIVersion:  spec.Version,
		Phase:       Creating,
		Bundle:      l.config.Bundle,
		Rootfs:      l.config.Rootfs,
		Annotations: spec.Annotations,
		Created:     time.Now().UTC(),
		UID:         os.Geteuid(),
		Cgroup:      l.manager.State().Planned(),
		OwnPids:     l.config.Namespaces.New&unix.CLONE_NEWPID != 0,
		Setgroups:   setgroupsAllowed(l.config),
		NoProcess:   spec.Process == nil,
		Notify:      l.rt.NotifySocket != "" && spec.Process != nil,
		Namespaces:  l.config.Namespaces.New,
	}
	for _, j := range l.config.Namespaces.Join {
		rec.Namespaces |= j.Flag
	}
	if !l.config.Namespaces.Has(unix.CLONE_NEWNS) {
		rec.HostMounts = hostMounts(l.config)
	}
	if spec.Hooks != nil {
		rec.Poststart, rec.Poststop = spec.Hooks.Poststart, spec.Hooks.Poststop
	}
	return rec
}

// write says that the container is being made, before anything of it exists.
func (l *launch) write(raw []byte, direct bool) error {
	if err := l.save(); err != nil {
		return err
	}
	if err := writeFile(l.path(configFile), raw, 0o600); err != nil {
		return err
	}
	return l.prepare(direct)
}

// prepare decides and opens what the executor will need.
func (l *launch) prepare(direct bool) error {
	spec := l.config.Spec
	p := &inside.Plan{
		ID:        l.rec.ID,
		Config:    l.config,
		Powerless: powerless(),
		Setgroups: l.rec.Setgroups,
		NoPivot:   l.options.NoPivot,
		Keyring:   !l.options.NoNewKeyring,
		Kcore:     unix.Access("/proc/kcore", unix.F_OK) == nil,
		LastCap:   lastCap(),
		Permitted: permitted(),
		Console:   -1, Listener: -1, Lock: -1, Notify: -1,
		Chown: stdioToOwn(l.options.IO, spec.Process),
	}
	if l.host.SELinux {
		p.MountLabel = spec.Linux.MountLabel
	}
	l.plan = p
	if l.config.Namespaces.Has(unix.CLONE_NEWUSER) {
		p.Permitted = allCapabilities(p.LastCap)
	}
	// Root of a user namespace may make no devices either.
	p.BindDevices = l.config.Namespaces.Has(unix.CLONE_NEWUSER) || l.rt.Rootless
	p.Acts = inside.Acts{
		CopyUp:       l.copyUp,
		Warn:         l.rt.Warn,
		RuntimeHooks: l.runtimeHooks(),
	}
	if l.config.Namespaces.New&unix.CLONE_NEWUSER != 0 {
		p.Acts.MapIDs = l.mapIDs
	}
	if devices := spec.Linux.NetDevices; len(devices) > 0 {
		p.Acts.Network = func(fds ...int) error { return netdev.Move(devices, l.x.Pid, fds[0]) }
	}
	if s := spec.Linux.Seccomp; s != nil {
		filter, err := seccomp.Compile(s, seccompCache())
		if err != nil {
			return err
		}
		p.Seccomp = inside.Seccomp{Program: filter.Program, Flags: filter.Flags, Notify: filter.Notify}
	}
	var err error
	if p.RootParent, err = rootParent(l.config); err != nil {
		return err
	}
	if p.NoPivot {
		if p.KernelMounts, err = kernelMounts(l.config.Rootfs); err != nil {
			return err
		}
	}
	l.warnCapabilities()
	return l.open(direct)
}

// create builds the container and leaves its process waiting for Start.
func (l *launch) create() (err error) {
	defer func() {
		if err != nil {
			l.undo()
		}
	}()
	if err := l.build(); err != nil {
		return err
	}
	defer l.x.Close()
	if l.config.Process == nil {
		return l.createWithoutProcess()
	}
	last := l.plan.Last(&l.regs)
	l.rec.Tail = last.Outline()
	if err := l.announce(); err != nil {
		return err
	}
	// The last thing: until then the executor ends when we do.
	return l.x.Arm(last)
}

// build makes cgroups, namespaces and the container in them.
func (l *launch) build() error {
	if err := l.manager.Create(); err != nil {
		return err
	}
	l.made, l.rec.Cgroup = true, l.manager.State()
	l.warnShared()
	l.plan.CgroupMounts = l.cgroupMounts()
	resources, pids := l.config.Resources(), (*specs.LinuxResources)(nil)
	if l.plan.TwoStages() || l.rt.SystemdCgroup {
		// The executor is two processes for a moment, and a scope has begun
		// with another.
		resources, pids = cgroups.SplitPids(resources)
	}
	if !l.rt.NoCgroup && (resources != nil || !l.rt.Rootless) {
		if err := l.manager.Set(resources); err != nil {
			return err
		}
	}
	if err := l.spawn(); err != nil {
		return startError(l.starved(err, l.manager, l.config.Resources()))
	}
	if pids != nil && !l.rt.NoCgroup {
		return l.manager.Set(pids)
	}
	return nil
}

// startError puts engines' words before what they are to recognise.
func startError(err error) error {
	err = programError(err)
	var p *inside.ProgramError
	if errors.As(err, &p) {
		return fmt.Errorf("unable to start container process: %w", err)
	}
	return err
}

// programError names the program when execve itself has failed, as it does
// for a script whose interpreter is missing.
func programError(err error) error {
	var call *nsexec.CallError
	if !errors.As(err, &call) || call.Name != "execve" {
		return err
	}
	p := &inside.ProgramError{Name: call.Step.What, Err: call.Errno}
	if call.Errno == unix.ENOENT { // the program itself has been looked at before
		p.Err = fmt.Errorf("%w (the file is there, its interpreter is not)", call.Errno)
	}
	return p
}

// announce tells everybody that the container exists.
func (l *launch) announce() error {
	l.rec.Phase = Created
	if err := l.save(); err != nil {
		return err
	}
	if err := sendPidfd(l.options.PidfdSocket, l.x.PidFD); err != nil {
		return err
	}
	if err := writePidFile(l.options.PidFile, l.x.Pid); err != nil {
		return err
	}
	l.pidFile = l.options.PidFile != ""
	return nil
}

// createWithoutProcess leaves an executor that waits for a command nobody will
// give: a container without process can be deleted and not started.
func (l *launch) createWithoutProcess() error {
	last := l.plan.Idle(&l.regs)
	l.rec.Tail = last.Outline()
	if err := l.announce(); err != nil {
		return err
	}
	return l.x.Arm(last)
}

// undo takes away what a create that has failed has made, and runs the
// poststop hooks (runtime.md#lifecycle, steps 12 and 13).
func (l *launch) undo() {
	if l.x != nil {
		l.x.Kill()
		l.x.Close()
	}
	l.files.close()
	if l.made {
		if l.rec.Cgroup.Own() {
			if err := l.manager.Kill(); err != nil {
				l.rt.Warn(err.Error())
			}
		}
		if err := l.manager.Destroy(); err != nil {
			l.rt.Warn(err.Error())
		}
	}
	if err := l.unmountRest(); err != nil {
		l.rt.Warn(err.Error())
	}
	if l.x != nil {
		l.poststop()
	}
	if err := l.removeDirectory(); err != nil {
		l.rt.Warn(err.Error())
	}
	if l.pidFile {
		os.Remove(l.options.PidFile)
	}
}
