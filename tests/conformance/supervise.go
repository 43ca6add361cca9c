package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const superviseVerb = "supervise"

// reportFD is where a supervisor writes its report.
const reportFD = 3

// supervision is what became of one program: its exit status, and what it had
// not cleaned up when it ended.
type supervision struct {
	Exit      int      `json:"exit"`
	TimedOut  bool     `json:"timedOut"`
	Processes []string `json:"processes"`
	Mounts    []string `json:"mounts"`
}

// supervise is the main function of the process that stands between the runner
// and one program: args are the deadline and the program's command line. It is
// a subreaper in a mount namespace of its own, so every process and every
// mount the program leaves is seen here and gone when this process ends.
func supervise(args []string) int {
	report := os.NewFile(reportFD, "report")
	unix.CloseOnExec(reportFD)
	s, err := superviseProgram(args)
	if err == nil {
		err = json.NewEncoder(report).Encode(s)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "supervise: %v\n", err)
		return 1
	}
	return 0
}

func superviseProgram(args []string) (supervision, error) {
	var s supervision
	if len(args) < 2 {
		return s, errors.New("usage: supervise DEADLINE PROGRAM [ARG...]")
	}
	deadline, err := time.ParseDuration(args[0])
	if err != nil {
		return s, err
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return s, fmt.Errorf("become subreaper: %w", err)
	}
	before, err := mountPoints()
	if err != nil {
		return s, err
	}
	program, err := os.StartProcess(args[1], args[1:], &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return s, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	unwatch := context.AfterFunc(ctx, func() { syscall.Kill(program.Pid, syscall.SIGKILL) })
	status, err := reapUntil(program.Pid)
	s.TimedOut = !unwatch()
	if err != nil {
		return s, err
	}
	s.Exit = exitCode(status)
	if s.Processes, err = killChildren(); err != nil {
		return s, err
	}
	after, err := mountPoints()
	for _, m := range after {
		if !slices.Contains(before, m) {
			s.Mounts = append(s.Mounts, m)
		}
	}
	return s, err
}

// reapUntil reaps every child until pid has ended, as an init process would:
// a container's process must not stay a zombie while the program looks at it.
func reapUntil(pid int) (syscall.WaitStatus, error) {
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 0, fmt.Errorf("wait for program: %w", err)
		case got == pid:
			return status, nil
		}
	}
}

// killChildren ends all children, and those that become children thereby, and
// returns the names of the ones that were still alive.
func killChildren() ([]string, error) {
	var names []string
	for {
		children, err := liveChildren()
		if err != nil {
			return names, err
		}
		for pid, name := range children {
			names = append(names, name)
			syscall.Kill(pid, syscall.SIGKILL)
		}
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(-1, &status, 0, nil); err == syscall.ECHILD {
			return names, nil
		}
	}
}

// liveChildren returns the pids and names of the children that are no zombies.
func liveChildren() (map[int]string, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	children := map[int]string{}
	parent := strconv.Itoa(os.Getpid())
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // the process ended since
		}
		head, tail, ok := cutLast(string(data), ") ")
		pid, name, ok2 := strings.Cut(head, " (")
		fields := strings.Fields(tail)
		if !ok || !ok2 || len(fields) < 2 || fields[0] == "Z" || fields[1] != parent {
			continue
		}
		n, err := strconv.Atoi(pid)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		children[n] = name
	}
	return children, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func mountPoints() ([]string, error) {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var points []string
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) > 4 {
			points = append(points, fields[4])
		}
	}
	return points, nil
}

func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}
