// Package hooks runs the hooks of config.json that belong to the runtime's own
// namespaces: prestart, createRuntime, poststart and poststop
// (config.md#posix-platform-hooks).
//
// It runs on the host. It may import the standard library, x/sys/unix and
// runtime-spec. It starts processes with package syscall: os/exec would wait
// for the last holder of a hook's output, which a daemon keeps for ever.
package hooks

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// List is one list of hooks and what they are run with.
type List struct {
	Kind  string // the list's name in config.json, such as "createRuntime"
	Hooks []specs.Hook
	Dir   string // working directory: the bundle
	State []byte // the container's state as JSON, each hook's standard input
}

// Run runs the hooks in order and stops at the first that fails.
//
// A hook has failed when it cannot be started, when it ends other than with
// exit status 0, or when it outlives its timeout: then its process, and that
// process alone, is killed. Without a timeout it may take for ever. The error
// names the hook's place in config.json and carries the end of what the hook
// has written.
//
// A hook gets the environment that config.json gives it and nothing of the
// runtime's own; all descriptors of the runtime become close-on-exec. It is
// killed when the runtime dies. What a hook leaves running in the background
// lives on, but its output is a closed pipe as soon as the hook itself has
// ended.
func Run(l List) error {
	for i := range l.Hooks {
		if err := l.run(i); err != nil {
			return err
		}
	}
	return nil
}

// RunAll runs every hook in order, whatever becomes of the ones before it, and
// returns what went wrong. It is for poststop, where a failure is a warning
// (runtime.md#lifecycle).
func RunAll(l List) []error {
	var errs []error
	for i := range l.Hooks {
		if err := l.run(i); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func (l List) run(i int) error {
	h := l.Hooks[i]
	property := fmt.Sprintf("hooks.%s[%d]", l.Kind, i)
	if h.Timeout != nil && *h.Timeout <= 0 {
		return fmt.Errorf("check %s.timeout: %d is not greater than 0", property, *h.Timeout)
	}
	tail, err := l.execute(h)
	if err == nil {
		return nil
	}
	if text := strings.TrimSpace(string(tail)); text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return &Error{Property: property, Path: h.Path, Err: err}
}

// Error is a hook that has failed.
type Error struct {
	Property string // its place in config.json, such as "hooks.poststart[0]"
	Path     string
	Err      error
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s: run hook %s: %v", e.Property, e.Path, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// execute runs one hook to its end and returns the end of its output.
func (l List) execute(h specs.Hook) ([]byte, error) {
	// The kernel delivers the parent-death signal when the thread that forked
	// ends, so that thread must stay ours until the hook is gone.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	out, err := newCapture()
	if err != nil {
		return nil, err
	}
	defer out.close()

	p, err := start(h, l.Dir, l.State, out.w)
	if err != nil {
		return nil, err
	}
	defer unix.Close(p.pidfd)
	out.closeWriter()

	err = p.wait(out, h.Timeout)
	return out.tail, err
}

// start starts the hook with the state on its standard input and both its
// outputs going to the descriptor out.
func start(h specs.Hook, dir string, state []byte, out int) (*process, error) {
	stdin, err := stateFile(state)
	if err != nil {
		return nil, err
	}
	defer unix.Close(stdin)

	// What the runtime's caller has left open is not for hooks.
	if err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return nil, fmt.Errorf("make descriptors close-on-exec: %w", err)
	}
	argv := h.Args
	if len(argv) == 0 {
		argv = []string{h.Path}
	}
	p := process{pidfd: -1}
	p.pid, _, err = syscall.StartProcess(h.Path, argv, &syscall.ProcAttr{
		Dir:   dir,
		Env:   h.Env, // unlike in package os, nil is the empty environment
		Files: []uintptr{uintptr(stdin), uintptr(out), uintptr(out)},
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, PidFD: &p.pidfd},
	})
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// stateFile returns a file that holds the state, positioned at its start. A
// pipe would need somebody to fill it while a hook that never reads blocks him.
func stateFile(state []byte) (int, error) {
	fd, err := unix.MemfdCreate("state.json", unix.MFD_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("create memfd for the state: %w", err)
	}
	n, err := unix.Pwrite(fd, state, 0)
	if err == nil && n < len(state) {
		err = unix.ENOSPC
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("write state to memfd: %w", err)
	}
	return fd, nil
}

// process is a running hook.
type process struct {
	pid, pidfd int
}

// killGrace bounds the wait for a killed hook to disappear, which takes long
// only while the hook is stuck inside the kernel.
const killGrace = 10 * time.Second

// wait collects the output until the process ends and returns nil for exit
// status 0. timeout is in seconds, nil for no limit.
func (p *process) wait(out *capture, timeout *int) error {
	var deadline time.Time
	if timeout != nil {
		deadline = time.Now().Add(time.Duration(*timeout) * time.Second)
	}
	ended, err := p.poll(out, deadline)
	if err != nil {
		return err
	}
	if ended {
		return p.reap()
	}
	if err := unix.PidfdSendSignal(p.pidfd, unix.SIGKILL, nil, 0); err != nil {
		return fmt.Errorf("kill after a timeout of %ds: %w", *timeout, err)
	}
	ended, err = p.poll(out, time.Now().Add(killGrace))
	if err != nil {
		return err
	}
	if !ended {
		return fmt.Errorf("timeout of %ds reached; still there %v after SIGKILL", *timeout, killGrace)
	}
	_ = p.reap() // says no more than that it was killed
	return fmt.Errorf("timeout of %ds reached", *timeout)
}

// poll collects output until the process has ended (true) or the deadline has
// passed (false). A zero deadline never passes.
func (p *process) poll(out *capture, deadline time.Time) (ended bool, err error) {
	for {
		ms := -1
		if !deadline.IsZero() {
			// Rounded up, so that the last round does not spin.
			ms = int(max(0, (time.Until(deadline)+time.Millisecond-1)/time.Millisecond))
		}
		fds := []unix.PollFd{
			{Fd: int32(p.pidfd), Events: unix.POLLIN},
			{Fd: int32(out.r), Events: unix.POLLIN},
		}
		n, err := unix.Poll(fds, ms)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("poll pidfd: %w", err)
		}
		if n == 0 {
			return false, nil
		}
		if fds[1].Revents != 0 {
			out.drain()
		}
		if fds[0].Revents != 0 {
			out.drain() // what was written between the two answers
			return true, nil
		}
		// A hook that never stops writing must not hide its deadline.
		if !deadline.IsZero() && !time.Now().Before(deadline) {
			return false, nil
		}
	}
}

// reap turns the end of the process into an error, nil for exit status 0.
func (p *process) reap() error {
	var ws unix.WaitStatus
	for {
		_, err := unix.Wait4(p.pid, &ws, 0, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("wait for pid %d: %w", p.pid, err)
		}
		break
	}
	switch {
	case ws.Signaled():
		return fmt.Errorf("killed by %s", unix.SignalName(ws.Signal()))
	case ws.ExitStatus() != 0:
		return fmt.Errorf("exit status %d", ws.ExitStatus())
	}
	return nil
}
