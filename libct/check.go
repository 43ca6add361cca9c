package libct

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/jsontext"
	"rt/specconv"
)

// checkMountNamespace refuses to join our own mount namespace by its path: the
// root of the whole host would be pivoted away.
func checkMountNamespace(c *specconv.Config) error {
	for _, j := range c.Namespaces.Join {
		if j.Flag == unix.CLONE_NEWNS && sameFile("/proc/self/ns/mnt", j.Path) {
			return specconv.Violations{{Path: j.Property, Message: fmt.Sprintf("%q is the mount namespace of rt itself", j.Path)}}
		}
	}
	return nil
}

// checkSysctls refuses to set parameters of our own namespaces, joined by their
// paths: they are the host's.
func checkSysctls(c *specconv.Config) error {
	if len(c.Spec.Linux.Sysctl) == 0 {
		return nil
	}
	var own uint64
	for _, j := range c.Namespaces.Join {
		for _, file := range [...]string{"ipc", "net", "user", "uts"} {
			if sameFile("/proc/self/ns/"+file, j.Path) {
				own |= j.Flag
			}
		}
	}
	var v specconv.Violations
	for _, key := range slices.Sorted(maps.Keys(c.Spec.Linux.Sysctl)) {
		if own&specconv.SysctlNamespace(key) != 0 {
			v = append(v, specconv.Violation{Path: jsontext.Under("linux.sysctl", key),
				Message: "belongs to a namespace of rt itself, it would change the host"})
		}
	}
	if v == nil {
		return nil
	}
	return v
}

func sameFile(a, b string) bool {
	var x, y unix.Stat_t
	return unix.Stat(a, &x) == nil && unix.Stat(b, &y) == nil && x.Dev == y.Dev && x.Ino == y.Ino
}

// checkPrivilege refuses what a caller without privilege cannot have.
func checkPrivilege(c *specconv.Config) error {
	if !c.Namespaces.Has(unix.CLONE_NEWUSER) && powerless() {
		return &PrivilegeError{Lacks: lacking(permitted())}
	}
	if c.Spec.Process == nil || len(c.Spec.Process.User.AdditionalGids) == 0 || setgroupsAllowed(c) {
		return nil
	}
	return errSetgroups
}

// PrivilegeError says that the container needs a user namespace of its own, for
// want of privilege outside of one.
type PrivilegeError struct {
	Lacks []string // capabilities
}

func (e *PrivilegeError) Error() string {
	return "linux.namespaces: needs a namespace of type user, as the caller lacks " + strings.Join(e.Lacks, ", ")
}

// errSetgroups is for groups that would be lost in silence.
var errSetgroups = specconv.Violations{{Path: "process.user.additionalGids",
	Message: "cannot be set, as setgroups(2) is denied where a user namespace maps only the caller's own id"}}

// checkResctrl refuses intelRdt, as there is no support for it yet, and silence
// would be a lie.
func checkResctrl(rdt *specs.LinuxIntelRdt) error {
	if rdt == nil {
		return nil
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

// warnShared says that a cgroup which was there before is that of others, too.
func (l *launch) warnShared() {
	if l.rec.Cgroup.Own() {
		return
	}
	if pids, err := l.manager.Pids(); err == nil && len(pids) > 0 {
		l.rt.Warn(fmt.Sprintf("linux.cgroupsPath: the cgroup holds processes already (%d): limits and pause are for them, too", len(pids)))
	}
}
