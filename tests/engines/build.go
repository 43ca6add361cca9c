package main

import (
	"context"
	"encoding/json"
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
	// requirements are the files that serve as go.mod and go.sum in a module
	// that has none of its own.
	requirements [2]string
	// c are directories with the source of a program in C, by its name.
	c map[string]string
}

var (
	containerd2 = build{module: "github.com/containerd/containerd/v2", version: "v2.4.2",
		packages: []string{"cmd/containerd", "cmd/containerd-shim-runc-v2", "cmd/ctr"}}
	runcNewest = build{module: "github.com/opencontainers/runc", version: "v1.5.2",
		packages: []string{"."}, tags: "seccomp"}
	moby2 = build{module: "github.com/moby/moby/v2", version: "v2.0.0-beta.24",
		packages: []string{"cmd/dockerd", "cmd/docker-proxy"}}
	// crio leaves out what needs libraries in C, but for seccomp.
	crio = build{module: "github.com/cri-o/cri-o", version: "v1.34.0",
		packages: []string{"cmd/crio"}, c: map[string]string{"pinns": "pinns/src"},
		tags: "seccomp,containers_image_openpgp,containers_image_ostree_stub,exclude_graphdriver_btrfs"}
	dockerClient = build{module: "github.com/docker/cli", version: "v29.9.1+incompatible",
		packages: []string{"cmd/docker"}, requirements: [2]string{"vendor.mod", "vendor.sum"}}
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
	fmt.Fprintf(os.Stderr, "engines: build %s %s\n", b.module, b.version)
	if b.requirements[0] == "" && b.c == nil {
		err = b.install(ctx, staging)
	} else {
		err = b.buildSource(ctx, staging)
	}
	if err != nil {
		return fmt.Errorf("build %s: %w", b.module, err)
	}
	if err := os.Chmod(staging, 0o755); err != nil {
		return err
	}
	if err := os.Rename(staging, place); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// flags are those of go install and go build alike.
func (b *build) flags() []string { return []string{"-trimpath", "-ldflags", "-s -w", "-tags", b.tags} }

// install builds the programs into dir.
func (b *build) install(ctx context.Context, dir string) error {
	args := append([]string{"install"}, b.flags()...)
	for _, p := range b.packages {
		args = append(args, path.Join(b.module, p)+"@"+b.version)
	}
	_, err := b.run(ctx, dir, dir, args...)
	return err
}

// buildSource builds the programs into dir, from a copy of the module's source
// with its requirements in their usual place.
func (b *build) buildSource(ctx context.Context, dir string) error {
	out, err := b.run(ctx, dir, dir, "mod", "download", "-json", b.module+"@"+b.version)
	if err != nil {
		return err
	}
	var download struct{ Dir string }
	if err := json.Unmarshal(out, &download); err != nil {
		return fmt.Errorf("go mod download: %w", err)
	}
	source, err := os.MkdirTemp("", "source")
	if err != nil {
		return err
	}
	defer os.RemoveAll(source)
	if err := os.CopyFS(source, os.DirFS(download.Dir)); err != nil {
		return err
	}
	for i, name := range []string{"go.mod", "go.sum"} {
		if b.requirements[i] == "" {
			continue
		}
		if err := os.Rename(filepath.Join(source, b.requirements[i]), filepath.Join(source, name)); err != nil {
			return err
		}
	}
	args := append([]string{"build", "-mod=readonly", "-o", dir + "/"}, b.flags()...)
	for _, p := range b.packages {
		args = append(args, "./"+p)
	}
	if _, err := b.run(ctx, dir, source, args...); err != nil {
		return err
	}
	for name, sub := range b.c {
		files, err := filepath.Glob(filepath.Join(source, sub, "*.c"))
		if err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, "cc", append([]string{"-O2", "-o", filepath.Join(dir, name)}, files...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("cc %s: %w\n%s", name, err, out)
		}
	}
	return nil
}

// run runs go in a directory, and returns what it printed. Programs that it
// installs go to bin.
func (b *build) run(ctx context.Context, bin, dir string, args ...string) ([]byte, error) {
	cgo := "CGO_ENABLED=0"
	if b.tags != "" {
		cgo = "CGO_ENABLED=1"
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOBIN="+bin, "GOFLAGS=", cgo)
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	return out, err
}

// clients is where the programs that drive engines are: beside this one.
func clients() string {
	path, err := os.Executable()
	if err != nil {
		return "."
	}
	return filepath.Dir(path)
}

// buildClients makes what drives an engine, from modules of this tree. Without
// success the engine is skipped later.
func buildClients(ctx context.Context, names []string) {
	done := map[string]bool{"": true}
	for _, name := range names {
		e := findEngine(name)
		if e == nil || done[e.client] {
			continue
		}
		done[e.client] = true
		cmd := exec.CommandContext(ctx, "go", "build", "-C", e.client, "-o", clients()+"/", ".")
		if out, err := cmd.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "engines: build %s: %v\n%s", e.client, err, out)
		}
	}
}
