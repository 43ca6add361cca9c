package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mndrix/tap-go"
	"github.com/opencontainers/runtime-tools/generate"
	"github.com/opencontainers/runtime-tools/validation/util"
	"github.com/satori/go.uuid"
)

const patience = time.Minute

// container is a bundle made from the suite's root filesystem and default
// configuration, and the runtime's verbs on it.
type container struct {
	util.Runtime
	config *generate.Generator
}

// newContainer makes a bundle whose process sleeps; edit may change the
// configuration. remove must be called when it is no longer needed.
func newContainer(edit func(c *container)) (*container, error) {
	bundle, err := util.PrepareBundle()
	if err != nil {
		return nil, err
	}
	r, err := util.NewRuntime(util.RuntimeCommand, bundle)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(bundle))
	}
	r.SetID(uuid.NewV4().String())
	config, err := defaultConfig()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(bundle))
	}
	config.SetProcessArgs([]string{"sleep", "30"})
	c := &container{Runtime: r, config: config}
	edit(c)
	if err := c.SetConfig(config); err != nil {
		return nil, errors.Join(err, os.RemoveAll(bundle))
	}
	return c, nil
}

// defaultConfig is the suite's, without its seccomp profile: that one dates from
// 2018 and makes newer system calls fail, which is no matter of these checks.
func defaultConfig() (*generate.Generator, error) {
	g, err := util.GetDefaultGenerator()
	if err != nil {
		return nil, err
	}
	g.Config.Linux.Seccomp = nil
	return g, nil
}

func (c *container) remove() { c.Clean(true, true) }

// path is a file of the bundle as the host sees it; the bundle is the root
// filesystem too.
func (c *container) path(name string) string { return filepath.Join(c.BundleDir, name) }

func (c *container) read(name string) string {
	data, err := os.ReadFile(c.path(name))
	if err != nil {
		return ""
	}
	return string(data)
}

// waitFor waits until the container has the status; the suite's helper polls,
// for the OCI command line offers nothing to wait on.
func (c *container) waitFor(status util.LifecycleStatus) error {
	return util.WaitingForStatus(c.Runtime, status, patience, 20*time.Millisecond)
}

// waitForFile waits until a file of the bundle has been made by the process.
func (c *container) waitForFile(name string) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(c.path(name)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("wait for %q: it was not made within %v", name, patience)
}

// runToEnd creates and starts the container, and waits for it to stop.
func (c *container) runToEnd() error {
	if err := c.Create(); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return c.waitFor(util.LifecycleStatusStopped)
}

func equal[T comparable](t *tap.T, got, want T, what string) {
	t.Ok(got == want, what)
	if got != want {
		t.YAML(map[string]T{"expected": want, "actual": got})
	}
}

// describe adds what the runtime printed to the error of a failed call.
func describe(err error) string {
	text := err.Error()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(exit.Stderr) > 0 {
		text += ": " + string(exit.Stderr)
	}
	return strings.Join(strings.Fields(text), " ")
}

// succeeds asserts that err is nil, and shows it if it is not.
func succeeds(t *tap.T, err error, what string) {
	if err != nil {
		what += ": " + describe(err)
	}
	t.Ok(err == nil, what)
}
