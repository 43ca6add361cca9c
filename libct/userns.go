package libct

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"rt/libct/inside"
	"rt/nsexec"
	"rt/specconv"
)

// bindSources opens the rootfs and bind sources for an executor in a user
// namespace, whose root may have no right to look them up. They are opened as
// the executor sees them: its copies of the host's mounts are locked, so that
// the container's root can neither take restrictions from them nor uncover
// what lies below other mounts.
func (l *launch) bindSources() error {
	if !l.config.Namespaces.Has(unix.CLONE_NEWUSER) || l.plan.Powerless {
		return nil
	}
	l.plan.Sources = map[int]int{}
	return l.borrow("/", unix.O_PATH|unix.O_DIRECTORY, l.bindSourcesBelow)
}

// borrow has the executor open a file for us: reaching for it through /proc
// takes CAP_SYS_PTRACE over an unreadable process.
func (l *launch) borrow(path string, flags int, do func(fd int) error) error {
	in := nsexec.NewBatch(&l.regs)
	in.Step("open", "", path)
	file := in.Open(path, flags)
	in.Lend(func(fds ...int) error { return do(fds[0]) }, file)
	in.Close(file)
	return l.x.Run(in)
}

func (l *launch) bindSourcesBelow(root int) error {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT}
	open := func(index int, source, property string) error {
		// What an automount point stands for is mounted for whoever goes into it,
		// not for O_PATH.
		fd, err := unix.Openat2(root, source+"/.", &how)
		if err != nil {
			fd, err = unix.Openat2(root, source, &how) // no directory
		}
		if err != nil {
			return fmt.Errorf("%s: open %q: %w", property, source, err)
		}
		l.files.keep(os.NewFile(uintptr(fd), source))
		l.plan.Sources[index] = fd
		return nil
	}
	if err := open(inside.RootSource, l.config.Rootfs, "root.path"); err != nil {
		return err
	}
	if h := l.config.Spec.Hooks; h != nil && len(h.CreateContainer) > 0 {
		if err := open(inside.BundleSource, l.config.Bundle, "bundle"); err != nil {
			return err
		}
	}
	for i := range l.config.Mounts {
		m := &l.config.Mounts[i]
		if !m.Bind || m.Remount || m.IDMap != nil {
			continue
		}
		if err := open(m.Index, m.Source, fmt.Sprintf("mounts[%d].source", m.Index)); err != nil {
			return err
		}
	}
	return nil
}

// userNamespaceMounts makes the user namespaces that idmapped mounts take
// their mapping from: the container's own, which exists now, or one for the
// purpose.
func (l *launch) userNamespaceMounts() error {
	l.plan.UserNS, l.plan.Trees = map[int]int{}, map[int]int{}
	for i := range l.config.Mounts {
		m := &l.config.Mounts[i]
		if m.IDMap == nil {
			continue
		}
		property := fmt.Sprintf("mounts[%d].uidMappings", m.Index)
		var fd int
		var err error
		if len(m.IDMap.UIDs) == 0 {
			err = l.borrow("/proc/self/ns/user", unix.O_RDONLY, func(lent int) (err error) {
				fd, err = unix.FcntlInt(uintptr(lent), unix.F_DUPFD_CLOEXEC, 0)
				return err
			})
		} else {
			fd, err = l.mappedNamespace(m.IDMap)
		}
		if err != nil {
			return fmt.Errorf("%s: make user namespace: %w", property, err)
		}
		l.files.keep(os.NewFile(uintptr(fd), "user namespace"))
		l.plan.UserNS[m.Index] = fd
		if l.config.Namespaces.Has(unix.CLONE_NEWUSER) && !l.plan.Powerless {
			if err := l.mapTree(m, fd); err != nil {
				return err
			}
		}
	}
	return nil
}

// mapTree makes an idmapped copy of a mount for a container whose root has no
// privilege over the file system it is of. A helper makes it in the container's
// mount namespace: the copies there of the host's mounts are locked, and a copy
// of those stays so.
func (l *launch) mapTree(m *specconv.Mount, userns int) error {
	return l.borrow("/proc/self/ns/mnt", unix.O_RDONLY, func(mntns int) error {
		return l.helper(func(x *nsexec.Executor, in *nsexec.Batch) error {
			in.Step("map ids of", fmt.Sprintf("mounts[%d]", m.Index), m.Source)
			ns := in.Pass(mntns, userns)
			in.Setns(ns[0], unix.CLONE_NEWNS)
			tree := in.OpenTree(nsexec.AtFDCWD, m.Source, m.Recursive)
			in.MountIdmap(tree, ns[1], m.IDMap.Recursive)
			in.Lend(func(fds ...int) error {
				fd, err := unix.FcntlInt(uintptr(fds[0]), unix.F_DUPFD_CLOEXEC, 0)
				if err != nil {
					return err
				}
				l.files.keep(os.NewFile(uintptr(fd), m.Source))
				l.plan.Trees[m.Index] = fd
				return nil
			}, tree)
			return x.Run(in)
		})
	})
}

// helper runs do with an executor that is outside of the container.
func (l *launch) helper(do func(*nsexec.Executor, *nsexec.Batch) error) error {
	x, err := nsexec.Spawn(nsexec.Options{Stdio: [3]*os.File{l.options.Stdin, l.options.Stdout, l.options.Stderr}})
	if err != nil {
		return err
	}
	defer x.Close()
	defer x.Kill()
	return do(x, nsexec.NewBatch(new(nsexec.Registers)))
}

// mappedNamespace makes a user namespace with a mapping: a helper unshares it,
// we write the mapping and keep the namespace.
func (l *launch) mappedNamespace(m *specconv.IDMap) (fd int, err error) {
	err = l.helper(func(x *nsexec.Executor, in *nsexec.Batch) error {
		in.Unshare(unix.CLONE_NEWUSER)
		if err := x.Run(in); err != nil {
			return err
		}
		if err := writeIDMaps(x.Pid, m.UIDs, m.GIDs); err != nil {
			return err
		}
		fd, err = unix.Open(fmt.Sprintf("/proc/%d/ns/user", x.Pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		return err
	})
	return fd, err
}

// explainUserNamespace says which of the host's settings denies a user
// namespace, or privilege in it: with Ubuntu's policy AppArmor lets everybody
// make one, and then takes all capabilities away.
func explainUserNamespace(err error, sysctl func(name string) string) error {
	var call *nsexec.CallError
	if !errors.As(err, &call) || call.Name != "unshare" {
		return err
	}
	for _, s := range [...]struct {
		sysctl, denies, what string
		errno                unix.Errno
	}{
		{"user.max_user_namespaces", "0", inside.UserNamespace, unix.ENOSPC},
		{"kernel.unprivileged_userns_clone", "0", inside.UserNamespace, unix.EPERM},
		{"kernel.apparmor_restrict_unprivileged_userns", "1", inside.UserNamespace, unix.EACCES},
		{"kernel.apparmor_restrict_unprivileged_userns", "1", inside.OtherNamespaces, unix.EPERM},
	} {
		if call.Step.What == s.what && call.Errno == s.errno && sysctl(s.sysctl) == s.denies {
			call.Detail = fmt.Sprintf("the sysctl %s is %s", s.sysctl, s.denies)
			return call
		}
	}
	if call.Step.What == inside.UserNamespace && call.Errno == unix.ENOSPC {
		call.Detail = "the sysctl user.max_user_namespaces or the depth of nesting is exhausted"
	}
	return call
}

// sysctl is the value of one, "" where it does not exist.
func sysctl(name string) string {
	text, _ := readFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	return strings.TrimSpace(string(text))
}

func (l *launch) mapIDs(x *nsexec.Executor) error {
	return writeIDMaps(x.Pid, l.config.Spec.Linux.UIDMappings, l.config.Spec.Linux.GIDMappings)
}
