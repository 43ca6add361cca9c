package inside

import (
	"strconv"

	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// guard makes the executor end with the host, and unreadable to whoever shares
// its pid namespace (CVE-2016-9962).
func guard(p *Plan, in *nsexec.Batch) {
	in.Prctl(unix.PR_SET_PDEATHSIG, uint64(unix.SIGKILL))
	shield(p, in)
}

// shield makes the executor unreadable, or keeps it readable until start. It
// comes again after each change of credentials, by which the kernel may take
// either away (fs.suid_dumpable).
func shield(p *Plan, in *nsexec.Batch) {
	if p.reachable() {
		in.Prctl(unix.PR_SET_DUMPABLE, 1)
		return
	}
	unreadable(in)
}

// unreadable keeps others away from the executor's memory and descriptors.
func unreadable(in *nsexec.Batch) { in.Prctl(unix.PR_SET_DUMPABLE, 0) }

// reachable tells that the executor stays readable until start. A caller
// without privilege could else not write its id mappings, and neither its hooks
// nor exec could enter the namespaces. Reaching it takes privilege over the new
// user namespace, which nobody has but the caller and what the caller sends
// into it; a namespace of others cannot be joined without privilege.
func (p *Plan) reachable() bool {
	return p.Powerless && p.Config.Namespaces.New&unix.CLONE_NEWUSER != 0
}

// conceal ends what reachable has allowed.
func conceal(p *Plan, in *nsexec.Batch) {
	if p.reachable() {
		unreadable(in)
	}
}

// oomScore comes before the executor is guarded: its own file is out of its
// reach after that, unless it is root. A child inherits the score.
func oomScore(p *Plan, in *nsexec.Batch) {
	if p.Config.Process == nil || p.Config.Process.Spec.OOMScoreAdj == nil {
		return
	}
	score := strconv.Itoa(*p.Config.Process.Spec.OOMScoreAdj)
	in.Step("set", "process.oomScoreAdj", score)
	file := in.Open("/proc/self/oom_score_adj", unix.O_WRONLY)
	in.Write(file, []byte(score))
	in.Close(file)
}

// joinCgroups has the executor move itself: the kernel spares a single thread
// that writes itself the wait for an RCU grace period.
func joinCgroups(p *Plan, in *nsexec.Batch) {
	for i, fd := range p.tasks {
		in.Step("join cgroup", "linux.cgroupsPath", p.Tasks[i])
		in.Write(fd, []byte("0"))
		in.Close(fd)
	}
}

// openTasks comes while the executor still may open them.
func openTasks(p *Plan, in *nsexec.Batch) {
	for _, path := range p.Tasks {
		in.Step("open cgroup", "linux.cgroupsPath", path)
		p.tasks = append(p.tasks, in.Open(path, unix.O_WRONLY))
	}
}

func scheduler(p *Plan, in *nsexec.Batch) {
	proc := p.Config.Process
	if proc.Scheduler != nil {
		in.Step("set", "process.scheduler", "")
		in.SchedSetattr(proc.Scheduler)
	}
	if proc.IOPriority != nil {
		in.Step("set", "process.ioPriority", "")
		in.IoprioSet(*proc.IOPriority)
	}
}

func memoryPolicy(p *Plan, in *nsexec.Batch) {
	if m := p.Config.MemoryPolicy; m != nil {
		in.SetMempolicy(m.Mode, m.Nodes)
	}
}

func personality(p *Plan, in *nsexec.Batch) {
	if v := p.Config.Personality; v != nil {
		in.Personality(*v)
	}
}

// sessionKeyring keeps the container from the keys of whoever called rt. Where
// the kernel has no keyrings there is nothing to keep.
func sessionKeyring(p *Plan, in *nsexec.Batch) {
	if !p.Keyring {
		return
	}
	const (
		all         = 0x3f
		view        = 0x01
		read        = 0x02
		search      = 0x08
		permissions = all<<24 | (view|read|search)<<16
	)
	key := in.JoinSessionKeyring("_ses." + p.ID)
	in.Expect(1, errno(unix.ENOSYS))
	in.KeyctlSetperm(key, permissions)
}

// usualUmask is that of a process for which none is asked: whatever the caller
// has, what the container makes is neither open to everybody nor closed to all.
const usualUmask = 0o022

func umask(p *Plan, in *nsexec.Batch) {
	mask := uint32(usualUmask)
	if asked := p.Config.Process.Spec.User.Umask; asked != nil {
		mask = *asked
	}
	in.Umask(mask)
}

// openFiles is the one limit the executor sets itself, at the very end: it
// needs descriptors until then.
func openFiles(p *Plan, in *nsexec.Batch) {
	for _, l := range p.Config.Process.Rlimits {
		if l.Resource == unix.RLIMIT_NOFILE {
			in.Step("set", "process.rlimits", l.Name)
			in.Prlimit(l.Resource, l.Soft, l.Hard)
		}
	}
}

// descriptors puts the preserved ones at 3, 4, …; all others end at execve.
func descriptors(p *Plan, in *nsexec.Batch) {
	for i, fd := range p.passed.preserve {
		in.Dup3(fd, 3+i, 0)
	}
	in.CloseRange(3+len(p.passed.preserve), unix.CLOSE_RANGE_CLOEXEC)
}

// survive lets the process outlive rt from here on.
func survive(_ *Plan, in *nsexec.Batch) {
	in.Prctl(unix.PR_SET_PDEATHSIG, 0)
}
