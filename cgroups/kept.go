package cgroups

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

// kept are the values of a cgroup's files before something that may change
// them and is not meant to: an update that fails half-way, or systemd.
type kept struct {
	values []cgfs.Setting
	of     func(controller string) string
}

// keep reads the files that settings write, those there are; why is told
// should one of them not be put back.
func keep(settings []cgfs.Setting, of func(controller string) string, why string) kept {
	k := kept{of: of}
	for _, s := range settings {
		dir := of(s.Controller)
		if dir == "" {
			continue
		}
		text, err := cgfs.Read(dir + "/" + s.File)
		if s.Else != "" && errors.Is(err, unix.ENOENT) {
			s.File = s.Else
			text, err = cgfs.Read(dir + "/" + s.File)
		}
		if err != nil {
			continue // the kernel lacks it, or it cannot be read
		}
		k.values = append(k.values, cgfs.Setting{Controller: s.Controller, File: s.File, Value: first(text), Property: why, Linked: s.Linked})
	}
	return k
}

// first is the value in a file's first line: those that follow are of one
// device each, which systemd leaves alone, or no values.
func first(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	for _, name := range [...]string{"default ", "oom_kill_disable "} {
		line = strings.TrimPrefix(line, name)
	}
	return line
}

// changed lists what must be written for the values to be in force again. What
// cannot be written is left out: no value, and the weight of an idle cgroup.
func (k kept) changed() []cgfs.Setting {
	now := keep(k.values, k.of, "").values
	return slices.DeleteFunc(slices.Clone(k.values), func(s cgfs.Setting) bool {
		same := func(n cgfs.Setting) bool {
			return n.Controller == s.Controller && n.File == s.File && n.Value == s.Value
		}
		return slices.ContainsFunc(now, same) || s.Value == "" || s.File == "cpu.weight" && s.Value == "0"
	})
}

// back puts in force again what is so no more.
func (k kept) back() error { return cgfs.Apply(k.changed(), k.of) }

// keepUnless gives nothing for a container that is being made: its cgroup goes
// when a limit cannot be set. Who is told that an update has failed believes
// that nothing has changed.
func keepUnless(fresh bool, settings []cgfs.Setting, of func(controller string) string) kept {
	if fresh {
		return kept{}
	}
	return keep(settings, of, "take back what was set")
}
