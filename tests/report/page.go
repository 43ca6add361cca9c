package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
)

// pageStart is what a reader of the table has to know; README.md of tests/vm
// says more of the guests.
const pageStart = `# The suites on every kind of host

Written by ` + "`make hosts`" + `, which runs for hours; one part again is ` + "`make hosts-part PART=vm-lite-6.1-cli RT=…`" + `.

| host | |
|---|---|
| host | the machine at hand, with cgroup v1 |
| legacy | a QEMU guest with the same root directory; every controller of cgroup v1 and every capability, no service manager |
| lite | a QEMU guest with the same root directory; cgroup v2 alone, no service manager |
| systemd | a QEMU guest with a Debian 12 of its own; systemd as pid 1, cgroup v2 alone |
| user | the same guest, as a user without privilege who has subordinate ids and a user manager |

6.1 is Debian 12's kernel, 6.12 that of its backports. Guests are emulated, without KVM: eight to twenty times as slow as
the host, boot included. Times are of a machine with two processors that had other work to do.

| suite | |
|---|---|
| unit | the packages of rt, among them the cgroup managers and the executor |
| cli | the black-box scripts of tests/ |
| conformance | the OCI runtime-tools programs and the checks of ours that stand in for some; what says nothing of the runtime counts as skipped ([why](../tests/conformance/README.md), and why runc fails) |

`

// column is a kind of host, and the targets of the Makefile that stand for it.
type column struct {
	title  string
	target func(suite string) string
}

var columns = []column{
	{"host", func(suite string) string { return "test-" + suite }},
	{"legacy 6.1", func(suite string) string { return "vm-legacy-6.1-" + suite }},
	{"lite 6.12", func(suite string) string { return "vm-lite-6.12-" + suite }},
	{"lite 6.1", func(suite string) string { return "vm-lite-6.1-" + suite }},
	{"systemd 6.12", func(suite string) string { return "vm-systemd-6.12-" + suite }},
	{"user 6.12", func(suite string) string {
		if suite == "cli" {
			return "vm-systemd-6.12-user"
		}
		return ""
	}},
}

var rows = []string{"unit", "cli", "conformance"}

// writePage writes the page of what dir keeps.
func writePage(file, dir string) error {
	all, err := readKept(dir)
	if err != nil {
		return err
	}
	return os.WriteFile(file, render(all), 0o644)
}

func render(all []kept) []byte {
	var page bytes.Buffer
	page.WriteString(pageStart)
	runtimes := versions(all)
	fmt.Fprintf(&page, "Passed / failed / skipped, and the time; an empty cell was not run:\n\n| suite | runtime |")
	for _, c := range columns {
		fmt.Fprintf(&page, " %s |", c.title)
	}
	fmt.Fprintf(&page, "\n|---|---|%s\n", strings.Repeat("---|", len(columns)))
	for _, suite := range rows {
		for _, runtime := range runtimes {
			cells := ""
			for _, c := range columns {
				cells += " " + cell(all, runtime, c.target(suite)) + " |"
			}
			if strings.Trim(cells, " |") != "" {
				fmt.Fprintf(&page, "| %s | %s |%s\n", suite, runtime, cells)
			}
		}
	}
	for _, runtime := range runtimes {
		renderOutcomes(&page, all, runtime)
	}
	return page.Bytes()
}

// versions lists the runtimes.
func versions(all []kept) []string {
	var list []string
	for _, k := range all {
		if !slices.Contains(list, k.Runtime) {
			list = append(list, k.Runtime)
		}
	}
	slices.Sort(list)
	return list
}

func find(all []kept, runtime, target string) (kept, bool) {
	i := slices.IndexFunc(all, func(k kept) bool { return k.Runtime == runtime && k.Target == target })
	if i < 0 {
		return kept{}, false
	}
	return all[i], true
}

func cell(all []kept, runtime, target string) string {
	k, ok := find(all, runtime, target)
	switch {
	case !ok:
		return ""
	case k.Error != "" && len(k.Outcomes) == 0:
		return k.Error
	}
	return fmt.Sprintf("%d / %d / %d, %s", k.Passed, k.Failed, k.Skipped, k.took())
}

// renderOutcomes lists what a runtime failed, and what was skipped for which
// reason, each with the hosts.
func renderOutcomes(page *bytes.Buffer, all []kept, runtime string) {
	for _, part := range []struct{ title, end string }{{"failed", "fail"}, {"skipped", "skip"}} {
		for _, suite := range rows {
			where := map[string][]string{} // by what, in the order of the columns
			var order []string
			for _, c := range columns {
				k, _ := find(all, runtime, c.target(suite))
				for _, what := range grouped(runtime, k.Outcomes, part.end) {
					if where[what] == nil {
						order = append(order, what)
					}
					where[what] = append(where[what], c.title)
				}
			}
			if len(order) == 0 {
				continue
			}
			fmt.Fprintf(page, "\n## %s: %s of %s\n\n", runtime, part.title, suite)
			slices.Sort(order)
			for _, what := range order {
				fmt.Fprintf(page, "- %s (%s)\n", what, strings.Join(where[what], ", "))
			}
		}
	}
}

// grouped gives a line for each reason, with the tests it holds for; failures
// are a line each.
func grouped(runtime string, outcomes []outcome, end string) []string {
	names := map[string][]string{}
	var lines []string
	for _, o := range outcomes {
		switch {
		case o.End != end:
		case end == "fail":
			lines = append(lines, failure(runtime, o.Name))
		default:
			// What a program of the conformance suite printed is of one run alone.
			why, _, _ := strings.Cut(o.Why, " [")
			names[why] = append(names[why], o.Name)
		}
	}
	for why, list := range names {
		slices.Sort(list)
		lines = append(lines, why+": "+strings.Join(list, ", "))
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}
