package specconv

import (
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/rogpeppe/go-internal/txtar"

	"rt/jsontext"
)

var update = flag.Bool("update", false, "write what the checks find into testdata")

// base is a valid configuration; the cases of testdata/*.txtar are merged
// into it (RFC 7396).
const base = `{
	"ociVersion": "1.3.0",
	"root": {"path": "rootfs"},
	"process": {"args": ["sh"], "cwd": "/", "user": {"uid": 0, "gid": 0}},
	"linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}]}
}`

// TestViolations runs testdata/*.txtar. Each file of an archive is a case: a
// change to a valid configuration, a line "---", and what the checks find, one
// violation or warning a line. The archive's comment is the documentation.
func TestViolations(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("find archives: %v", err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range archive.Files {
			f := &archive.Files[i]
			t.Run(filepath.Base(path)+"/"+f.Name, func(t *testing.T) {
				patch, want, _ := strings.Cut(string(f.Data), "---\n")
				got := check(t, patch)
				if *update {
					f.Data = []byte(patch + "---\n" + got)
				} else if got != want {
					t.Errorf("%s\ngot\n%swant\n%s", patch, got, want)
				}
			})
		}
		if *update {
			if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// check is what the checks find in the base configuration with a patch.
func check(t *testing.T, patch string) string {
	t.Helper()
	var doc, change any
	for text, v := range map[string]*any{base: &doc, patch: &change} {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber() // 64 bits do not fit a float
		if err := d.Decode(v); err != nil {
			t.Fatal(err)
		}
	}
	data, err := json.Marshal(merge(doc, change))
	if err != nil {
		t.Fatal(err)
	}
	spec, err := jsontext.Decode(data, readSpec)
	if err != nil {
		return err.Error() + "\n"
	}
	host := testHost
	host.CgroupV2 = !strings.Contains(patch, `"host": "cgroup v1"`)
	cfg, err := Parse(spec, "/bundle", host)
	var b strings.Builder
	var v Violations
	switch {
	case errors.As(err, &v):
		for _, x := range v {
			b.WriteString(x.Path + ": " + x.Message + "\n")
		}
	case err != nil:
		t.Fatalf("error is not Violations: %v", err)
	case len(cfg.Warnings) == 0:
		b.WriteString("ok\n")
	default:
		for _, w := range cfg.Warnings {
			b.WriteString("warning: " + w + "\n")
		}
	}
	return b.String()
}

// merge is RFC 7396.
func merge(doc, change any) any {
	c, ok := change.(map[string]any)
	if !ok {
		return change
	}
	d, _ := doc.(map[string]any)
	out := maps.Clone(d)
	if out == nil {
		out = map[string]any{}
	}
	for k, v := range c {
		if v == nil {
			delete(out, k)
		} else {
			out[k] = merge(out[k], v)
		}
	}
	return out
}

func TestViolationsOnOneLine(t *testing.T) {
	_, err := Parse(&specs.Spec{Process: &specs.Process{Cwd: "a\nb"}}, "/bundle", testHost)
	want := `invalid configuration: ociVersion: is required; root: is required; ` +
		`process.args: needs at least one entry; process.cwd: path "a\nb" is not absolute`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
