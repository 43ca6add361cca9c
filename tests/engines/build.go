package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
)

// build is what Debian does not have, or not in this version: programs made
// from a module that the Go module proxy serves.
type build struct {
	module  string
	version string
	// packages are the programs, below the module; "." is the module itself.
	packages []string
	// tags are for what needs C; without any, cgo is off.
	tags string
}

var (
	containerd2 = build{module: "github.com/containerd/containerd/v2", version: "v2.4.2",
		packages: []string{"cmd/containerd", "cmd/containerd-shim-runc-v2", "cmd/ctr"}}
	runcNewest = build{module: "github.com/opencontainers/runc", version: "v1.5.2",
		packages: []string{"."}, tags: "seccomp"}
)

// dir is where the programs of this version stay, in the cache.
func (b *build) dir(cache string) string {
	return filepath.Join(cache, filepath.FromSlash(b.module)+"@"+b.version)
}

func (b *build) made(cache string) bool {
	_, err := os.Stat(b.dir(cache))
	return err == nil
}

// make builds the programs, unless they are there. They come to their place
// all at once, so that another run sees all of them or none.
func (b *build) make(ctx context.Context, cache string) error {
	if b.made(cache) {
		return nil
	}
	place := b.dir(cache)
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}
	staging, err := os.MkdirTemp(filepath.Dir(place), "build")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staging)
	cgo := "CGO_ENABLED=0"
	if b.tags != "" {
		cgo = "CGO_ENABLED=1"
	}
	args := []string{"install", "-trimpath", "-ldflags", "-s -w", "-tags", b.tags}
	for _, p := range b.packages {
		args = append(args, path.Join(b.module, p)+"@"+b.version)
	}
	fmt.Fprintf(os.Stderr, "engines: build %s %s\n", b.module, b.version)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = staging
	cmd.Env = append(os.Environ(), "GOBIN="+staging, "GOFLAGS=", cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", b.module, err, out)
	}
	if err := os.Chmod(staging, 0o755); err != nil {
		return err
	}
	if err := os.Rename(staging, place); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// buildClients makes what drives an engine, from modules of this tree. Without
// success the engine is skipped later.
func buildClients(ctx context.Context, names []string, dir string) {
	done := map[string]bool{"": true}
	for _, name := range names {
		e := findEngine(name)
		if e == nil || done[e.client] {
			continue
		}
		done[e.client] = true
		cmd := exec.CommandContext(ctx, "go", "build", "-C", e.client, "-o", filepath.Join(dir, "bin")+"/", ".")
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "engines: build %s: %v\n%s", e.client, err, out)
		}
	}
}
