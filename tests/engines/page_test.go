package main

import "testing"

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
