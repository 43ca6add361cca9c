package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// table prints a row for each case as it ends, a column for each runtime. The
// first runtime is the one under test; it alone is counted.
type table struct {
	w        io.Writer
	runtimes []string
	failures []string
	skips    []string

	passed, failed, skipped int
}

func newTable(w io.Writer, runtimes []string) *table {
	t := &table{w: w, runtimes: runtimes}
	t.print("engine", "case", t.names())
	return t
}

func (t *table) names() []string {
	var names []string
	for _, path := range t.runtimes {
		names = append(names, filepath.Base(path))
	}
	return names
}

func (t *table) print(engine, title string, cells []string) {
	fmt.Fprintf(t.w, "%-11s%-45s", engine, title)
	for _, cell := range cells {
		fmt.Fprintf(t.w, " %-7s", cell)
	}
	fmt.Fprintln(t.w)
}

// row takes what came of a case with each runtime: nothing, or why it failed.
func (t *table) row(engine, title string, results []string) {
	var cells []string
	for i, why := range results {
		cell := "pass"
		if why != "" {
			cell = "FAIL"
			text := fmt.Sprintf("%s: %s: %s\n%s", filepath.Base(t.runtimes[i]), engine, title, why)
			t.failures = append(t.failures, strings.ReplaceAll(text, "\n", "\n    "))
		}
		cells = append(cells, cell)
	}
	if results[0] == "" {
		t.passed++
	} else {
		t.failed++
	}
	t.print(engine, title, cells)
}

func (t *table) skip(what, reason string) {
	t.skipped++
	t.skips = append(t.skips, what+": "+reason)
}

// summarize prints why cases failed or were skipped; the last line is the sum.
func (t *table) summarize() {
	for _, f := range t.failures {
		fmt.Fprintf(t.w, "\nfailed: %s\n", f)
	}
	for _, s := range t.skips {
		fmt.Fprintf(t.w, "\nskipped: %s", s)
	}
	fmt.Fprintf(t.w, "\n\n%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
}
