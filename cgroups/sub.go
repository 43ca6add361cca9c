package cgroups

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

func (m *legacy) Sub(spec []string) (Join, error) {
	subs := make(map[string]string, len(spec)) // by controller, "" for all others
	for _, s := range spec {
		controllers, sub, ok := strings.Cut(s, ":")
		if !ok {
			controllers, sub = "", s
		}
		sub, err := inside(sub)
		if err != nil {
			return Join{}, fmt.Errorf("cgroup %q: %w", s, err)
		}
		for _, c := range strings.Split(controllers, ",") {
			if c != "" && m.of(c) == "" {
				return Join{}, fmt.Errorf("cgroup %q: no v1 controller %q", s, c)
			}
			if _, twice := subs[c]; twice {
				return Join{}, fmt.Errorf("cgroup %q: given twice", s)
			}
			subs[c] = sub
		}
	}
	var missing error
	j, err := m.join(func(controllers []string, dir string) string {
		sub := subs[""]
		for _, c := range controllers {
			if s, ok := subs[c]; ok {
				sub = s
			}
		}
		dir = path.Join(dir, sub)
		if err := unix.Access(dir, unix.F_OK); err != nil {
			missing = errors.Join(missing, fmt.Errorf("enter cgroup %s: %w", dir, err))
		}
		return dir
	})
	if err == nil && missing != nil {
		j.Close()
		return Join{}, missing
	}
	return j, err
}

func (m *unified) Sub(spec []string) (Join, error) {
	if len(spec) != 1 {
		return Join{}, fmt.Errorf("cgroup %q: cgroup v2 has one hierarchy, so it takes one path", spec)
	}
	if strings.Contains(spec[0], ":") {
		return Join{}, fmt.Errorf("cgroup %q: cgroup v2 has no hierarchy per controller", spec[0])
	}
	sub, err := inside(spec[0])
	if err != nil {
		return Join{}, fmt.Errorf("cgroup %q: %w", spec[0], err)
	}
	dir, err := openDir(path.Join(m.dir, sub))
	return Join{Dir: dir}, err
}

// Beside gives the place of pid in every hierarchy: a v1 cgroup takes processes
// whatever is below, but somebody may have moved the container.
func (m *legacy) Beside(pid int) (Join, error) {
	l, err := detect("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		return Join{}, err
	}
	j := Join{}
	for _, h := range l.V1 {
		j.Tasks = append(j.Tasks, path.Join(h.Mount, h.Own, "tasks"))
	}
	if m.v2 != nil {
		j.Dir, err = openDir(m.v2.dir)
	}
	return j, err
}

func (m *unified) Beside(pid int) (Join, error) {
	sub, err := m.holding(pid)
	if err != nil {
		return Join{}, err
	}
	dir, err := openDir(m.dir + sub)
	return Join{Dir: dir}, err
}

// holding gives the cgroup that holds a process of the container, from the
// container's own.
func (m *unified) holding(pid int) (sub string, err error) {
	text, err := cgfs.Read("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		return "", err
	}
	own, err := parseOwn(text)
	if err != nil {
		return "", err
	}
	if own.V2 != nil {
		if sub, ok := within(m.dir, own.V2.Own); ok {
			return sub, nil
		}
	}
	return "", fmt.Errorf("process %d is not in cgroup %s", pid, m.dir)
}

// within gives what a cgroup, named from the hierarchy's root, has beyond
// dir, named from the root of the file system.
func within(dir, cgroup string) (sub string, ok bool) {
	for i, c := range dir {
		if c != '/' {
			continue
		}
		if sub, ok := strings.CutPrefix(cgroup+"/", dir[i:]+"/"); ok {
			return strings.TrimSuffix("/"+sub, "/"), true
		}
	}
	return "", false
}

// inside gives a path below the container's cgroup.
func inside(sub string) (string, error) {
	if slices.Contains(strings.Split(sub, "/"), "..") {
		return "", errors.New(`".." leads out of the container's cgroup`)
	}
	return path.Clean("/" + sub), nil
}
