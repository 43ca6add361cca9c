package main

import (
	"bytes"
	"fmt"
	"io/fs"
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
	if got := r.page("Linux 6", settings{out: "docs/engines"}.command("docker")); got != want {
		t.Errorf("page:\n%s\nwant:\n%s", got, want)
	}
}

func TestPageCommand(t *testing.T) {
	guest := settings{out: toOutput, guest: "lite-6.12", peer: "runc"}
	some := guest
	some.run, some.peer = "limits$", ""
	for _, test := range []struct {
		s    settings
		want string
	}{
		{settings{out: "/somewhere"}, "make test-engines ENGINEFLAGS='-out docs/engines docker'"},
		{guest, "make engine-page GUEST=lite-6.12 ENGINE=docker"},
		{some, "make engine-page GUEST=lite-6.12 ENGINE=docker RUN='limits$$' PEER="},
	} {
		if got := test.s.command("docker"); got != test.want {
			t.Errorf("command = %q, want %q", got, test.want)
		}
	}
}

// TestPagesAreListed keeps docs/engines.md true: it names each engine's page,
// of the host and of guests, and how many cases there are on it, none of which
// fails with rt.
func TestPagesAreListed(t *testing.T) {
	list, err := os.ReadFile("../../docs/engines.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := os.DirFS("../../docs")
	pages, err := fs.Glob(docs, "engines/*/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range engineNames() {
		pages = append(pages, "engines/"+name+".md")
	}
	caseRow := regexp.MustCompile(`(?m)^\|.*?\| (pass|skip|FAIL) \|( (pass|skip|FAIL) \|)?$`)
	for _, path := range pages {
		page, err := fs.ReadFile(docs, path)
		if err != nil {
			t.Error(err)
			continue
		}
		cases := caseRow.FindAllSubmatch(page, -1)
		for _, c := range cases {
			if string(c[1]) == "FAIL" {
				t.Errorf("docs/%s: %s", path, c[0])
			}
		}
		link := fmt.Sprintf("[%d](%s)", len(cases), path)
		if !bytes.Contains(list, []byte(link)) {
			t.Errorf("docs/engines.md does not have %s", link)
		}
	}
}
