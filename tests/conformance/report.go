package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// state is where a result is shown.
type state int

const (
	passed state = iota
	failed
	unjust   // the program is wrong by itself
	declined // the runtime is meant to do otherwise
	unfitted // the host lacks what the program needs
)

var stateNames = [...]string{passed: "pass", failed: "FAIL", unjust: "wrong", declined: "other", unfitted: "host"}

// judge decides what a program's run says of the runtime, and why.
func judge(r result, v verdict) (state, string) {
	if r.lack != "" {
		return unfitted, v.reason + "; this host lacks " + r.lack
	}
	why := failure(r, v.kind)
	switch {
	case why == "":
		return passed, ""
	case r.err != nil:
		return failed, why
	}
	switch v.kind {
	case wrong:
		return unjust, v.reason + " [" + why + "]"
	case deviation:
		return declined, v.reason + " [" + why + "]"
	}
	return failed, why
}

// failure is the reason a run is no pass, or "".
func failure(r result, k kind) string {
	switch {
	case r.err != nil:
		return r.err.Error()
	case r.super.TimedOut:
		return "deadline passed"
	case len(r.tap.notOK) > 0:
		return "not ok " + strings.Join(r.tap.notOK, "; not ok ")
	case r.super.Exit != 0:
		return fmt.Sprintf("exit status %d: %s", r.super.Exit, oneLine(r.stderr))
	case k == silent && len(r.tap.errors) > 0:
		return strings.Join(r.tap.errors, "; ")
	case k == silent || k == status:
		return ""
	case r.tap.broken != "":
		return r.tap.broken
	case r.tap.ok == 0:
		return "no test was run"
	}
	return ""
}

// oneLine joins what a program printed to stderr, without the bare "exit
// status" the suite ends with when a call of the runtime failed.
func oneLine(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "exit status ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, ": ")
}

func verdictOf(program string) verdict {
	i := slices.IndexFunc(verdicts, func(v verdict) bool { return v.program == program })
	if i < 0 {
		return verdict{program: program}
	}
	return verdicts[i]
}

func countFailed(results []result) int {
	n := 0
	for _, r := range results {
		if s, _ := judge(r, verdictOf(r.program)); s == failed {
			n++
		}
	}
	return n
}

// line is one row of the report.
type line struct {
	result
	state state
	why   string
}

func printResults(w io.Writer, results []result) {
	var lines []line
	counts := [len(stateNames)]int{}
	littered := 0
	for _, r := range results {
		s, why := judge(r, verdictOf(r.program))
		lines = append(lines, line{r, s, why})
		counts[s]++
		if len(r.leftovers) > 0 {
			littered++
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.state, b.state) })
	for _, r := range lines {
		fmt.Fprintf(w, "%-5s %-34s %3d ok %2d not ok %2d skip %5.1fs\n", stateNames[r.state], r.program,
			r.tap.ok, len(r.tap.notOK), r.tap.skipped, r.took.Seconds())
		if r.why != "" {
			fmt.Fprintf(w, "      %s\n", r.why)
		}
		for _, l := range r.leftovers {
			fmt.Fprintf(w, "      left behind: %s\n", l)
		}
	}
	fmt.Fprintf(w, "%d of %d left something behind\n", littered, len(results))
	fmt.Fprintf(w, "%d passed, %d failed; apart: %d wrong by themselves, %d where engines need otherwise, %d that need another host\n",
		counts[passed], counts[failed], counts[unjust], counts[declined], counts[unfitted])
}

// printEvents prints the results as the events of go test -json
// (cmd/test2json), with everything apart as a skip.
func printEvents(w io.Writer, results []result) error {
	type event struct{ Action, Package, Test, Output string }
	events := json.NewEncoder(w)
	var errs []error
	for _, r := range results {
		s, why := judge(r, verdictOf(r.program))
		action := "skip"
		switch s {
		case passed:
			action = "pass"
		case failed:
			action = "fail"
		}
		if why != "" {
			errs = append(errs, events.Encode(event{"output", suiteModule, r.program, why + "\n"}))
		}
		errs = append(errs, events.Encode(event{action, suiteModule, r.program, ""}))
	}
	return errors.Join(errs...)
}

func printList(w io.Writer, programs []string) {
	for _, p := range programs {
		v := verdictOf(p)
		fmt.Fprintf(w, "%-34s %s\n", p, v.reason)
	}
}
