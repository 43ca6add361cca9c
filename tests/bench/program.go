package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// commandDeadline ends a runtime that hangs.
const commandDeadline = 30 * time.Second

// program is a runtime under measurement.
type program struct {
	name    string
	path    string
	version string
	size    int64
	root    string // --root
	pidFile string
	null    *os.File
	stderr  *os.File
}

func newProgram(path, dir string) (*program, error) {
	p := &program{name: filepath.Base(path), path: path}
	p.root = filepath.Join(dir, "state-"+p.name)
	p.pidFile = filepath.Join(dir, "pid-"+p.name)
	version, err := exec.Command(path, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", p.name, err)
	}
	first, _, _ := strings.Cut(string(version), "\n")
	p.version = strings.TrimPrefix(first, p.name+" version ")
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	p.size = info.Size()
	if p.null, err = os.OpenFile(os.DevNull, os.O_RDWR, 0); err != nil {
		return nil, err
	}
	p.stderr, err = os.OpenFile(filepath.Join(dir, "stderr-"+p.name), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	return p, err
}

// usage is what one command took.
type usage struct {
	time   time.Duration
	faults int64 // minor page faults, with those of the children it waited for
}

// run runs one command of the runtime and waits for it. The time is that from
// before its process is made to after its end is known.
func (p *program) run(args ...string) (usage, error) {
	argv := append([]string{p.path, "--root", p.root}, args...)
	attr := p.procAttr()
	var status unix.WaitStatus
	var ru unix.Rusage

	began := time.Now()
	pid, err := syscall.ForkExec(p.path, argv, attr)
	if err != nil {
		return usage{}, fmt.Errorf("start %s: %w", p.name, err)
	}
	hung := time.AfterFunc(commandDeadline, func() { unix.Kill(pid, unix.SIGKILL) })
	for {
		if _, err = unix.Wait4(pid, &status, 0, &ru); err != unix.EINTR {
			break
		}
	}
	took := time.Since(began)
	hung.Stop()
	if err != nil {
		return usage{}, fmt.Errorf("wait for %s: %w", p.name, err)
	}
	return usage{took, ru.Minflt}, p.judge(status, args)
}

func (p *program) procAttr() *syscall.ProcAttr {
	return &syscall.ProcAttr{
		Env:   []string{"PATH=" + os.Getenv("PATH")},
		Files: []uintptr{p.null.Fd(), p.null.Fd(), p.stderr.Fd()},
	}
}

// judge turns a bad end into an error that quotes what the runtime said.
func (p *program) judge(status unix.WaitStatus, args []string) error {
	if status.Exited() && status.ExitStatus() == 0 {
		return nil
	}
	said := make([]byte, 4096)
	n, _ := p.stderr.ReadAt(said, 0)
	p.stderr.Truncate(0)
	how := fmt.Sprintf("exit status %d", status.ExitStatus())
	if status.Signaled() {
		how = status.Signal().String()
	}
	return fmt.Errorf("%s %s: %s: %q", p.name, args[0], how, bytes.TrimSpace(said[:n]))
}

// create makes a container and returns the pid of its process.
func (p *program) create(bundle, id string) (usage, int, error) {
	u, err := p.run("create", "--bundle", bundle, "--pid-file", p.pidFile, id)
	if err != nil {
		return u, 0, err
	}
	text, err := os.ReadFile(p.pidFile)
	if err != nil {
		return u, 0, err
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		return u, 0, fmt.Errorf("pid file of %s: %w", p.name, err)
	}
	return u, pid, nil
}

// reap waits for the end of an orphan that has come to us.
func reap(pid int) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if err == unix.ESRCH {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pidfd_open: %w", err)
	}
	defer unix.Close(fd)
	end := time.Now().Add(commandDeadline)
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(time.Until(end).Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if n == 0 || err != nil {
			return fmt.Errorf("process %d of a container has not ended", pid)
		}
		// Nothing to wait for means that somebody else has done so.
		unix.Wait4(pid, nil, unix.WNOHANG, nil)
		return nil
	}
}
