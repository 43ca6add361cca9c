package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// writePages writes a page for each engine that ran, DIR/ENGINE.md.
func writePages(dir string, results []*result) error {
	host, err := describeHost()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, r := range results {
		path := filepath.Join(dir, r.engine+".md")
		if err := os.WriteFile(path, []byte(r.page(host)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// page is the engine's result as Markdown.
func (r *result) page(host string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", r.engine)
	fmt.Fprintf(&b, "Written by `make test-engines ENGINEFLAGS='-out docs/engines %s'`.\n\n", r.engine)
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
