package inside

import (
	"strings"

	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// A step is one thing that is done inside. The lists below are the order of a
// container's life: they are what runs, and what a listing shows.
type step struct {
	name     string
	property string
	do       func(*Plan, *nsexec.Batch)
	why      string // why it stands where it does
}

// stage1 leads from the host into the namespaces that take a fork.
var stage1 = [...]step{
	{"set", "process.oomScoreAdj", oomScore, "the executor reaches its own files until it is guarded"},
	{"guard the executor", "", guard, "nothing may outlive rt by accident"},
	{"open cgroups", "linux.cgroupsPath", openTasks, "a user namespace has no right to them"},
	{"open clock offsets", "linux.timeOffsets", openOffsets, "a user namespace has no right to them"},
	{"join namespaces", "linux.namespaces", join, "those with a path may belong to the host"},
	{"open a netlink socket", "linux.netDevices", routeSocket, "a user namespace has no right to a network that was joined"},
	{"enter the user namespace", "linux.uidMappings", enterUser, "it owns what is made after it"},
	{"make namespaces", "linux.namespaces", makeNamespaces, "the child is the container's init"},
}

// arrive is how an executor begins that was born in its namespaces.
var arrive = [...]step{
	{"set", "process.oomScoreAdj", oomScore, "the executor reaches its own files until it is guarded"},
	{"guard the executor", "", guard, "nothing may outlive rt by accident"},
	{"open cgroups", "linux.cgroupsPath", openTasks, "they are files of the host"},
	{"join namespaces", "linux.namespaces", join, "those with a path may belong to the host"},
}

// build makes the container around the executor.
var build = [...]step{
	{"name the executor", "", name, "people look at ps"},
	{"take descriptors", "", take, "later steps use them"},
	{"join cgroups", "linux.cgroupsPath", joinCgroups, "all that follows is counted and limited"},
	{"make the cgroup namespace", "linux.namespaces", cgroupNamespace, "the cgroups just joined are its roots"},
	{"make a session", "", session, "the caller's terminal is not the container's"},
	{"join a keyring", "", sessionKeyring, "the caller's keys are not the container's"},
	{"bring up", "linux.namespaces", loopback, "a network namespace is new with lo down"},
	{"move network devices", "linux.netDevices", network, "hooks may expect them"},
	{"open the host's files", "", hostFiles, "nothing of the container is in the way yet"},
	{"clear the umask", "", clearUmask, "modes are meant as they are written"},
	{"set", "hostname", hostname, "hooks may expect it"},
	{"prepare the rootfs", "root.path", rootfs, "mounts go into it"},
	{"mount", "mounts", mounts, "devices and links go into them"},
	{"make devices", "linux.devices", devices, "into a /dev that is mounted now"},
	{"make links", "", devLinks, "/dev is complete"},
	{"make terminal", "process.terminal", containerConsole, "devpts is mounted"},
	{"make", "process.cwd", makeCwd, "the rootfs can still be written to"},
	{"run hooks", "hooks.createRuntime", runtimeHooks, "the spec: environment made, not yet pivoted"},
	{"run hooks", "hooks.createContainer", createContainerHooks, "the spec: after createRuntime, before pivot"},
	{"make read-only", "root.readonly", readonlyRoot, "hooks may have written to it"},
	{"make read-only", "linux.readonlyPaths", readonlyPaths, "hooks may have mounted over them"},
	{"mask", "linux.maskedPaths", masks, "the host's /dev/null can be had no longer after pivot"},
	{"pivot", "root.path", pivot, "the host's files are left behind"},
	{"set sysctls", "linux.sysctl", sysctls, "hooks may have made what they name"},
	{"set", "linux.memoryPolicy", memoryPolicy, ""},
}

// become turns the executor into what the container's process will be; exec
// does the same.
var become = [...]step{
	{"set", "process.rlimits", rlimits, "hooks have none of them; raising takes the host's privilege"},
	{"set label", "process.apparmorProfile", labels, "no_new_privs would forbid the change"},
	{"set", "process.scheduler", scheduler, "it takes privilege"},
	{"set", "linux.personality", personality, ""},
	{"drop", "process.capabilities.bounding", bounding, "it takes CAP_SETPCAP"},
	{"enter", "process.cwd", workingDirectory, "root can enter more than the user"},
	{"set", "process.user", user, ""},
	{"check", "process.cwd", checkCwd, "some directories only the user can enter"},
	{"set", "process.user.umask", umask, "nothing is made any more"},
	{"look up", "process.env", home, ""},
	{"find", "process.args[0]", program, "as the user, in the container's own files"},
	{"set", "process.noNewPrivileges", noNewPrivileges, "nothing more to gain"},
	{"set", "process.capabilities", earlyCapabilities, "nothing takes privilege any more"},
	{"let the executor outlive rt", "", survive, "from now on the end of the socket ends it"},
}

// last is left with the executor.
var last = [...]step{
	{"await start", "", awaitStart, "the spec: create does not run the program"},
	{"guard the executor", "", conceal, "until start the caller may have to reach it"},
	{"run hooks", "hooks.startContainer", startContainerHooks, "the spec: before the program"},
	{"close descriptors", "", descriptors, "nothing of the host reaches the program"},
	{"set", "process.rlimits", openFiles, "no descriptor is needed any more"},
	{"load", "linux.seccomp", filter, "a profile need not allow what came before"},
	{"run", "process.args", execve, ""},
}

// Idle is the last batch of a container without process: it can be killed and
// deleted, and Start refuses it.
func (p *Plan) Idle(regs *nsexec.Registers) *nsexec.Batch {
	return add(p, nsexec.NewBatch(regs), last[:1])
}

func add(p *Plan, in *nsexec.Batch, steps []step) *nsexec.Batch {
	for _, s := range steps {
		in.Step(s.name, s.property, "")
		s.do(p, in)
	}
	return in
}

// Stage1 is the batch of an executor that has to fork, for Executor.Split.
func (p *Plan) Stage1(regs *nsexec.Registers) *nsexec.Batch {
	return add(p, nsexec.NewBatch(regs), stage1[:])
}

// Build is the batch that makes the container and turns the executor into its
// process. An executor that was not split arrives by it, too.
func (p *Plan) Build(regs *nsexec.Registers) *nsexec.Batch {
	in := nsexec.NewBatch(regs)
	if p.TwoStages() {
		in.Step("guard the executor", "", "")
		guard(p, in) // anew, as it is a child
	} else {
		add(p, in, arrive[:])
	}
	add(p, in, build[:])
	if p.Config.Process == nil {
		in.Step("close", "", "the host's /proc")
		in.Close(p.proc)
		in.Step("let the executor outlive rt", "", "")
		survive(p, in)
		return in
	}
	return add(p, in, become[:])
}

// Last is the batch left with the executor. It is made after Build has run,
// which finds the program.
func (p *Plan) Last(regs *nsexec.Registers) *nsexec.Batch {
	return add(p, nsexec.NewBatch(regs), last[:])
}

func name(_ *Plan, in *nsexec.Batch)       { in.SetName("rt:[init]") }
func session(_ *Plan, in *nsexec.Batch)    { in.Setsid() }
func clearUmask(p *Plan, in *nsexec.Batch) { p.umask = in.Umask(0) }

func runtimeHooks(p *Plan, in *nsexec.Batch) {
	if p.Acts.RuntimeHooks != nil {
		in.Host(p.Acts.RuntimeHooks)
	}
}

func containerConsole(p *Plan, in *nsexec.Batch) {
	if p.Config.Process == nil || !p.Config.Process.Spec.Terminal {
		return
	}
	pts := in.InRoot(p.root, "dev/pts", unix.O_PATH|unix.O_DIRECTORY)
	console(p, in, pts, true)
	in.Close(pts)
}

func rlimits(p *Plan, in *nsexec.Batch) {
	if p.Acts.Rlimits != nil && len(p.Config.Process.Rlimits) > 0 {
		in.Host(p.Acts.Rlimits)
	}
}

func awaitStart(p *Plan, in *nsexec.Batch) {
	if p.Listener >= 0 {
		in.Await(p.passed.listener)
		if n := len(p.passed.preserve); n > 0 {
			in.DupAbove(nsexec.RegSock, 3+n, nsexec.RegSock) // its number is to be one of theirs
		}
		if _, ok := p.HookFiles.State["startContainer"]; ok {
			in.SendFD(nsexec.RegSock, p.passed.hookOutput, []byte{0}) // start can say what they wrote
		}
	}
}

func execve(p *Plan, in *nsexec.Batch) {
	spec := p.Config.Process.Spec
	in.Step("run", "process.args[0]", spec.Args[0])
	in.Execve(p.program, spec.Args, p.environment())
}

// environment is process.env, and HOME when that is missing or empty. Each name
// is in it once, with its last value, by which the program was looked up too:
// getenv(3) gives the first, so that what exec adds would not be seen.
func (p *Plan) environment() []string {
	given := p.Config.Process.Spec.Env
	if p.home != "" {
		given = append(given[:len(given):len(given)], "HOME="+p.home)
	}
	given = append(given[:len(given):len(given)], p.Env...)
	env := make([]string, 0, len(given))
	place := make(map[string]int, len(given))
	for _, e := range given {
		name, _, _ := strings.Cut(e, "=")
		if i, twice := place[name]; twice {
			env[i] = e
			continue
		}
		place[name] = len(env)
		env = append(env, e)
	}
	return env
}

// take receives the host's descriptors. Those that must survive to the last
// batch are among them, so none is closed here.
func take(p *Plan, in *nsexec.Batch) {
	var fds []int
	var put []func(nsexec.Reg)
	want := func(fd int, to func(nsexec.Reg)) {
		if fd >= 0 {
			fds = append(fds, fd)
			put = append(put, to)
		}
	}
	t := &p.passed
	want(p.Console, func(r nsexec.Reg) { t.console = r })
	want(p.Listener, func(r nsexec.Reg) { t.listener = r })
	want(p.Lock, func(r nsexec.Reg) { t.lock = r })
	want(p.Notify, func(r nsexec.Reg) { t.notify = r })
	for _, fd := range p.Preserve {
		want(fd, func(r nsexec.Reg) { t.preserve = append(t.preserve, r) })
	}
	t.sources, t.trees, t.userns = map[int]nsexec.Reg{}, map[int]nsexec.Reg{}, map[int]nsexec.Reg{}
	for _, m := range [...]int{RootSource, BundleSource} {
		if fd, ok := p.Sources[m]; ok {
			want(fd, func(r nsexec.Reg) { t.sources[m] = r })
		}
	}
	for i := range p.Config.Mounts {
		m := p.Config.Mounts[i].Index
		if fd, ok := p.Sources[m]; ok {
			want(fd, func(r nsexec.Reg) { t.sources[m] = r })
		}
		if fd, ok := p.Trees[m]; ok {
			want(fd, func(r nsexec.Reg) { t.trees[m] = r })
			continue
		}
		if fd, ok := p.UserNS[m]; ok {
			want(fd, func(r nsexec.Reg) { t.userns[m] = r })
		}
	}
	t.attrs = map[string]nsexec.Reg{}
	for _, name := range [...]string{AppArmorAttr, SELinuxAttr} {
		if fd, ok := p.Attrs[name]; ok {
			want(fd, func(r nsexec.Reg) { t.attrs[name] = r })
		}
	}
	t.hookState = map[string]nsexec.Reg{}
	for _, kind := range [...]string{"createContainer", "startContainer"} {
		if fd, ok := p.HookFiles.State[kind]; ok {
			want(fd, func(r nsexec.Reg) { t.hookState[kind] = r })
		}
	}
	if len(p.HookFiles.State) > 0 {
		want(p.HookFiles.Output, func(r nsexec.Reg) { t.hookOutput = r })
	}
	if len(fds) == 0 {
		return
	}
	for i, r := range in.Pass(fds...) {
		put[i](r)
	}
	// The numbers from 3 on belong to the preserved ones in the end.
	if n := len(p.Preserve); n > 0 {
		moveAbove(p, in, 3+n)
	}
}

// moveAbove makes room for the preserved descriptors: all that is still needed
// when they are put in place moves to higher numbers.
func moveAbove(p *Plan, in *nsexec.Batch, min int) {
	t := &p.passed
	for i, r := range t.preserve {
		t.preserve[i] = in.Regs.New()
		in.DupAbove(r, min, t.preserve[i])
		in.Close(r)
	}
	for _, r := range []*nsexec.Reg{&t.console, &t.listener, &t.lock, &t.notify, &t.hookOutput} {
		if *r != 0 {
			old := *r
			*r = in.Regs.New()
			in.DupAbove(old, min, *r)
			in.Close(old)
		}
	}
	for kind, r := range t.hookState {
		t.hookState[kind] = in.Regs.New()
		in.DupAbove(r, min, t.hookState[kind])
		in.Close(r)
	}
	in.DupAbove(nsexec.RegSock, min, nsexec.RegSock)
	in.DupAbove(nsexec.RegMem, min, nsexec.RegMem)
}
