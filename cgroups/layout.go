package cgroups

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

// Layout is the host's cgroup layout. With both fields set the host is
// hybrid: most controllers are v1, those left over are v2.
type Layout struct {
	V1 []Hierarchy
	V2 *Unified
}

// Hierarchy is a mounted v1 hierarchy.
type Hierarchy struct {
	Controllers []string // "cpu", "cpuacct", … or "name=systemd"
	Mount       string
	Own         string // the runtime's own cgroup, from Mount
}

// Unified is the mounted v2 hierarchy.
type Unified struct {
	Controllers []string // available at Mount
	Mount       string
	Own         string
}

// Pure reports whether v2 is all there is.
func (l Layout) Pure() bool { return l.V2 != nil && len(l.V1) == 0 }

var errNoMount = errors.New("no cgroup file system is mounted")

const sysfs = "/sys/fs/cgroup"

// Detect reads the layout of the host. It knows the usual mount points and
// turns to mountinfo, long on a host of many containers, only where the
// hierarchies are elsewhere.
func Detect() (Layout, error) {
	// The process, not the thread: a thread of a Go program may be anywhere
	// only in a threaded v2 subtree, which is no place for a container.
	l, err := detect("/proc/self/cgroup")
	if err != nil {
		return Layout{}, fmt.Errorf("detect cgroups: %w", err)
	}
	return l, nil
}

// detect reads the layout, and for Own where a process is.
func detect(file string) (Layout, error) {
	text, err := cgfs.Read(file)
	if err != nil {
		return Layout{}, err
	}
	l, err := parseOwn(text)
	if err != nil {
		return Layout{}, err
	}
	if !l.locate() {
		info, err := os.ReadFile("/proc/self/mountinfo")
		if err != nil {
			return Layout{}, err
		}
		l.mountinfo(string(info))
	}
	l.V1 = slices.DeleteFunc(l.V1, func(h Hierarchy) bool { return h.Mount == "" })
	if l.V2 != nil && l.V2.Mount == "" {
		l.V2 = nil
	}
	if l.V2 != nil {
		controllers, err := cgfs.Read(l.V2.Mount + "/cgroup.controllers")
		if err != nil {
			return Layout{}, err
		}
		l.V2.Controllers = strings.Fields(controllers)
	}
	if len(l.V1) == 0 && l.V2 == nil {
		return Layout{}, errNoMount
	}
	return l, nil
}

// parseOwn reads /proc/PID/cgroup, whose lines are "ID:CONTROLLERS:PATH",
// with no controllers for v2 (cgroups(7)).
func parseOwn(text string) (Layout, error) {
	var l Layout
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		_, rest, _ := strings.Cut(line, ":")
		controllers, own, ok := strings.Cut(rest, ":")
		if !ok || !path.IsAbs(own) {
			return Layout{}, fmt.Errorf("cgroup %q is not ID:CONTROLLERS:PATH", line)
		}
		// A runtime outside its cgroup namespace's root sees itself at
		// "/../…", which no mount shows: it counts as being at the root.
		own = path.Clean(own)
		if controllers == "" {
			l.V2 = &Unified{Own: own}
		} else {
			l.V1 = append(l.V1, Hierarchy{Controllers: strings.Split(controllers, ","), Own: own})
		}
	}
	return l, nil
}

// locate finds the mount points at their usual places and reports whether
// that was all of them.
func (l *Layout) locate() bool {
	// Where v2 has the place of all, a v1 hierarchy beside it is for something
	// else than containers: the net_cls of a VPN, the name=systemd of old images.
	if l.V2 != nil && l.V2.at(sysfs) {
		l.V1 = nil
		return true
	}
	if len(l.V1) == 0 {
		return false
	}
	complete := true
	for i := range l.V1 {
		complete = l.V1[i].locate() && complete
	}
	// v2 beside v1 is an extra that a host may well go without.
	if l.V2 != nil {
		l.V2.at(sysfs + "/unified")
	}
	return complete
}

func (h *Hierarchy) locate() bool {
	all := strings.TrimPrefix(strings.Join(h.Controllers, ","), "name=")
	// Co-mounted controllers have a directory together or a link each.
	for _, name := range append([]string{all}, h.Controllers...) {
		if dir := sysfs + "/" + name; isCgroup(dir, unix.CGROUP_SUPER_MAGIC) && holds(dir, h.Own) {
			h.Mount = dir
			return true
		}
	}
	return false
}

func (u *Unified) at(dir string) bool {
	if isCgroup(dir, unix.CGROUP2_SUPER_MAGIC) && holds(dir, u.Own) {
		u.Mount = dir
		return true
	}
	return false
}

func isCgroup(dir string, magic int64) bool {
	var st unix.Statfs_t
	return unix.Statfs(dir, &st) == nil && int64(st.Type) == magic
}

// holds reports whether a cgroup is seen below a mount point: inside a
// container without a cgroup namespace the mount's root is not the
// hierarchy's, and only mountinfo tells.
func holds(mount, own string) bool {
	return own == "/" || unix.Access(mount+own, unix.F_OK) == nil
}

// mountinfo fills in what locate has not found from /proc/self/mountinfo
// (proc_pid_mountinfo(5)).
func (l *Layout) mountinfo(text string) {
	for line := range strings.Lines(text) {
		before, after, ok := strings.Cut(line, " - ")
		fields, super := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 5 || len(super) < 3 {
			continue
		}
		root, point := Unescape(fields[3]), Unescape(fields[4])
		switch super[0] {
		case "cgroup":
			options := strings.Split(super[2], ",")
			for i := range l.V1 {
				h := &l.V1[i]
				if h.Mount == "" && slices.Contains(options, h.Controllers[0]) {
					h.Mount, h.Own = point, below(root, h.Own)
				}
			}
		case "cgroup2":
			if l.V2 != nil && l.V2.Mount == "" {
				l.V2.Mount, l.V2.Own = point, below(root, l.V2.Own)
			}
		}
	}
}

// below gives own as seen from a mount whose root is root.
func below(root, own string) string {
	if rest, ok := strings.CutPrefix(own+"/", strings.TrimSuffix(root, "/")+"/"); ok {
		return path.Clean("/" + rest)
	}
	return "/"
}

// Unescape undoes mountinfo's octal escapes of white space and backslash.
func Unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}
