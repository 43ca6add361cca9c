package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// engines is the suite of tests/engines, with the flags in $ENGINEFLAGS.
const engines = "engines"

// perCommand bounds a command of a case; it is a minute and a half on the host.
const perCommand = "10m"

// enginesScript builds the program and, in cache, all that it would build, and
// gives the script that runs it. In a guest with systemd, systemd makes the
// cgroups.
func enginesScript(ctx context.Context, top, cache, kind, series string) (string, error) {
	runner := filepath.Join(top, binDir, engines)
	if err := build(ctx, "build", runner, "./tests/engines"); err != nil {
		return "", err
	}
	flags := os.Getenv("ENGINEFLAGS")
	prepare := exec.CommandContext(ctx, "bash", "-c", quote(runner)+" -build -cache "+quote(cache)+" "+flags)
	prepare.Stderr = os.Stderr
	if err := prepare.Run(); err != nil {
		return "", fmt.Errorf("build the engines: %w", err)
	}
	words := []string{"exec", quote(runner), "-built", "-cache", quote(cache), "-deadline", perCommand,
		"-guest", kind + "-" + series, "-runtime", quote(runtimePath(top))}
	if kind == "systemd" {
		words = append(words, "-systemd")
	}
	return strings.Join(append(words, flags), " ") + "\n", nil
}
