package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// floors is the order of docs/ARCHITECTURE.md, the lowest first. A package
// imports only what stands on a lower floor; on its own floor, only what is of
// the same tree. "x/..." is every package below x.
var floors = [][]string{
	{"rt/jsontext"},
	{"rt/nsexec", "rt/specconv"},
	{"rt/cgroups", "rt/cgroups/...", "rt/libct/..."},
	{"rt/libct"},
	{"rt/internal/cli"},
	{"rt"},
}

// confined are libraries that one package alone may import.
var confined = map[string]string{
	"github.com/urfave/cli/v3":             "rt/internal/cli",
	"github.com/seccomp/libseccomp-golang": "rt/libct/seccomp/compiler",
	"C":                                    "",
}

func TestImportsPointDown(t *testing.T) {
	for pkg, imports := range packages(t) {
		for _, imported := range imports {
			if problem := judge(pkg, imported); problem != "" {
				t.Errorf("%s imports %s: %s", pkg, imported, problem)
			}
		}
	}
}

// The start of a C library is paid for by every verb, so nothing of rt may need
// one even where one is to be had. Its compiler of filters does.
func TestNoC(t *testing.T) {
	for _, tt := range []struct {
		pkg  string
		want string // packages with C
	}{
		{".", ""},
		{"./libct/seccomp/compiler", "runtime/cgo github.com/seccomp/libseccomp-golang"},
	} {
		list := exec.Command("go", "list", "-deps", "-tags", "netgo,osusergo", "-f", "{{if .CgoFiles}}{{.ImportPath}}{{end}}", tt.pkg)
		list.Env = append(os.Environ(), "CGO_ENABLED=1")
		out, err := list.Output()
		if got := strings.Join(strings.Fields(string(out)), " "); err != nil || got != tt.want {
			t.Errorf("%s: packages with C %q, %v, want %q", tt.pkg, got, err, tt.want)
		}
	}
}

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		pkg, imported string
		ok            bool
	}{
		{"rt", "rt/internal/cli", true},
		{"rt/internal/cli", "rt/libct", true},
		{"rt/internal/cli", "rt/specconv", true},
		{"rt/libct", "rt/libct/inside", true},
		{"rt/libct", "os", true},
		{"rt/cgroups/v1", "rt/cgroups", true},
		{"rt/cgroups", "rt/cgroups/v2", true},
		{"rt/cgroups/v1", "rt/cgroups/devices", true},
		{"rt/libct/seccomp/compiler", "github.com/seccomp/libseccomp-golang", true},
		{"rt/libct/seccomp/compiler", "rt/libct/seccomp/profile", true},
		{"rt/libct/seccomp", "github.com/seccomp/libseccomp-golang", false},
		{"rt/libct/seccomp", "rt/nsexec", true},
		{"rt/specconv", "rt/jsontext", true},
		{"rt/jsontext", "rt/specconv", false},
		{"rt/nsexec", "rt/specconv", false},
		{"rt/specconv", "rt/libct", false},
		{"rt/libct/inside", "rt/libct", false},
		{"rt/libct/inside", "rt/cgroups", false},
		{"rt/libct/hooks", "rt/libct/inside", false},
		{"rt/libct", "github.com/urfave/cli/v3", false},
		{"rt/nsexec", "C", false},
		{"rt/util", "os", false},
		{"rt/tests", "rt/libct", false},
		{"rt/tests/bench", "os", true},
	} {
		if problem := judge(tt.pkg, tt.imported); (problem == "") != tt.ok {
			t.Errorf("%s imports %s: got %q, want ok %v", tt.pkg, tt.imported, problem, tt.ok)
		}
	}
}

// judge says what is wrong with an import, "" for nothing.
func judge(pkg, imported string) string {
	if only, ok := confined[imported]; ok && only != pkg {
		return fmt.Sprintf("this library is confined to %q", only)
	}
	ours := imported == "rt" || strings.HasPrefix(imported, "rt/")
	if strings.HasPrefix(pkg+"/", "rt/tests/") {
		if ours {
			return "black-box tests know the program, not its packages"
		}
		return ""
	}
	from := floorOf(pkg)
	if from < 0 {
		return "the importing package stands on no floor"
	}
	if !ours {
		return ""
	}
	to := floorOf(imported)
	if to < 0 || to > from || to == from && tree(pkg) != tree(imported) {
		return "imports must point down"
	}
	return ""
}

// tree names the packages that make up one part: all of cgroups, but each
// package below libct for itself.
func tree(pkg string) string {
	parts := strings.Split(pkg, "/")
	if len(parts) > 2 && parts[1] == "libct" {
		return strings.Join(parts[:3], "/")
	}
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func floorOf(pkg string) int {
	for i, floor := range floors {
		for _, p := range floor {
			if above, ok := strings.CutSuffix(p, "..."); p == pkg || ok && strings.HasPrefix(pkg, above) {
				return i
			}
		}
	}
	return -1
}

// packages lists every package of the module with what it imports itself.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-e", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	list.Env = append(os.Environ(), "CGO_ENABLED=1") // the compiler's imports, too
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	imports := make(map[string][]string)
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		imports[fields[0]] = fields[1:]
	}
	return imports
}
