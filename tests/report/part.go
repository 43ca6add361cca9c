package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// partDeadline is more than any part takes; it ends one that hangs.
const partDeadline = 50 * time.Minute

type part struct {
	target   string
	counts   counts
	outcomes []outcome
	took     time.Duration
	err      error
}

// isGuest tells the parts that run beside each other.
func isGuest(target string) bool { return strings.HasPrefix(target, "vm-") }

// runAll runs the parts in their order, and guests that follow each other up
// to limit at a time; what one of several prints is shown when it has ended.
// done has each part as it ends, one at a time.
func runAll(ctx context.Context, targets []string, limit int, done func(part)) []part {
	parts := make([]part, len(targets))
	slots := make(chan struct{}, limit)
	var running sync.WaitGroup
	var showing sync.Mutex
	for i, target := range targets {
		if limit == 1 || !isGuest(target) {
			running.Wait()
			fmt.Printf("== %s\n", target)
			parts[i] = run(ctx, target, os.Stdout, os.Stderr)
			done(parts[i])
			continue
		}
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			var out, complaints bytes.Buffer
			parts[i] = run(ctx, target, &out, &complaints)
			showing.Lock()
			defer showing.Unlock()
			fmt.Printf("== %s\n%s%s", target, &out, &complaints)
			done(parts[i])
		})
	}
	running.Wait()
	return parts
}

// run makes one target, counts what it prints, and shows it. What all
// targets need is made before: a guest may be running it.
func run(ctx context.Context, target string, w, complaints io.Writer) part {
	ctx, cancel := context.WithTimeout(ctx, partDeadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, "make", "--no-print-directory", "-o", "rt", "-o", "bin/vm/vm", target, "GOTESTFLAGS=-json")
	cmd.Stderr = complaints
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second

	began := time.Now()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return part{target: target, counts: counts{failed: 1}, err: err}
	}
	t := newTally(w)
	readErr := readLines(out, t.line)
	err = errors.Join(cmd.Wait(), readErr)
	if ctx.Err() == context.DeadlineExceeded {
		err = fmt.Errorf("no end within %v", partDeadline)
	}
	return part{target, t.counts(err), t.outcomes, time.Since(began), err}
}

// readLines hands over every line of r, of any length.
func readLines(r io.Reader, line func(string)) error {
	in := bufio.NewReader(r)
	for {
		text, err := in.ReadString('\n')
		if text != "" {
			line(text)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
