package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// The suites are compiled on the host, once for all guests.
const binDir = "bin/vm"

// perPackage bounds the tests of one package, in the time of a guest, which is
// some twenty times slower than the host.
const perPackage = "40m"

// patience is for one wait of the black-box suite.
const patience = "3m"

// perProgram bounds a program of the conformance suite likewise.
const perProgram = "10m"

// onHost are tests that compile: what they find is the same in every guest,
// and not every guest has a compiler.
const onHost = "^TestABI$"

var suites = map[string][]string{
	"unit":    {"./cgroups/...", "./libct/...", "./nsexec/...", "./specconv/..."},
	"cli":     {"./tests"},
	"user":    {"./tests"},
	"selinux": {"./tests"},
}

// only are the tests of a suite that is part of a package: while selinux runs,
// it denies what other scripts do.
var only = map[string]string{"selinux": "^TestScripts$/^selinux$"}

// asUser runs a test as the user of the systemd guest, in a unit of the user's
// own manager: beside its cgroup the user may make others.
const asUser = "runuser -u user -- env XDG_RUNTIME_DIR=/run/user/1000 " +
	"systemd-run --user --quiet --wait --pipe --collect --working-directory=$PWD --setenv=RT --setenv=RT_TESTS_PROBE --setenv=RT_TESTS_PATIENCE "

// conformance is the suite that is no go test, and a module of its own.
const conformance = "conformance"

// testScript builds a suite, and gives the script that runs it in the source
// tree at top.
func testScript(ctx context.Context, top, suite string, json bool) (string, error) {
	unlock, err := lockBuilds(top)
	if err != nil {
		return "", err
	}
	defer unlock()
	if suite == conformance {
		return conformanceScript(ctx, top, json)
	}
	patterns, ok := suites[suite]
	if !ok {
		return "", fmt.Errorf("suite %q: must be unit, cli, user, selinux, conformance or engines", suite)
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
	// A user has no Go tree, and root would have to compile for minutes.
	probe := filepath.Join(top, binDir, "probe")
	if err := build(ctx, "build", probe, "./tests/probe"); err != nil {
		return "", err
	}
	var script strings.Builder
	fmt.Fprintf(&script, "export RT=%s RT_TESTS_PROBE=%s RT_TESTS_PATIENCE=%s\nset -o pipefail\ncode=0\n", quote(runtimePath(top)), quote(probe), patience)
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
		if pattern := only[suite]; pattern != "" {
			run += " -test.run " + quote(pattern)
		}
		if suite == "user" {
			run = asUser + run
		}
		// test2json started around the tests would have them ignore SIGINT, and
		// with them what they start and end in that way.
		if json {
			run = fmt.Sprintf("%s -test.v=test2json 2>&1 | %s -t -p %s", run, quote(converter), quote(pkg))
		}
		fmt.Fprintf(&script, "(cd %s && %s) || code=1\n", quote(dir), run)
	}
	script.WriteString("exit $code\n")
	return script.String(), nil
}

// lockBuilds keeps other guests that are being prepared from building the same.
func lockBuilds(top string) (unlock func(), err error) {
	dir := filepath.Join(top, binDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %q: %w", f.Name(), err)
	}
	return func() { f.Close() }, nil
}

// conformanceScript builds the suite of tests/conformance likewise.
func conformanceScript(ctx context.Context, top string, json bool) (string, error) {
	runner := filepath.Join(top, binDir, conformance)
	cmd := exec.CommandContext(ctx, "go", "build", "-o", runner, ".")
	cmd.Dir = filepath.Join(top, "tests", conformance)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build the conformance suite: %w", err)
	}
	cache := filepath.Join(top, "bin", conformance)
	programs := exec.CommandContext(ctx, runner, "-build", "-cache", cache)
	programs.Dir, programs.Env, programs.Stderr = cmd.Dir, cmd.Env, os.Stderr
	if err := programs.Run(); err != nil {
		return "", fmt.Errorf("build the conformance suite's programs: %w", err)
	}
	return fmt.Sprintf("exec %s -built -json=%t -cache %s -deadline %s -runtime %s\n",
		quote(runner), json, quote(cache), perProgram, quote(runtimePath(top))), nil
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
// command, or with verb "test" the tests of a package. It takes the place of
// an older one at once, which a guest may be running.
func build(ctx context.Context, verb, binary, pkg string) error {
	partial := binary + ".partial"
	args := []string{verb, "-ldflags", "-extldflags '-static'", "-o", partial}
	if verb == "test" {
		args = append(args, "-c")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %q: %w", pkg, err)
	}
	return os.Rename(partial, binary)
}
