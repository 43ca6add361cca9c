package main

import (
	"encoding/json"
	"os"
	"strconv"

	"github.com/mndrix/tap-go"
	"github.com/opencontainers/runtime-tools/validation/util"
)

// pidFile stands in for pidfile, which kills a process that has exited.
func pidFile(t *tap.T) error {
	c, err := newContainer(func(c *container) { c.PidFile = c.path("pid") })
	if err != nil {
		return err
	}
	defer c.remove()
	if err := c.Create(); err != nil {
		return err
	}
	state, err := c.State()
	if err != nil {
		return err
	}
	equal(t, c.read("pid"), strconv.Itoa(state.Pid), "the pid file holds the pid of the state, and nothing else")
	succeeds(t, c.Start(), "start")
	succeeds(t, c.Kill("KILL"), "kill")
	succeeds(t, c.waitFor(util.LifecycleStatusStopped), "the container stops")
	succeeds(t, c.Delete(), "delete")
	return nil
}

// killSignals stands in for killsig, which may send the signal before the
// process has set its trap. runtime.md, Kill: MUST send the specified signal.
func killSignals(t *tap.T) error {
	for _, signal := range []string{"TERM", "USR1", "USR2"} {
		c, err := newContainer(func(c *container) {
			script := "trap 'touch /got; exit' " + signal + "; touch /ready; sleep 30 & wait"
			c.config.SetProcessArgs([]string{"sh", "-c", script})
		})
		if err != nil {
			return err
		}
		err = c.Create()
		if err == nil {
			err = c.Start()
		}
		if err == nil {
			err = c.waitForFile("ready")
		}
		if err == nil {
			err = c.Kill(signal)
		}
		if err == nil {
			err = c.waitForFile("got")
		}
		succeeds(t, err, "the process is sent "+signal)
		c.remove()
	}
	return nil
}

// deleteRunning stands in for the part of delete that the engines do not ask to
// be otherwise. runtime.md, Delete: without an ID, or of a container that is
// not stopped, it MUST be an error and have no effect.
func deleteRunning(t *tap.T) error {
	c, err := newContainer(func(*container) {})
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
	nameless := c.Runtime
	nameless.SetID("")
	t.Ok(nameless.Delete() != nil, "delete without an ID fails")
	t.Ok(c.Delete() != nil, "delete of a running container fails")
	state, err := c.State()
	if err != nil {
		return err
	}
	equal(t, state.Status, "running", "the container still runs")
	return nil
}

// startWithoutProcess stands in for the end of start, which wants start to
// succeed. config.md, Process: process is REQUIRED when start is called;
// runtime.md, Start: start MUST generate an error if it was not set.
func startWithoutProcess(t *tap.T) error {
	c, err := newContainer(func(c *container) { c.config.Config.Process = nil })
	if err != nil {
		return err
	}
	defer c.remove()
	err = c.Create()
	succeeds(t, err, "create succeeds without process")
	if err != nil {
		return nil
	}
	t.Ok(c.Start() != nil, "start fails without process")
	c.Kill("KILL")
	succeeds(t, c.waitFor(util.LifecycleStatusStopped), "the container stops")
	succeeds(t, c.Delete(), "delete")
	return nil
}

// properties stands in for misc_props, whose first case runs a program that is
// not in the bundle, and whose later cases then meet the first one's container.
// config.md, Extensibility, Valid values and Annotations.
func properties(t *tap.T) error {
	cases := []struct {
		what   string
		edit   func(c *container)
		extend map[string]any
		works  bool
	}{
		{"an unknown annotation is no error", func(c *container) { c.config.AddAnnotation("org.example.unknown", "") }, nil, true},
		{"an unknown property is no error", func(*container) {}, map[string]any{"unknown": "unknown"}, true},
		{"an invalid ociVersion is an error", func(c *container) { c.config.SetVersion("invalid") }, nil, false},
	}
	for _, tc := range cases {
		c, err := newContainer(func(c *container) {
			c.config.SetProcessArgs([]string{"true"})
			tc.edit(c)
		})
		if err != nil {
			return err
		}
		err = c.extendConfig(tc.extend)
		if err == nil {
			err = c.runToEnd()
		}
		if tc.works {
			succeeds(t, err, tc.what)
		} else {
			t.Ok(err != nil, tc.what)
		}
		c.remove()
	}
	return nil
}

// extendConfig adds top-level properties to config.json.
func (c *container) extendConfig(extra map[string]any) error {
	var config map[string]any
	if err := json.Unmarshal([]byte(c.read("config.json")), &config); err != nil {
		return err
	}
	for key, value := range extra {
		config[key] = value
	}
	data, err := json.Marshal(config)
	if err != nil {
		return err
	}
	return os.WriteFile(c.path("config.json"), data, 0o644)
}
