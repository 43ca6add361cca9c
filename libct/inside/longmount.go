package inside

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"rt/nsexec"
	"rt/specconv"
)

// maxOption is the longest value that fsconfig(2) takes. mount(2) takes a page
// for all options together, which overlays of many layers need.
const maxOption = 255

func hasLongOption(m *specconv.Mount) bool {
	return slices.ContainsFunc(m.Data, func(o string) bool {
		_, value, _ := strings.Cut(o, "=")
		return len(value) > maxOption
	})
}

// superFlags are the flags of a file system as mount(2) takes them.
var superFlags = [...]struct {
	name string
	flag uintptr
}{
	{"ro", unix.MS_RDONLY}, {"sync", unix.MS_SYNCHRONOUS}, {"dirsync", unix.MS_DIRSYNC},
	{"lazytime", unix.MS_LAZYTIME}, {"mand", unix.MS_MANDLOCK},
}

// longMount makes a file system with options that fsconfig(2) does not take.
// The target is the working directory, which no name has to lead to.
func longMount(p *Plan, in *nsexec.Batch, m *specconv.Mount) {
	var flags uintptr
	for _, f := range superFlags {
		if slices.Contains(m.SuperFlags, f.name) {
			flags |= f.flag
		}
	}
	target := mountPoint(p, in, m.Destination, isDirectory)
	in.Fchdir(target)
	in.Mount(m.Source, ".", m.Type, flags, strings.Join(m.Data, ","))
	in.Chdir("/")
	in.Close(target)
	mount := in.InRoot(p.root, m.Destination, unix.O_PATH)
	setAttributes(p, in, mount, m, m.AttrSet, m.AttrClr)
	for _, kind := range m.Propagation {
		setPropagation(in, mount, kind)
	}
	in.Close(mount)
}
