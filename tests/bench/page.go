package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// page is everything that was measured.
type page struct {
	machine    machine
	runtimes   []*program
	hot, cold  int
	series     []series
	footprints []footprint
}

func (p page) save(path string) error {
	var b bytes.Buffer
	if err := p.write(&b); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

func (p page) write(out io.Writer) error {
	w := new(bytes.Buffer)
	fmt.Fprintf(w, "# Benchmarks\n\n"+
		"Written by `make bench` on %s. Times are of one command as its caller sees it, from before its process\n"+
		"is made to after its end, in milliseconds: the median, and the middle half of all runs in parentheses.\n"+
		"The runtimes take turns run by run. *Hot* is back to back (%d runs each), *cold* after a second of\n"+
		"idleness (%d runs each), as containers mostly start. What a runtime caches on disk is there from the first run on. A ratio\n"+
		"is of medians; below 1 rt takes less.\n\n",
		time.Now().UTC().Format(time.DateOnly), p.hot, p.cold)
	fmt.Fprintf(w, "Machine: %s, %d cores, Linux %s, cgroup %s.\n\n", p.machine.cpu, p.machine.cores, p.machine.kernel, p.machine.cgroups)
	var versions []string
	for _, r := range p.runtimes {
		versions = append(versions, r.name+" "+r.version)
	}
	fmt.Fprintf(w, "Runtimes: %s.\n", strings.Join(versions, ", "))
	for _, b := range []struct{ name, text string }{
		{"spec", "The configuration that `runc spec` writes, without a terminal, running `/bin/true`."},
		{"docker", "The shape of Docker's default container: seccomp profile, capabilities, mounts, masked paths, and limits on\nmemory, CPU and processes."},
	} {
		fmt.Fprintf(w, "\n## Bundle `%s`\n\n%s\n\n", b.name, b.text)
		p.timesOf(w, b.name)
	}
	p.writeFootprints(w)
	p.writeFailures(w)
	_, err := out.Write(w.Bytes())
	return err
}

func (p page) timesOf(w io.Writer, bundle string) {
	head, rule := "| case | |", "|---|---|"
	for _, r := range p.runtimes {
		head, rule = head+" "+r.name+" |", rule+"---:|"
	}
	for _, r := range p.runtimes[1:] {
		head, rule = head+" "+p.runtimes[0].name+"/"+r.name+" |", rule+"---:|"
	}
	fmt.Fprintf(w, "%s\n%s\n", head, rule)
	for _, s := range p.series {
		if s.bundle == bundle {
			fmt.Fprintln(w, s.row(p.runtimes))
		}
	}
}

// row is the series as a line of a Markdown table.
func (s series) row(runtimes []*program) string {
	cells := []string{s.name, s.kind()}
	for _, r := range runtimes {
		times := s.times[r.name]
		cell := "–"
		if s.errs[r.name] == nil && len(times) > 0 {
			cell = fmt.Sprintf("%s (%s–%s)", ms(quantile(times, 0.5)), ms(quantile(times, 0.25)), ms(quantile(times, 0.75)))
		}
		cells = append(cells, cell)
	}
	for _, r := range runtimes[1:] {
		ours, theirs := quantile(s.times[runtimes[0].name], 0.5), quantile(s.times[r.name], 0.5)
		cell := "–"
		if ours > 0 && theirs > 0 && s.errs[runtimes[0].name] == nil && s.errs[r.name] == nil {
			cell = fmt.Sprintf("%.2f", float64(ours)/float64(theirs))
		}
		cells = append(cells, cell)
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

func (s series) kind() string {
	if s.cold {
		return "cold"
	}
	return "hot"
}

func ms(d time.Duration) string {
	return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond))
}

func (p page) writeFootprints(w io.Writer) {
	rows := []struct {
		name string
		cell func(footprint) string
	}{
		{"lowest memory limit that starts `/bin/true` (3 of 3)", func(f footprint) string { return bytesOf(f.lowestLimit) }},
		{"peak resident memory of the runtime's process", func(f footprint) string { return bytesOf(f.peak << 10) }},
		{"minor page faults, its children's included", func(f footprint) string { return countOf(f.faults) }},
		{"size of the program", func(f footprint) string { return bytesOf(f.program.size) }},
	}
	head, rule := "| |", "|---|"
	for _, f := range p.footprints {
		head, rule = head+" "+f.program.name+" |", rule+"---:|"
	}
	fmt.Fprintf(w, "\n## Memory\n\nOf `run` in the bundle `spec`.\n\n%s\n%s\n", head, rule)
	for _, row := range rows {
		fmt.Fprintf(w, "| %s |", row.name)
		for _, f := range p.footprints {
			fmt.Fprintf(w, " %s |", row.cell(f))
		}
		fmt.Fprintln(w)
	}
}

// bytesOf writes a size in binary units; a runtime that none was found for
// gets a dash.
func bytesOf(n int64) string {
	switch {
	case n == 0:
		return "–"
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	default:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
}

func countOf(n int64) string {
	if n == 0 {
		return "–"
	}
	return fmt.Sprint(n)
}

func (p page) writeFailures(w io.Writer) {
	head := "\n## What could not be measured\n\n"
	for _, s := range p.series {
		for _, r := range p.runtimes {
			if err := s.errs[r.name]; err != nil {
				fmt.Fprintf(w, "%s- %s, %s, %s: %v\n", head, s.bundle, s.name, s.kind(), err)
				head = ""
			}
		}
	}
}
