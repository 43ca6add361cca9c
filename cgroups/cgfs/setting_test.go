package cgfs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestApply(t *testing.T) {
	for _, c := range []struct {
		name    string
		setting Setting
		want    string // part of the error
		file    string // what is in "limit" afterwards
	}{
		{"plain", Setting{Controller: "x", File: "limit", Value: "5"}, "", "5"},
		{"never made", Setting{Controller: "x", File: "nosuch", Value: "5", Property: "p"}, "p: open ", "old"},
		{"optional", Setting{Controller: "x", File: "nosuch", Value: "5", Optional: true}, "", "old"},
		{"other file", Setting{Controller: "x", File: "nosuch", Value: "5", Else: "limit", ElseValue: "6"}, "", "6"},
		{"newline", Setting{Controller: "x", File: "limit", Value: "5\n6"}, "newline", "old"},
		{"path", Setting{Controller: "x", File: "../x/limit", Value: "5"}, "is not a file name", "old"},
		{"parent", Setting{Controller: "x", File: "..", Value: "5"}, "is not a file name", "old"},
		{"no controller", Setting{Controller: "y", File: "limit", Value: "5", Property: "p"}, `p: cgroup controller "y" is not available`, "old"},
	} {
		dir := t.TempDir()
		limit := filepath.Join(dir, "limit")
		if err := os.WriteFile(limit, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Apply([]Setting{c.setting}, func(controller string) string {
			if controller == "x" {
				return dir
			}
			return ""
		})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		text, err := os.ReadFile(limit)
		// A cgroup file takes a write whole; an ordinary one keeps the rest.
		if err != nil || !strings.HasPrefix(string(text), c.file) {
			t.Errorf("%s: file holds %q, %v; want %q", c.name, text, err, c.file)
		}
		if _, err := os.Stat(filepath.Join(dir, "nosuch")); err == nil {
			t.Errorf("%s: a file was made", c.name)
		}
	}
}

func TestPageSize(t *testing.T) {
	for size, want := range map[string]bool{"2MB": true, "1GB": true, "64KB": true, "16GB": true,
		"": false, "B": false, "MB": false, "02MB": false, "2M": false, "2TB": false, "2MB ": false, "../2MB": false, "2.0MB": false} {
		if got := pageSize(size); got != want {
			t.Errorf("pageSize(%q) = %v", size, got)
		}
	}
}

func TestMkdirReportsWhatItMade(t *testing.T) {
	base := t.TempDir()
	made, err := Mkdir(base + "/a/b/c")
	want := base + "/a|" + base + "/a/b|" + base + "/a/b/c"
	if err != nil || strings.Join(made, "|") != want {
		t.Errorf("made %v, %v; want %s", made, err, want)
	}
	if made, err := Mkdir(base + "/a/b/d"); err != nil || len(made) != 1 {
		t.Errorf("made %v, %v", made, err)
	}
	if made, err := Mkdir(base + "/a/b"); err != nil || len(made) != 0 {
		t.Errorf("made %v, %v", made, err)
	}
	if err := os.WriteFile(base+"/f", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if made, err := Mkdir(base + "/f/x"); err == nil || len(made) != 0 {
		t.Errorf("below a file: made %v, %v", made, err)
	}
}
