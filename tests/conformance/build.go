package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	suiteModule = "github.com/opencontainers/runtime-tools"
	checksName  = "checks"
	insideName  = "runtimetest"
	rootfsName  = "rootfs-" + runtime.GOARCH + ".tar.gz"
)

// suite is the built programs; dir also holds what they expect to find in
// their working directory: runtimetest and the tarball of the root filesystem.
type suite struct {
	dir      string
	programs []string
}

// buildSuite builds every program named by a tool line of go.mod, and the
// checks of this module, into cache/programs. The go command's own cache makes
// the second call cheap.
func buildSuite(ctx context.Context, cache string) error {
	dir := programDir(cache)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if _, err := goCommand(ctx, "build", "-ldflags=-s -w", "-o", dir+"/", "tool", "./"+checksName); err != nil {
		return err
	}
	return copyRootfs(ctx, dir)
}

// openSuite finds what buildSuite has built.
func openSuite(ctx context.Context, cache string) (suite, error) {
	s := suite{dir: programDir(cache)}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return s, fmt.Errorf("find the programs: %w", err)
	}
	for _, e := range entries {
		if name := e.Name(); name != insideName && name != checksName && name != rootfsName {
			s.programs = append(s.programs, name)
		}
	}
	checks, err := exec.CommandContext(ctx, filepath.Join(s.dir, checksName)).Output()
	if err != nil {
		return s, fmt.Errorf("list checks: %w", err)
	}
	for _, name := range strings.Fields(string(checks)) {
		s.programs = append(s.programs, checksName+"/"+name)
	}
	slices.Sort(s.programs)
	return s, nil
}

func programDir(cache string) string { return filepath.Join(cache, "programs") }

// argv is the command line of a program.
func (s suite) argv(program string) []string {
	if dir, name, ok := strings.Cut(program, "/"); ok {
		return []string{filepath.Join(s.dir, dir), name}
	}
	return []string{filepath.Join(s.dir, program)}
}

func copyRootfs(ctx context.Context, dir string) error {
	out, err := goCommand(ctx, "list", "-m", "-json", suiteModule)
	if err != nil {
		return err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal([]byte(out), &module); err != nil {
		return fmt.Errorf("read %s: %w", suiteModule, err)
	}
	data, err := os.ReadFile(filepath.Join(module.Dir, rootfsName))
	if err != nil {
		return fmt.Errorf("read the suite's root filesystem: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, rootfsName), data, 0o644)
}

func goCommand(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", args[0], err)
	}
	return string(out), nil
}
