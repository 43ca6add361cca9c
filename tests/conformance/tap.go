package main

import (
	"fmt"
	"strconv"
	"strings"
)

// tapResult is what a stream of TAP documents says.
type tapResult struct {
	ok, skipped, todo int
	notOK             []string
	errors            []string // "error" values of the YAML diagnostics
	broken            string   // why the stream is not well-formed, if it is not
}

// parseTAP reads the output of a program. A program may print several
// documents in a row; each must hold the number of tests its plan states.
// Diagnostics are indented, so only lines at column 0 are tests or plans;
// anything else is noise, as TAP demands.
func parseTAP(out string) tapResult {
	var r tapResult
	seen, plan, documents := 0, -1, 0
	closeDocument := func() {
		switch {
		case documents == 0 || r.broken != "":
		case plan < 0:
			r.broken = fmt.Sprintf("document %d has no plan", documents)
		case plan != seen:
			r.broken = fmt.Sprintf("document %d plans %d tests and runs %d", documents, plan, seen)
		}
		seen, plan = 0, -1
	}
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "TAP version "):
			closeDocument()
			documents++
		case strings.HasPrefix(line, "1.."):
			n, err := strconv.Atoi(strings.TrimPrefix(line, "1.."))
			if err == nil {
				plan = n
			}
		case strings.HasPrefix(line, "ok "), strings.HasPrefix(line, "not ok "):
			seen++
			r.count(line)
		default:
			if text, ok := diagnosticError(line); ok {
				r.errors = append(r.errors, text)
			}
		}
	}
	closeDocument()
	return r
}

func (r *tapResult) count(line string) {
	passed := strings.HasPrefix(line, "ok ")
	_, description, _ := strings.Cut(strings.TrimPrefix(line, "not "), " ")
	switch {
	case strings.Contains(line, "# SKIP"):
		r.skipped++
	case strings.Contains(line, "# TODO"):
		r.todo++
	case passed:
		r.ok++
	default:
		r.notOK = append(r.notOK, description)
	}
}

func diagnosticError(line string) (string, bool) {
	if !strings.HasPrefix(line, " ") {
		return "", false
	}
	key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
	return strings.Trim(strings.TrimSpace(value), `",`), ok && strings.Trim(key, `"`) == "error"
}
