package inside

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// workingDirectory makes process.cwd where it is missing and enters it. It is
// tried before the user changes, since root can enter more, and again after
// it, for directories that only the user can enter.
func workingDirectory(p *Plan, in *nsexec.Batch) {
	cwd := p.Config.Process.Spec.Cwd
	in.Step("enter", "process.cwd", cwd)
	in.Chdir(cwd)
	in.OnError(func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		switch e.Errno {
		case unix.ENOENT:
			if p.Join.Pidfd > 0 {
				return 0, e // exec takes the container as it is
			}
			return nsexec.Again, makeWorkingDirectory(x, cwd)
		case unix.EACCES, unix.EPERM:
			p.lateCwd = true
			return nsexec.Skip, nil
		}
		return 0, e
	})
}

func makeWorkingDirectory(x *nsexec.Executor, cwd string) error {
	b := nsexec.Repair(x)
	root := b.Open("/", unix.O_PATH|unix.O_DIRECTORY)
	if err := x.Run(b); err != nil {
		return err
	}
	err := makeTarget(x, root, cwd, true)
	b = nsexec.Repair(x)
	b.Close(root)
	if e := x.Run(b); err == nil {
		err = e
	}
	return err
}

// checkCwd enters a directory that only the user can, and makes sure that the
// working directory is below the container's root: one that was reached
// through a descriptor of the host is not (CVE-2024-21626).
func checkCwd(p *Plan, in *nsexec.Batch) {
	if p.lateCwd {
		in.Chdir(p.Config.Process.Spec.Cwd)
	}
	buf := in.Getcwd()
	in.Host(func(x *nsexec.Executor) error {
		if path := string(x.Read(buf)[:1]); !strings.HasPrefix(path, "/") {
			return fmt.Errorf("process.cwd: enter %q: it is outside the container's root", p.Config.Process.Spec.Cwd)
		}
		return nil
	})
}
