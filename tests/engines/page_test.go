package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"testing"
)

func TestPage(t *testing.T) {
	r := result{
		engine: "docker", version: "Docker version 1", runtimes: []string{"rt", "runc"}, versions: []string{"rt 1", "runc 2"},
		rows: []row{
			{"run: a|b", []outcome{{}, {failure: "exit code 1, want 0"}}},
			{"checkpoint", []outcome{{unmet: "has checkpoint"}, {}}},
		},
	}
	want := `# docker

Written by ` + "`make test-engines ENGINEFLAGS='-out docs/engines docker'`" + `.

| | |
|---|---|
| engine | Docker version 1 |
| rt | rt 1 |
| runc | runc 2 |
| machine | Linux 6 |

| case | rt | runc |
|---|---|---|
| run: a\|b | pass | FAIL |
| checkpoint | skip | pass |

Skipped, because this is not true there:

- checkpoint, rt: ` + "`has checkpoint`" + `
`
	if got := r.page("Linux 6"); got != want {
		t.Errorf("page:\n%s\nwant:\n%s", got, want)
	}
}

// TestPagesAreListed keeps docs/engines.md true: it names each engine's page
// and how many cases there are on it, none of which fails with rt.
func TestPagesAreListed(t *testing.T) {
	list, err := os.ReadFile("../../docs/engines.md")
	if err != nil {
		t.Fatal(err)
	}
	caseRow := regexp.MustCompile(`(?m)^\|.*\| (pass|skip|FAIL) \| (pass|skip|FAIL) \|$`)
	for _, name := range engineNames() {
		page, err := os.ReadFile("../../docs/engines/" + name + ".md")
		if err != nil {
			t.Error(err)
			continue
		}
		cases := caseRow.FindAllSubmatch(page, -1)
		for _, c := range cases {
			if string(c[1]) == "FAIL" {
				t.Errorf("docs/engines/%s.md: %s", name, c[0])
			}
		}
		link := fmt.Sprintf("[%d](engines/%s.md)", len(cases), name)
		if !bytes.Contains(list, []byte(link)) {
			t.Errorf("docs/engines.md does not have %s", link)
		}
	}
}
