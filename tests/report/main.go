// Command report runs the parts of the test suite, each a target of the
// Makefile, and adds up what they found.
//
// A part that runs go test is counted by its events. Any other part is counted
// by the last line it prints of the form "N passed, N failed, N skipped" (or N
// of other kinds, which count as skipped), or else as one test that passed or
// failed with the part itself. The last line of the report is the sum, in that
// form. It fails when anything failed.
//
// Guests, the parts named vm-…, need a processor each and nothing else: with
// -guests N as many of them that follow each other run at a time.
//
// With -keep DIR the result of each part is also kept, and -page FILE writes
// docs/hosts.md from all that was kept there.
//
// It imports the standard library alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	dir := flag.String("keep", "", "directory in which the results of $RT are kept")
	guests := flag.Int("guests", 1, "how many guests run at a time")
	page := flag.String("page", "", "write the page of all that is kept to this file")
	flag.Parse()
	if flag.NArg() == 0 && *page == "" || *guests < 1 {
		fmt.Fprintln(os.Stderr, "usage: report [-guests N] [-keep DIR] [-page FILE] MAKE-TARGET...")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var problems []error
	parts := runAll(ctx, flag.Args(), *guests, func(p part) {
		if *dir != "" && ctx.Err() == nil {
			problems = append(problems, keep(*dir, p))
		}
	})
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
