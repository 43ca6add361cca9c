package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// toOutput stands for a directory when pages are printed, as in a guest, which
// can write nothing that stays.
const toOutput = "-"

// writePages writes a page for each engine that ran, DIR/ENGINE.md.
func writePages(s settings, results []*result) error {
	host, err := describeHost()
	if err != nil {
		return err
	}
	for _, r := range results {
		page := r.page(host, s.command(r.engine))
		if s.out == toOutput {
			fmt.Print(page)
			continue
		}
		path := filepath.Join(s.out, r.engine+".md")
		if err := errors.Join(os.MkdirAll(s.out, 0o755), os.WriteFile(path, []byte(page), 0o644)); err != nil {
			return err
		}
	}
	return nil
}

// command is what writes an engine's page: a target of the Makefile.
func (s settings) command(engine string) string {
	if s.out != toOutput {
		return fmt.Sprintf("make test-engines ENGINEFLAGS='-out docs/engines %s'", engine)
	}
	command := fmt.Sprintf("make engine-page GUEST=%s ENGINE=%s", s.guest, engine)
	if s.run != "" {
		command += " RUN='" + strings.ReplaceAll(s.run, "$", "$$") + "'"
	}
	if s.peer == "" {
		command += " PEER="
	}
	return command
}

// page is the engine's result as Markdown.
func (r *result) page(host, command string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", r.engine)
	fmt.Fprintf(&b, "Written by `%s`.\n\n", command)
	fmt.Fprintf(&b, "| | |\n|---|---|\n| engine | %s |\n", r.version)
	for i, name := range r.runtimes {
		fmt.Fprintf(&b, "| %s | %s |\n", name, r.versions[i])
	}
	fmt.Fprintf(&b, "| machine | %s |\n\n", host)
	fmt.Fprintf(&b, "| case | %s |\n|---|%s\n", strings.Join(r.runtimes, " | "), strings.Repeat("---|", len(r.runtimes)))
	var skips strings.Builder
	for _, row := range r.rows {
		var cells []string
		for i, o := range row.outcomes {
			cells = append(cells, o.String())
			if o.unmet != "" {
				fmt.Fprintf(&skips, "- %s, %s: `%s`\n", row.title, r.runtimes[i], o.unmet)
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", cell(row.title), strings.Join(cells, " | "))
	}
	if skips.Len() > 0 {
		fmt.Fprintf(&b, "\nSkipped, because this is not true there:\n\n%s", skips.String())
	}
	return b.String()
}

// cell keeps a text from ending its column.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

// describeHost names what results depend on: the kernel and its cgroups.
func describeHost() (string, error) {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "", err
	}
	all, err := hierarchies()
	if err != nil {
		return "", err
	}
	kind := "v1"
	switch {
	case pure(all):
		kind = "v2"
	case len(all) > 0 && all[len(all)-1].controllers == "":
		kind = "v1, hybrid"
	}
	return fmt.Sprintf("Linux %s, cgroup %s", strings.TrimSpace(string(release)), kind), nil
}
