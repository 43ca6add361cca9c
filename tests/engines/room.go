package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
)

// The room is where the engines live: namespaces for pids, mounts, network,
// host name and IPC, a /run of its own, and one cgroup in each hierarchy, which
// the engines see as the root. What they start, mount or make ends with it.
//
// It takes two steps to open. The keeper is pid 1: it makes the cgroups, enters
// them, reaps what daemons leave, and takes the cgroups away in the end. Its
// child is born in those cgroups with a cgroup namespace, and runs the cases.

// roomVariable holds the directory of the run, in the room alone.
const roomVariable = "ENGINES_ROOM"

const roomPath = "/usr/sbin:/usr/bin:/sbin:/bin"

// openRoom starts the keeper and waits for it.
func openRoom(ctx context.Context, dir string, args []string) error {
	cmd := self(args)
	cmd.Env = append(os.Environ(), roomVariable+"="+dir, "PATH="+roomPath)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET |
			syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Setpgid:   true,
		Pdeathsig: syscall.SIGTERM,
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	// The keeper, not its children, is told to stop: it has to clean up.
	stop := context.AfterFunc(ctx, func() { cmd.Process.Signal(syscall.SIGTERM) })
	defer stop()
	return cmd.Wait()
}

func self(args []string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, os.Stdout, os.Stderr
	return cmd
}

// keepRoom is pid 1 of the room.
func keepRoom(dir string) error {
	// What is mounted here is not for the machine, whose root may be shared.
	if err := mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC); err != nil {
		return err
	}
	if err := mount("proc", "/proc", "proc", 0); err != nil {
		return err
	}
	groups, err := enterGroups(dir)
	defer leaveGroups(groups)
	if err != nil {
		return err
	}
	cmd := self(os.Args[1:])
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWCGROUP | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	// Without a handler, pid 1 would ignore the signal and end with no clean-up.
	ctx, ignore := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer ignore()
	context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	status := reap(cmd.Process.Pid)
	syscall.Kill(-1, syscall.SIGKILL)
	reap(0)
	if status.ExitStatus() != 0 {
		return fmt.Errorf("the cases have ended with %d", status.ExitStatus())
	}
	return nil
}

// reap waits for every child until pid has ended, or until none is left.
func reap(pid int) syscall.WaitStatus {
	for {
		var status syscall.WaitStatus
		switch got, err := syscall.Wait4(-1, &status, 0, nil); {
		case err == syscall.EINTR:
		case err != nil || got == pid:
			return status
		}
	}
}

// furnish mounts what shows the room as a machine: its own sysfs and cgroups,
// an empty /run, and nothing of what other engines keep.
func furnish(dir string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	// Podman would unmount what it still reads of in mountinfo, and containerd
	// takes the first cgroup mount there for the parent of all others.
	if err := syscall.Unmount("/sys", syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount /sys: %w", err)
	}
	for i := range all {
		if err := syscall.Unmount(staging(dir, i), syscall.MNT_DETACH); err != nil {
			return fmt.Errorf("unmount the keeper's cgroups: %w", err)
		}
	}
	steps := []struct {
		source, target, kind string
		flags                uintptr
	}{
		{"sysfs", "/sys", "sysfs", 0},
		{"cgroup", "/sys/fs/cgroup", "tmpfs", 0},
		{"run", "/run", "tmpfs", 0},
	}
	for _, s := range steps {
		if err := mount(s.source, s.target, s.kind, s.flags); err != nil {
			return err
		}
	}
	alone := pure(all)
	for _, h := range all {
		if err := h.mountOn(filepath.Join("/sys/fs/cgroup", h.directory(alone))); err != nil {
			return err
		}
	}
	if alone {
		if err := delegate("/sys/fs/cgroup"); err != nil {
			return err
		}
	}
	for _, dir := range []string{"/run/lock", "/var/lib/cni"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := mount("cni", "/var/lib/cni", "tmpfs", 0); err != nil {
		return err
	}
	// Engines expect a root that passes mounts on, as a booted system has.
	if err := mount("", "/", "", syscall.MS_SHARED|syscall.MS_REC); err != nil {
		return err
	}
	if err := syscall.Sethostname([]byte("engines")); err != nil {
		return err
	}
	return exec.Command("ip", "link", "set", "lo", "up").Run()
}

func mount(source, target, kind string, flags uintptr) error {
	if err := syscall.Mount(source, target, kind, flags, ""); err != nil {
		return fmt.Errorf("mount %s: %w", target, err)
	}
	return nil
}
