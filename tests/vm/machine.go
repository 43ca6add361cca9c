package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// guest is a machine to boot and a script to run in it.
type guest struct {
	kind     string // "lite", "legacy" or "systemd"
	kernel   kernel
	root     string   // the host's directory that is its root
	dirs     []string // more directories of the host's, at the same place
	script   string
	extra    string // of the kernel's command line
	cpus     int
	memory   int // MiB
	deadline time.Duration
}

// A guest without KVM sometimes dies while it boots, through no fault of what
// would run in it; one that reached its command is never started again.
const boots = 3

// bootDeadline is for a guest to reach its command.
const bootDeadline = 3 * time.Minute

// run boots the guest, copies what the script prints to out, and gives its
// exit code.
func (g guest) run(ctx context.Context, out io.Writer) (int, error) {
	var err error
	for range boots {
		var end ending
		if end, err = g.boot(ctx, out); err == nil {
			return end.code, nil
		}
		if end.started || ctx.Err() != nil {
			return 0, err
		}
		fmt.Fprintf(os.Stderr, "the guest did not reach its command: %v\n", err)
	}
	return 0, fmt.Errorf("boot the guest %d times: %w", boots, err)
}

// ending is what a guest told of its script.
type ending struct {
	started bool
	code    int
}

func (g guest) boot(ctx context.Context, out io.Writer) (end ending, err error) {
	dir, err := os.MkdirTemp("", "rt-vm-")
	if err != nil {
		return end, err
	}
	defer os.RemoveAll(dir)
	args, err := g.arguments(dir)
	if err != nil {
		return end, err
	}
	ctx, cancel := context.WithTimeout(ctx, g.deadline)
	defer cancel()
	stop, err := shareRoot(filepath.Join(dir, "host.sock"))
	if err != nil {
		return end, err
	}
	defer stop()

	qemu := exec.CommandContext(ctx, "qemu-system-x86_64", args...)
	qemu.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var complaints bytes.Buffer
	qemu.Stderr = &complaints
	output, outputEnd, err := os.Pipe()
	if err != nil {
		return end, err
	}
	defer output.Close()
	status, statusEnd, err := os.Pipe()
	if err != nil {
		outputEnd.Close()
		return end, err
	}
	defer status.Close()
	qemu.ExtraFiles = []*os.File{outputEnd, statusEnd}
	err = qemu.Start()
	outputEnd.Close()
	statusEnd.Close()
	if err != nil {
		return end, err
	}

	// Both end with QEMU, which has the only other ends of the pipes.
	copied := make(chan error, 1)
	go func() { _, err := io.Copy(out, output); copied <- err }()
	told := make(chan ending, 1)
	go func() { told <- listen(status, time.AfterFunc(bootDeadline, cancel)) }()
	waitErr := qemu.Wait()
	end = <-told
	err = errors.Join(<-copied, end.problem(ctx, waitErr))
	if err != nil {
		console, _ := os.ReadFile(filepath.Join(dir, "console"))
		err = fmt.Errorf("%w\n%s%s", err, complaints.Bytes(), lastLines(console, 40))
	}
	return end, err
}

// listen reads what a guest tells of its script; its start stops the clock.
func listen(status io.Reader, clock *time.Timer) ending {
	defer clock.Stop()
	end := ending{code: -1}
	for lines := bufio.NewScanner(status); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "start":
			clock.Stop()
			end.started = true
		case "exit":
			if code, err := strconv.Atoi(rest); err == nil {
				end.code = code
			}
		}
	}
	return end
}

// problem is why there is no exit code of the script, nil if there is one.
func (e ending) problem(ctx context.Context, qemu error) error {
	switch {
	case e.code >= 0:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("stop the guest (command started: %t): %w", e.started, ctx.Err())
	case e.started:
		return fmt.Errorf("the guest died while the command ran: qemu: %v", qemu)
	}
	return fmt.Errorf("the guest died while it booted: qemu: %v", qemu)
}

func lastLines(text []byte, n int) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-n):], nil)
}

// shareRoot serves the host's root at a socket, to be mounted by virtiofs. It
// listens before QEMU connects, and ends with stop.
func shareRoot(socket string) (stop func(), err error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	f, err := l.File()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd := exec.Command("/usr/lib/qemu/virtiofsd", "--fd=3", "-o", "source=/,sandbox=chroot,cache=always,xattr", "--thread-pool-size=0")
	cmd.ExtraFiles = []*os.File{f}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("serve the host's root: %w", err)
	}
	return func() {
		cmd.Process.Kill()
		cmd.Wait()
	}, nil
}
