package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The suites are compiled on the host, once for all guests.
const binDir = "bin/vm"

// perPackage bounds the tests of one package, in the time of a guest, which is
// some twenty times slower than the host.
const perPackage = "20m"

// onHost are tests that compile: what they find is the same in every guest,
// and not every guest has a compiler.
const onHost = "^TestABI$"

var suites = map[string][]string{
	"unit": {"./cgroups/...", "./libct/...", "./nsexec/...", "./specconv/..."},
	"cli":  {"./tests"},
}

// testScript builds a suite, and gives the script that runs it in the source
// tree at top.
func testScript(ctx context.Context, top, suite string, json bool) (string, error) {
	patterns, ok := suites[suite]
	if !ok {
		return "", fmt.Errorf("suite %q: must be unit or cli", suite)
	}
	list := exec.CommandContext(ctx, "go", append([]string{"list", "-f",
		"{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}"}, patterns...)...)
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("list the packages of %q: %w", suite, err)
	}
	converter := filepath.Join(top, binDir, "test2json")
	if err := build(ctx, "build", converter, "cmd/test2json"); err != nil {
		return "", err
	}
	var script strings.Builder
	fmt.Fprintf(&script, "export RT=%s\ncode=0\n", quote(runtimePath(top)))
	for line := range strings.Lines(string(out)) {
		pkg, dir, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		binary := filepath.Join(top, binDir, strings.ReplaceAll(pkg, "/", "_")+".test")
		if err := build(ctx, "test", binary, pkg); err != nil {
			return "", err
		}
		run := quote(binary) + " -test.timeout " + perPackage + " -test.skip " + quote(onHost)
		if json {
			run = fmt.Sprintf("%s -t -p %s %s -test.v=test2json", quote(converter), quote(pkg), run)
		}
		fmt.Fprintf(&script, "(cd %s && %s) || code=1\n", quote(dir), run)
	}
	script.WriteString("exit $code\n")
	return script.String(), nil
}

// runtimePath is $RT, as for the suite on the host, or the runtime that make
// builds.
func runtimePath(top string) string {
	if path := os.Getenv("RT"); path != "" {
		return path
	}
	return filepath.Join(top, "rt")
}

// build makes a binary that runs in any guest, whatever libraries it has: a
// command, or with verb "test" the tests of a package.
func build(ctx context.Context, verb, binary, pkg string) error {
	args := []string{verb, "-ldflags", "-extldflags '-static'", "-o", binary}
	if verb == "test" {
		args = append(args, "-c")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %q: %w", pkg, err)
	}
	return nil
}
