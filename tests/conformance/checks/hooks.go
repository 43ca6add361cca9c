package main

import (
	"encoding/json"
	"fmt"

	"github.com/mndrix/tap-go"
	rspec "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/runtime-tools/validation/util"
)

// shell is a hook that runs a script; hooks of these kinds run in the runtime
// namespace, so both the shell and the files are the host's.
func (c *container) shell(script string) rspec.Hook {
	return rspec.Hook{Path: c.path("bin/sh"), Args: []string{"sh", "-c", script}}
}

// note is a hook that appends a word to the file "notes" of the bundle.
func (c *container) note(word string) rspec.Hook {
	return c.shell(fmt.Sprintf("echo %s >> %s", word, c.path("notes")))
}

// hooksOrder stands in for hooks, which compares with a text its own hooks do
// not write. config.md, POSIX-platform Hooks: hooks MUST be called in the
// listed order.
func hooksOrder(t *tap.T) error {
	c, err := newContainer(func(c *container) {
		c.config.SetProcessArgs([]string{"true"})
		for _, n := range []string{"1", "2"} {
			c.config.AddPreStartHook(c.note("prestart" + n))
			c.config.AddPostStartHook(c.note("poststart" + n))
			c.config.AddPostStopHook(c.note("poststop" + n))
		}
	})
	if err != nil {
		return err
	}
	defer c.remove()
	if err := c.runToEnd(); err != nil {
		return err
	}
	if err := c.Delete(); err != nil {
		return err
	}
	equal(t, c.read("notes"), "prestart1\nprestart2\npoststart1\npoststart2\npoststop1\npoststop2\n", "hooks are called in the listed order")
	return nil
}

// prestartTiming stands in for prestart, which wants the hooks called by
// start. config.md, Prestart: they MUST be called as part of create.
func prestartTiming(t *tap.T) error {
	c, err := newContainer(func(c *container) {
		c.config.AddPreStartHook(c.note("prestart"))
		c.config.SetProcessArgs([]string{"sh", "-c", "echo process >> /notes"})
	})
	if err != nil {
		return err
	}
	defer c.remove()
	if err := c.Create(); err != nil {
		return err
	}
	equal(t, c.read("notes"), "prestart\n", "after create, the prestart hook has run and the process has not")
	if err := c.Start(); err != nil {
		return err
	}
	if err := c.waitFor(util.LifecycleStatusStopped); err != nil {
		return err
	}
	equal(t, c.read("notes"), "prestart\nprocess\n", "after start, the process has run and the prestart hook has not run again")
	return nil
}

// poststartTiming stands in for poststart, which compares the order in which
// the hook and the process, running at once, write to a file. config.md,
// Poststart: they MUST be called after the process is executed but before start
// returns; so the hook notes what the process of the state it is given runs.
func poststartTiming(t *tap.T) error {
	const noteProgram = `pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p'); tr '\0' ' ' < /proc/$pid/cmdline > %s`
	c, err := newContainer(func(c *container) {
		c.config.AddPostStartHook(c.shell(fmt.Sprintf(noteProgram, c.path("notes"))))
	})
	if err != nil {
		return err
	}
	defer c.remove()
	if err := c.Create(); err != nil {
		return err
	}
	equal(t, c.read("notes"), "", "after create, the poststart hook has not run")
	if err := c.Start(); err != nil {
		return err
	}
	equal(t, c.read("notes"), "sleep 30 ", "when start returns, the poststart hook has run, and saw the process executed")
	return nil
}

// poststartFailure stands in for poststart_fail, which wants a warning.
// runtime.md, Lifecycle, step 9: the runtime MUST generate an error, stop the
// container, and continue at step 12, which destroys it and runs poststop.
func poststartFailure(t *tap.T) error {
	c, err := newContainer(func(c *container) {
		c.config.AddPostStartHook(c.shell("exit 1"))
		c.config.AddPostStopHook(c.note("poststop"))
	})
	if err != nil {
		return err
	}
	defer c.remove()
	if err := c.Create(); err != nil {
		return err
	}
	t.Ok(c.Start() != nil, "start fails when a poststart hook fails")
	_, err = c.State()
	t.Ok(err != nil, "the container is destroyed when a poststart hook fails")
	equal(t, c.read("notes"), "poststop\n", "the poststop hook is called when a poststart hook fails")
	return nil
}

// hooksState stands in for hooks_stdin, which compares the pid with one it
// reads after the process may have exited. config.md, POSIX-platform Hooks:
// the state MUST be passed over stdin; runtime.md, State: its values.
func hooksState(t *tap.T) error {
	stages := []struct{ name, status string }{{"prestart", "created"}, {"poststart", "running"}, {"poststop", "stopped"}}
	key, value := "org.example.conformance", "hooks"
	c, err := newContainer(func(c *container) {
		save := func(name string) rspec.Hook { return c.shell("cat > " + c.path(name)) }
		c.config.AddPreStartHook(save(stages[0].name))
		c.config.AddPostStartHook(save(stages[1].name))
		c.config.AddPostStopHook(save(stages[2].name))
		c.config.AddAnnotation(key, value)
	})
	if err != nil {
		return err
	}
	defer c.remove()
	if err := c.Create(); err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	running, err := c.State()
	if err != nil {
		return err
	}
	c.Kill("KILL")
	if err := c.waitFor(util.LifecycleStatusStopped); err != nil {
		return err
	}
	if err := c.Delete(); err != nil {
		return err
	}
	for _, stage := range stages {
		var state rspec.State
		if err := json.Unmarshal([]byte(c.read(stage.name)), &state); err != nil {
			return fmt.Errorf("read state given to %s hook: %w", stage.name, err)
		}
		equal(t, state.ID, c.ID, stage.name+" hook is given the ID")
		equal(t, state.Bundle, c.BundleDir, stage.name+" hook is given the bundle")
		equal(t, state.Annotations[key], value, stage.name+" hook is given the annotations")
		equal(t, state.Status, stage.status, stage.name+" hook is given the status")
		if stage.status != "stopped" {
			equal(t, state.Pid, running.Pid, stage.name+" hook is given the pid")
		}
	}
	return nil
}
