package inside

import (
	"strconv"

	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// Join is the container that exec enters.
type Join struct {
	Pid    int    // its init, as the host sees it
	Pidfd  int    // the same, held
	Kinds  uint64 // CLONE_NEW* flags of the namespaces it has of its own
	Cgroup int    // v2 directory the process is born in, or -1
}

// Forks tells whether the executor has to fork to get into the pid namespace.
func (j Join) Forks() bool { return j.Kinds&unix.CLONE_NEWPID != 0 }

// EnterPids is the batch that leads into the pid namespace, for
// Executor.Split. The child is born in the container's cgroup, so that its
// limit on pids counts one process and not two.
func (p *Plan) EnterPids(regs *nsexec.Registers) *nsexec.Batch {
	in := nsexec.NewBatch(regs)
	in.Step("guard the executor", "", "")
	guard(p, in)
	openTasks(p, in)
	in.Step("open the host's files", "", "")
	p.proc = in.Open("/proc", unix.O_PATH|unix.O_DIRECTORY)
	openRoot(p, in)
	in.Step("enter", "linux.namespaces", "the pid namespace")
	cgroup := nsexec.AtFDCWD
	fds := []int{p.Join.Pidfd}
	if p.Join.Cgroup >= 0 {
		fds = append(fds, p.Join.Cgroup)
	}
	regList := in.Pass(fds...)
	p.join = regList[0]
	if p.Join.Cgroup >= 0 {
		cgroup = regList[1]
	}
	initialAffinity(p, in)
	kinds := uint64(unix.CLONE_NEWPID)
	if p.Rootless { // the user namespace gives the right to the others
		kinds |= p.Join.Kinds & unix.CLONE_NEWUSER
	}
	in.Setns(p.join, kinds)
	in.Split(0, cgroup)
	return in
}

// enter is how a process of exec arrives.
var enter = [...]step{
	{"guard the executor", "", guard, "nothing may outlive rt by accident"},
	{"arrive", "linux.namespaces", arriveBeside, "they are files of the host"},
	{"name the executor", "", name, "people look at ps"},
	{"take descriptors", "", take, "later steps use them"},
	{"join cgroups", "linux.cgroupsPath", joinCgroups, "all that follows is counted and limited"},
	{"enter", "linux.namespaces", enterRest, "from here on the files are the container's"},
	{"make a session", "", session, "the caller's terminal is not the container's"},
	{"join the keyring", "", sessionKeyring, "the caller's keys are not the container's"},
	{"clear the umask", "", clearUmask, "modes are meant as they are written"},
	{"set", "process.execCPUAffinity.final", finalAffinity, "after the cgroup has had its say"},
	{"make terminal", "process.terminal", execConsole, "it belongs to the container's devpts"},
}

// Enter is the batch that makes the executor a process of the container.
func (p *Plan) Enter(regs *nsexec.Registers) *nsexec.Batch {
	return add(p, add(p, nsexec.NewBatch(regs), enter[:]), become[:])
}

// arriveBeside is for an executor that did not fork.
func arriveBeside(p *Plan, in *nsexec.Batch) {
	if p.Join.Forks() {
		return
	}
	openTasks(p, in)
	p.proc = in.Open("/proc", unix.O_PATH|unix.O_DIRECTORY)
	openRoot(p, in)
	p.join = in.Pass(p.Join.Pidfd)[0]
	initialAffinity(p, in)
}

// enterRest enters all other namespaces with one call.
func enterRest(p *Plan, in *nsexec.Batch) {
	kinds := p.Join.Kinds &^ unix.CLONE_NEWPID
	if p.Rootless && p.Join.Forks() {
		kinds &^= unix.CLONE_NEWUSER
	}
	if kinds != 0 {
		in.Setns(p.join, kinds)
		unreadable(in)
	}
	in.Close(p.join)
	if p.root != 0 {
		in.Fchdir(p.root)
		in.Chroot(".")
		in.Close(p.root)
	}
}

// openRoot is for a container without a mount namespace, whose root is init's.
// Init is still the container's when its pidfd leads into a namespace after
// this.
func openRoot(p *Plan, in *nsexec.Batch) {
	if p.Join.Kinds&unix.CLONE_NEWNS == 0 {
		p.root = in.Openat2(p.proc, strconv.Itoa(p.Join.Pid)+"/root", unix.O_PATH|unix.O_DIRECTORY, 0, 0)
	}
}

func initialAffinity(p *Plan, in *nsexec.Batch) {
	if mask := p.Config.Process.CPUInitial; mask != nil {
		in.Step("set", "process.execCPUAffinity.initial", "")
		in.SchedSetaffinity(mask)
	}
}

func finalAffinity(p *Plan, in *nsexec.Batch) {
	if mask := p.Config.Process.CPUFinal; mask != nil {
		in.SchedSetaffinity(mask)
	}
}

func execConsole(p *Plan, in *nsexec.Batch) {
	if !p.Config.Process.Spec.Terminal {
		return
	}
	pts := in.Openat2(nsexec.AtFDCWD, "/dev/pts", unix.O_PATH|unix.O_DIRECTORY, 0, unix.RESOLVE_NO_MAGICLINKS)
	console(p, in, pts, false)
	in.Close(pts)
}
