// Command report runs the parts of the test suite, each a target of the
// Makefile, and adds up what they found.
//
// A part that runs go test is counted by its events. Any other part is counted
// by the last line it prints of the form "N passed, N failed, N skipped" (or N
// of other kinds, which count as skipped), or else as one test that passed or
// failed with the part itself. The last line of the report is the sum, in that
// form. It fails when anything failed.
//
// With -keep DIR the result of each part is also kept, and -page FILE writes
// docs/hosts.md from all that was kept there.
//
// It imports the standard library alone.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
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

func main() {
	dir := flag.String("keep", "", "directory in which the results of $RT are kept")
	page := flag.String("page", "", "write the page of all that is kept to this file")
	flag.Parse()
	if flag.NArg() == 0 && *page == "" {
		fmt.Fprintln(os.Stderr, "usage: report [-keep DIR] [-page FILE] MAKE-TARGET...")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var parts []part
	var problems []error
	for _, target := range flag.Args() {
		fmt.Printf("== %s\n", target)
		p := run(ctx, target)
		parts = append(parts, p)
		if *dir != "" && ctx.Err() == nil {
			problems = append(problems, keep(*dir, p))
		}
	}
	sum := summarize(os.Stdout, parts)
	if *page != "" {
		problems = append(problems, writePage(*page, *dir))
	}
	err := errors.Join(problems...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
	}
	if sum.failed > 0 || err != nil || ctx.Err() != nil {
		os.Exit(1)
	}
}

// run makes one target and counts what it prints.
func run(ctx context.Context, target string) part {
	ctx, cancel := context.WithTimeout(ctx, partDeadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, "make", "--no-print-directory", target, "GOTESTFLAGS=-json")
	cmd.Stderr = os.Stderr
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
	t := newTally(os.Stdout)
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

func summarize(w io.Writer, parts []part) counts {
	var sum counts
	fmt.Fprintf(w, "\n%-20s %8s %8s %8s %10s\n", "part", "passed", "failed", "skipped", "time")
	for _, p := range parts {
		fmt.Fprintf(w, "%-20s %8d %8d %8d %10s", p.target,
			p.counts.passed, p.counts.failed, p.counts.skipped, p.took.Round(100*time.Millisecond))
		if p.err != nil {
			fmt.Fprintf(w, "  %v", p.err)
		}
		fmt.Fprintln(w)
		sum.add(p.counts)
	}
	fmt.Fprintf(w, "\n%s\n", sum)
	return sum
}
