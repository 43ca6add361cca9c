package cgroups

import (
	"path"
	"slices"

	"golang.org/x/sys/unix"
)

// Planned is a state as it will be once Create has been called: Made lists
// what is not there yet. It is kept before Create is called, so that what a
// runtime has made that was killed meanwhile can be found.
func (s State) Planned() State {
	s.Made = nil
	if _, has := s.Paths[""]; has && len(s.Paths) == 1 && s.Unit != nil {
		return s // all of it is systemd's to make
	}
	for _, dir := range s.Paths {
		s.Made = appendMissing(s.Made, dir)
	}
	return s
}

// Own tells whether the cgroup was made for the container, so that all
// processes in it are the container's. In one that was there before, and may
// be another container's or the parent of many, nobody may be killed.
func (s State) Own() bool {
	if s.Unit != nil {
		return true
	}
	home, ok := s.Paths["freezer"]
	if !ok {
		home, ok = s.Paths[""]
	}
	if !ok {
		for _, home = range s.Paths {
			break
		}
	}
	return slices.Contains(s.Made, home)
}

// appendMissing appends a directory and its ancestors, parents first, as far
// as they neither exist nor are listed.
func appendMissing(list []string, dir string) []string {
	if slices.Contains(list, dir) || unix.Access(dir, unix.F_OK) == nil || dir == "/" {
		return list
	}
	return append(appendMissing(list, path.Dir(dir)), dir)
}
