package main

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

type counts struct{ passed, failed, skipped int }

func (c *counts) add(o counts) {
	c.passed += o.passed
	c.failed += o.failed
	c.skipped += o.skipped
}

func (c counts) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.passed, c.failed, c.skipped)
}

// parseCounts reads a line such as "3 passed, 1 failed; apart: 2 need another
// host". What neither passed nor failed is counted as skipped.
func parseCounts(text string) (counts, bool) {
	var c counts
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' })
	if len(fields) < 2 {
		return c, false
	}
	for i, field := range fields {
		if _, after, ok := strings.Cut(field, ":"); ok && i > 1 {
			field = after
		}
		var n int
		var what string
		if _, err := fmt.Sscan(field, &n, &what); err != nil {
			return c, false
		}
		switch {
		case i == 0 && what == "passed":
			c.passed = n
		case i == 1 && what == "failed":
			c.failed = n
		case i > 1:
			c.skipped += n
		default:
			return c, false
		}
	}
	return c, true
}

// event is a line of go test -json (cmd/test2json).
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// A name is a test in its package; an empty test is the package itself.
type name struct{ pkg, test string }

// An outcome is a test that did not pass.
type outcome struct {
	Name string // without its package
	End  string // "fail" or "skip"
	Why  string // the reason of a skip
}

// tally counts the tests of one part from the lines it prints.
type tally struct {
	w      io.Writer
	ended  map[name]string // how each test ended: pass, fail or skip
	parent map[name]bool   // tests that have subtests, which are counted instead
	output map[name][]string
	stated *counts // the part's own last "N passed, N failed, N skipped"

	outcomes []outcome
}

func newTally(w io.Writer) *tally {
	return &tally{
		w:      w,
		ended:  make(map[name]string),
		parent: make(map[name]bool),
		output: make(map[name][]string),
	}
}

// line takes one line of output. Lines that are no test event are shown.
func (t *tally) line(text string) {
	var e event
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &e) != nil || e.Action == "" {
		fmt.Fprint(t.w, text)
		if c, ok := parseCounts(text); ok {
			t.stated = &c
		}
		return
	}
	t.event(e)
}

func (t *tally) event(e event) {
	n := name{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(t.w, e.Output)
	case "output":
		t.output[n] = append(t.output[n], e.Output)
	case "pass", "fail", "skip":
		t.ended[n] = e.Action
		if i := strings.LastIndexByte(e.Test, '/'); i >= 0 {
			t.parent[name{e.Package, e.Test[:i]}] = true
		}
		t.show(n, e.Action)
		delete(t.output, n)
	}
}

// show tells of a test that did not pass, with all it printed, and of every
// package. It is kept, too, with the reason.
func (t *tally) show(n name, action string) {
	if n.test == "" {
		fmt.Fprintf(t.w, "%s\t%s\n", action, n.pkg)
		if action != "fail" {
			return
		}
	} else if action == "pass" || t.parent[n] {
		return
	}
	if n.test != "" {
		t.outcomes = append(t.outcomes, outcome{n.test[strings.LastIndexByte(n.test, '/')+1:], action, reason(t.output[n])})
	}
	for _, text := range t.output[n] {
		fmt.Fprint(t.w, text)
	}
}

// logged is a line of t.Skip, t.Log and their like.
var logged = regexp.MustCompile(`^ {4}\w+\.go:\d+: (.*)\n`)

// reason finds what a test gave as the reason of its skip: what it logged last,
// not counting the scripts' own record, or else the first line it printed.
func reason(output []string) string {
	why := ""
	for _, text := range output {
		if m := logged.FindStringSubmatch(text); m != nil && !strings.Contains(m[1], "WORK=") {
			why = m[1]
		}
	}
	if why == "" && len(output) > 0 {
		why = strings.TrimSpace(output[0])
	}
	return why
}

// counts is the result of the part, which itself ended with err. A failure
// that no test accounts for counts as one.
func (t *tally) counts(err error) counts {
	var c counts
	if t.stated != nil {
		c = *t.stated
	}
	failedIn := make(map[string]bool)
	for n, action := range t.ended {
		if n.test == "" || t.parent[n] {
			continue
		}
		switch action {
		case "pass":
			c.passed++
		case "skip":
			c.skipped++
		case "fail":
			c.failed++
			failedIn[n.pkg] = true
		}
	}
	for n, action := range t.ended {
		if n.test == "" && action == "fail" && !failedIn[n.pkg] {
			c.failed++
		}
	}
	if err != nil && c.failed == 0 {
		c.failed++
	}
	if err == nil && c == (counts{}) && len(t.ended) == 0 {
		c.passed++
	}
	return c
}
