package inside

import (
	"fmt"
	"maps"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// forked are the namespaces that only a child enters.
const forked = unix.CLONE_NEWPID | unix.CLONE_NEWTIME

// TwoStages tells whether the executor has to fork to get where it belongs: a
// user namespace must have its mappings before it owns others, a time
// namespace its offsets before anybody enters it, and a pid namespace that is
// joined takes children alone.
func (p *Plan) TwoStages() bool {
	n := p.Config.Namespaces
	if n.New&(unix.CLONE_NEWUSER|unix.CLONE_NEWTIME) != 0 {
		return true
	}
	for _, j := range n.Join {
		if j.Flag&(forked|unix.CLONE_NEWUSER) != 0 {
			return true
		}
	}
	return false
}

// Born gives the namespaces the executor is cloned into. The cgroup namespace
// is left out: its root is the cgroup one is in when it is made.
func (p *Plan) Born() uint64 {
	if p.TwoStages() {
		return 0
	}
	return p.Config.Namespaces.New &^ unix.CLONE_NEWCGROUP
}

// join enters the namespaces that have a path. Those of the host are entered
// while it has all privilege over them, the user namespace after them; without
// privilege the user namespace is what gives it, and comes first.
func join(p *Plan, in *nsexec.Batch) {
	list := p.Config.Namespaces.Join
	regs := make([]nsexec.Reg, len(list))
	for i, j := range list {
		in.Step("open namespace", j.Property, j.Path)
		regs[i] = in.Open(j.Path, unix.O_RDONLY)
	}
	enter := func(user bool) {
		for i, j := range list {
			if (j.Flag == unix.CLONE_NEWUSER) == user {
				if user {
					dropGroups(p, in)
				}
				in.Step("join namespace", j.Property, j.Path)
				in.Setns(regs[i], j.Flag)
				in.Close(regs[i])
			}
		}
	}
	enter(p.Powerless)
	enter(!p.Powerless)
}

// dropGroups comes before a user namespace is joined that may deny
// setgroups(2): the groups of whoever called rt are not the container's.
func dropGroups(p *Plan, in *nsexec.Batch) {
	if p.Powerless {
		return // the caller cannot be rid of them either
	}
	in.Step("drop the caller's groups", "", "")
	in.Setgroups(nil)
	in.Expect(0, errno(unix.EPERM)) // where rt is in such a user namespace itself
}

// UserNamespace and OtherNamespaces name the Steps that make them.
const (
	UserNamespace   = "user namespace"
	OtherNamespaces = "namespaces"
)

// enterUser makes the user namespace and becomes its root, or where root has
// no mapping the first id that has one.
func enterUser(p *Plan, in *nsexec.Batch) {
	n := p.Config.Namespaces
	if !n.Has(unix.CLONE_NEWUSER) {
		return
	}
	in.Step("make", "linux.namespaces", UserNamespace)
	if n.New&unix.CLONE_NEWUSER != 0 {
		in.Unshare(unix.CLONE_NEWUSER)
		in.Step("write", "linux.uidMappings", "id mappings")
		in.Host(p.Acts.MapIDs)
	}
	in.Step("become", "linux.uidMappings", "root of the user namespace")
	if p.Setgroups {
		in.Setgroups(nil)
		in.OnError(setgroupsDenied(p))
	}
	in.Setresgid(firstID(p.Config.Spec.Linux.GIDMappings))
	in.Setresuid(firstID(p.Config.Spec.Linux.UIDMappings))
	shield(p, in)
}

// setgroupsDenied finds out that a user namespace that was joined denies
// setgroups(2), which cannot be asked of it.
func setgroupsDenied(p *Plan) nsexec.Mend {
	return func(_ *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		if e.Errno != unix.EPERM || p.Config.Namespaces.New&unix.CLONE_NEWUSER != 0 {
			return 0, e
		}
		if proc := p.Config.Process; proc != nil && len(proc.Spec.User.AdditionalGids) > 0 {
			e.Step = nsexec.Step{Name: "set", Property: "process.user.additionalGids"}
			e.Detail = "the user namespace denies setgroups(2)"
			return 0, e
		}
		p.Setgroups = false
		return nsexec.Skip, nil
	}
}

// firstID is root, unless the mappings leave it out.
func firstID(mappings []specs.LinuxIDMapping) uint32 {
	root := func(m specs.LinuxIDMapping) bool { return m.ContainerID == 0 }
	if len(mappings) == 0 || slices.ContainsFunc(mappings, root) {
		return 0
	}
	return mappings[0].ContainerID
}

// openOffsets comes while the executor is still its caller's in every sense.
// Writing takes privilege over the time namespace, which whoever makes the
// user namespace that owns it has.
func openOffsets(p *Plan, in *nsexec.Batch) {
	if len(p.Config.Spec.Linux.TimeOffsets) > 0 {
		p.offsets = in.Open("/proc/self/timens_offsets", unix.O_WRONLY)
	}
}

// makeNamespaces makes the others and forks into those that need it.
func makeNamespaces(p *Plan, in *nsexec.Batch) {
	n := p.Config.Namespaces
	in.Step("make", "linux.namespaces", OtherNamespaces)
	if flags := n.New &^ (unix.CLONE_NEWUSER | unix.CLONE_NEWCGROUP); flags != 0 {
		in.Unshare(flags)
	}
	if p.offsets != 0 {
		in.Step("write", "linux.timeOffsets", "")
		in.Write(p.offsets, offsetText(p.Config.Spec.Linux.TimeOffsets))
		in.Close(p.offsets)
		in.Step("make", "linux.namespaces", OtherNamespaces)
	}
	in.Split(0, nsexec.AtFDCWD)
}

// offsetText is what time_namespaces(7) wants written before anybody enters.
func offsetText(offsets map[string]specs.LinuxTimeOffset) []byte {
	var text []byte
	for _, clock := range slices.Sorted(maps.Keys(offsets)) {
		text = fmt.Appendf(text, "%s %d %d\n", clock, offsets[clock].Secs, offsets[clock].Nanosecs)
	}
	return text
}

// cgroupNamespace comes after the cgroups were joined: they become its roots.
func cgroupNamespace(p *Plan, in *nsexec.Batch) {
	if p.Config.Namespaces.New&unix.CLONE_NEWCGROUP != 0 {
		in.Unshare(unix.CLONE_NEWCGROUP)
	}
}

// hostFiles opens what is of the host while nothing of the container can be
// in the way.
func hostFiles(p *Plan, in *nsexec.Batch) {
	p.proc = in.Open("/proc", unix.O_PATH|unix.O_DIRECTORY)
	if len(p.Config.Spec.Linux.MaskedPaths) > 0 {
		p.null = in.Open("/dev/null", unix.O_PATH|unix.O_NOFOLLOW)
	}
}
