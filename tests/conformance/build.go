package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	suiteModule = "github.com/opencontainers/runtime-tools"
	checksName  = "checks"
	insideName  = "runtimetest"
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
func buildSuite(ctx context.Context, cache string) (suite, error) {
	s := suite{dir: filepath.Join(cache, "programs")}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return s, err
	}
	if _, err := goCommand(ctx, "build", "-o", s.dir+"/", "tool", "./"+checksName); err != nil {
		return s, err
	}
	tools, err := goCommand(ctx, "list", "tool")
	if err != nil {
		return s, err
	}
	for _, pkg := range strings.Fields(tools) {
		if name := path.Base(pkg); name != insideName {
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
	return s, copyRootfs(ctx, s.dir)
}

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
	name := "rootfs-" + runtime.GOARCH + ".tar.gz"
	data, err := os.ReadFile(filepath.Join(module.Dir, name))
	if err != nil {
		return fmt.Errorf("read the suite's root filesystem: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, name), data, 0o644)
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
