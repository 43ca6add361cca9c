package inside

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// makeCwd makes process.cwd where it is missing, while the rootfs can still be
// written to. What cannot be looked up so is left to the step that enters it.
func makeCwd(p *Plan, in *nsexec.Batch) {
	if p.Config.Process == nil {
		return
	}
	cwd := p.Config.Process.Spec.Cwd
	in.Step("make", "process.cwd", cwd)
	root := p.root
	dir := in.InRoot(root, cwd, unix.O_PATH|unix.O_DIRECTORY)
	in.OnError(func(x *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		switch e.Errno {
		case unix.ENOENT:
		case unix.ELOOP, unix.ENOTDIR, unix.EXDEV, unix.EACCES, unix.EPERM:
			return 2, nil
		default:
			return 0, e
		}
		if err := makeTarget(x, root, cwd, true); err != nil {
			return 0, fmt.Errorf("process.cwd: %w", err)
		}
		return nsexec.Again, nil
	})
	in.Close(dir)
}

// workingDirectory enters process.cwd. It is tried before the user changes,
// since root can enter more, and again after it, for directories that only the
// user can enter.
func workingDirectory(p *Plan, in *nsexec.Batch) {
	cwd := p.Config.Process.Spec.Cwd
	in.Step("enter", "process.cwd", cwd)
	in.Chdir(cwd)
	in.OnError(func(_ *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
		if e.Errno == unix.EACCES || e.Errno == unix.EPERM {
			p.lateCwd = true
			return nsexec.Skip, nil
		}
		return 0, e
	})
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
