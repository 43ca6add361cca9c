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
	engines  []*result
	failures []string
	skips    []string

	passed, failed, skipped int
}

// result is what came of one engine.
type result struct {
	engine   string
	version  string
	runtimes []string // the names of the columns
	versions []string // and which they are
	rows     []row
}

// row is a case with what came of it for each runtime.
type row struct {
	title    string
	outcomes []outcome
}

// outcome is why a case failed, or the condition that was not met; neither if
// it passed.
type outcome struct{ failure, unmet string }

func (o outcome) String() string {
	switch {
	case o.failure != "":
		return "FAIL"
	case o.unmet != "":
		return "skip"
	}
	return "pass"
}

func newTable(w io.Writer, s settings) *table {
	t := &table{w: w, runtimes: []string{filepath.Base(s.runtime)}}
	if s.peer != "" {
		t.runtimes = append(t.runtimes, filepath.Base(s.peer))
	}
	t.print("engine", "case", t.runtimes)
	return t
}

// begin says that rows of this engine follow.
func (t *table) begin(engine, version string, versions []string) {
	t.engines = append(t.engines, &result{engine: engine, version: version,
		runtimes: t.runtimes[:len(versions)], versions: versions})
}

func (t *table) current() *result { return t.engines[len(t.engines)-1] }

func (t *table) print(engine, title string, cells []string) {
	fmt.Fprintf(t.w, "%-16s%-47s", engine, title)
	for _, cell := range cells {
		fmt.Fprintf(t.w, " %-7s", cell)
	}
	fmt.Fprintln(t.w)
}

func (t *table) add(title string, outcomes []outcome) {
	r := t.current()
	r.rows = append(r.rows, row{title, outcomes})
	var cells []string
	for i, o := range outcomes {
		cells = append(cells, o.String())
		if o.failure != "" {
			text := fmt.Sprintf("%s: %s: %s\n%s", r.runtimes[i], r.engine, title, o.failure)
			t.failures = append(t.failures, strings.ReplaceAll(text, "\n", "\n    "))
		}
	}
	t.print(r.engine, title, cells)
	switch first := outcomes[0]; {
	case first.failure != "":
		t.failed++
	case first.unmet != "":
		t.skip(r.engine+": "+title, "not true here: "+first.unmet)
	default:
		t.passed++
	}
}

// skip takes a case, or an engine, that was not run.
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
