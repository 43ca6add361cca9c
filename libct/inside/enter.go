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

// EnterPids is the batch that leads into the namespaces and forks into the pid
// namespace, for Executor.Split. All is entered before the fork: what the child
// has is seen by the container, and a container with CAP_SYS_PTRACE reaches
// what it sees, as it does its cgroup's directory, from which no way leads to
// the host's files (cgroups.Join.Isolate). Two namespaces are left to the child, which is born in its
// cgroup so that a limit on pids counts one process and not two: entering the
// user namespace takes the right to that cgroup, and its root has no right over
// a child that has not entered it; and from inside a cgroup namespace the
// kernel lets nobody cross its border (mount option nsdelegate).
func (p *Plan) EnterPids(regs *nsexec.Registers) *nsexec.Batch {
	in := nsexec.NewBatch(regs)
	oomScore(p, in)
	in.Step("guard the executor", "", "")
	guard(p, in)
	openHost(p, in)
	fds := []int{p.Join.Pidfd}
	if p.Join.Cgroup >= 0 {
		fds = append(fds, p.Join.Cgroup)
	}
	in.Step("take descriptors", "", "")
	held := in.Pass(fds...)
	p.join = held[0]
	cgroup := nsexec.AtFDCWD
	if p.Join.Cgroup >= 0 {
		cgroup = held[1]
	}
	initialAffinity(p, in)
	in.Step("enter", "linux.namespaces", "")
	p.enter(in, p.Join.Kinds&^p.later())
	in.Split(0, cgroup)
	return in
}

// later are the namespaces that the child enters.
func (p *Plan) later() uint64 {
	var kinds uint64
	if !p.Powerless { // else it gives the right to the others
		kinds |= unix.CLONE_NEWUSER
	}
	if p.Join.Cgroup >= 0 {
		kinds |= unix.CLONE_NEWCGROUP
	}
	return p.Join.Kinds & kinds
}

// enter enters namespaces with one call, and the root of a container that has
// no mount namespace.
func (p *Plan) enter(in *nsexec.Batch, kinds uint64) {
	if kinds&unix.CLONE_NEWUSER != 0 && !p.Setgroups {
		dropGroups(p, in)
		in.Step("enter", "linux.namespaces", "")
	}
	if kinds != 0 {
		in.Setns(p.join, kinds)
		unreadable(in)
	}
	if p.root != 0 {
		in.Fchdir(p.root)
		in.Chroot(".")
		in.Close(p.root)
		p.root = 0
	}
}

// openHost opens what is of the host while its files can be seen.
func openHost(p *Plan, in *nsexec.Batch) {
	openTasks(p, in)
	in.Step("open the host's files", "", "")
	proc := nsexec.AtFDCWD
	rootless := p.Powerless && p.labelled()
	chroot := p.Join.Kinds&unix.CLONE_NEWNS == 0
	if rootless || chroot {
		proc = in.Open("/proc", unix.O_PATH|unix.O_DIRECTORY)
	}
	if chroot {
		// Init is still the container's when its pidfd leads into a namespace
		// after this.
		p.root = in.Openat2(proc, strconv.Itoa(p.Join.Pid)+"/root", unix.O_PATH|unix.O_DIRECTORY, 0, 0)
	}
	switch {
	case rootless:
		p.proc = proc
	case chroot:
		in.Close(proc)
	}
}

// enter is how a process of exec arrives.
var enter = [...]step{
	{"set", "process.oomScoreAdj", oomScoreBeside, "the executor reaches its own files until it is guarded"},
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
	openHost(p, in)
	p.join = in.Pass(p.Join.Pidfd)[0]
	initialAffinity(p, in)
}

// enterRest enters what the first stage has left.
func enterRest(p *Plan, in *nsexec.Batch) {
	if p.Join.Forks() {
		p.enter(in, p.later())
	} else {
		p.enter(in, p.Join.Kinds)
	}
	in.Close(p.join)
}

// oomScoreBeside is for an executor that did not fork.
func oomScoreBeside(p *Plan, in *nsexec.Batch) {
	if !p.Join.Forks() {
		oomScore(p, in)
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
