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
	for _, dir := range s.Paths {
		s.Made = appendMissing(s.Made, dir)
	}
	return s
}

// appendMissing appends a directory and its ancestors, parents first, as far
// as they neither exist nor are listed.
func appendMissing(list []string, dir string) []string {
	if slices.Contains(list, dir) || unix.Access(dir, unix.F_OK) == nil || dir == "/" {
		return list
	}
	return append(appendMissing(list, path.Dir(dir)), dir)
}
