package seccomp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"rt/libct/seccomp/profile"
	"rt/nsexec"
)

// compiler is a program that compiles profiles.
type compiler struct {
	image    []byte
	args     []string // with the name
	deadline time.Duration
}

// embedded is the compiler that rt carries along. The usual profile takes it a
// thousandth of the deadline.
func embedded() compiler {
	return compiler{image: image, args: []string{"rt seccomp"}, deadline: 30 * time.Second}
}

// compile runs the compiler. Nothing it answers is taken but a filter for just
// this profile, or the reason why there is none.
func (c compiler) compile(k profile.Key) (*Filter, error) {
	answer, err := c.run(k)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		if exit.ExitCode() == 1 && strings.HasPrefix(answer, "compile linux.seccomp") {
			return nil, errors.New(answer)
		}
		const enough = 500 // of a stack trace
		err = fmt.Errorf("%w: %q", err, answer[:min(len(answer), enough)])
	}
	if err != nil {
		return nil, fmt.Errorf("compile linux.seccomp: run the compiler: %w", err)
	}
	f := profile.Decode(k, []byte(answer))
	if f == nil {
		return nil, fmt.Errorf("compile linux.seccomp: run the compiler: its %d bytes are no filter for this profile", len(answer))
	}
	return f, nil
}

// run gives what the compiler has written. Input and output are files in
// memory, so neither side ever waits for the other. The compiler is killed with
// the thread that starts it, which in Go lives as long as the process (see
// nsexec.Spawn).
func (c compiler) run(k profile.Key) (string, error) {
	exe, err := nsexec.Sealed("rt-seccomp", c.image)
	if err != nil {
		return "", err
	}
	defer unix.Close(exe)
	in, err := sealedFile("profile", k)
	if err != nil {
		return "", err
	}
	defer in.Close()
	fd, err := unix.MemfdCreate("filter", unix.MFD_CLOEXEC)
	if err != nil {
		return "", fmt.Errorf("memfd_create filter: %w", err)
	}
	out := os.NewFile(uintptr(fd), "filter")
	defer out.Close()

	ctx, cancel := context.WithTimeoutCause(context.Background(), c.deadline,
		fmt.Errorf("killed after %v", c.deadline))
	defer cancel()
	cmd := exec.CommandContext(ctx, fmt.Sprintf("/proc/self/fd/%d", exe))
	cmd.Args, cmd.Env, cmd.Dir = c.args, []string{}, "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	ended := cmd.Run()
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	answer, err := contentOf(out, 2*len(k)+2*profile.MaxProgram)
	return answer, errors.Join(ended, err)
}

func sealedFile(name string, content []byte) (*os.File, error) {
	fd, err := nsexec.Sealed(name, content)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

func contentOf(f *os.File, limit int) (string, error) {
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	buf := make([]byte, min(info.Size(), int64(limit)))
	_, err = f.ReadAt(buf, 0)
	return string(buf), err
}
