package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// result is one program's run.
type result struct {
	program   string
	lack      string // what the host lacks of what the program needs: it is not run
	tap       tapResult
	super     supervision
	leftovers []string
	stdout    string
	stderr    string
	err       error // the program could not be run at all
	took      time.Duration
}

// stage is what one run of the suite stands on: the built programs, a
// directory for bundles, and the directory the output is kept in.
type stage struct {
	options
	suite  suite
	work   string
	output string
	id     *regexp.Regexp // a container ID of the suite
}

func newStage(o options, s suite) (*stage, error) {
	output := filepath.Join(o.cache, "output", filepath.Base(o.runtime))
	if err := os.RemoveAll(output); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(output, 0o755); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return nil, err
	}
	// Containers in a user namespace have to reach their bundle.
	id := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	return &stage{options: o, suite: s, work: work, output: output, id: id}, os.Chmod(work, 0o755)
}

func (s *stage) remove() { os.RemoveAll(s.work) }

// runtimeScript stands in for the runtime, which the programs call with a verb
// first: it gives each program a state directory of its own, so that what the
// program forgot can be found and deleted, and notes the calls.
const runtimeScript = `#!/bin/sh
printf '%%s\n' "$*" >>%[1]q
exec %[2]q --root %[3]q "$@"
`

func (s *stage) runProgram(ctx context.Context, program string) result {
	start := time.Now()
	r := result{program: program, lack: verdictOf(program).lack()}
	if r.lack != "" {
		return r
	}
	home := filepath.Join(s.work, strings.ReplaceAll(program, "/", "-"))
	paths := struct{ tmp, state, script, calls string }{
		filepath.Join(home, "tmp"), filepath.Join(home, "state"), filepath.Join(home, "runtime"), filepath.Join(home, "calls"),
	}
	r.err = errors.Join(
		os.MkdirAll(paths.tmp, 0o755),
		os.MkdirAll(paths.state, 0o711),
		os.WriteFile(paths.script, fmt.Appendf(nil, runtimeScript, paths.calls, s.runtime, paths.state), 0o755),
	)
	if r.err != nil {
		return r
	}
	env := append(os.Environ(), "RUNTIME="+paths.script, "TMPDIR="+paths.tmp)
	r.err = s.superviseProgram(ctx, &r, env)
	calls, err := os.ReadFile(paths.calls)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.err = errors.Join(r.err, err)
	}
	r.leftovers = append(r.leftovers, s.deleteContainers(ctx, paths.state)...)
	r.leftovers = append(r.leftovers, removeCgroups(program, s.id.FindAllString(string(calls), -1))...)
	r.err = errors.Join(r.err, s.keepOutput(r, calls), os.RemoveAll(home))
	r.took = time.Since(start)
	return r
}

// superviseProgram runs the program under a supervisor; see supervise.
func (s *stage) superviseProgram(ctx context.Context, r *result, env []string) error {
	report, reportEnd, err := os.Pipe()
	if err != nil {
		return err
	}
	defer report.Close()
	var stdout, stderr bytes.Buffer
	argv := append([]string{superviseVerb, s.deadline.String()}, s.suite.argv(r.program)...)
	cmd := exec.CommandContext(ctx, "/proc/self/exe", argv...)
	cmd.Dir, cmd.Env = s.suite.dir, env
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = &stdout, &stderr, []*os.File{reportEnd}
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Setpgid: true}
	// The supervisor keeps the deadline itself; it is told to end early, and
	// given time to clear up, only when the run is broken off.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	err = cmd.Run()
	reportEnd.Close()
	r.stdout, r.stderr = stdout.String(), stderr.String()
	r.tap = parseTAP(r.stdout)
	data, readErr := io.ReadAll(report)
	if err = errors.Join(err, readErr); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &r.super); err != nil {
		return fmt.Errorf("read supervisor's report: %w", err)
	}
	for _, p := range r.super.Processes {
		r.leftovers = append(r.leftovers, "process "+p)
	}
	for _, m := range outermost(r.super.Mounts) {
		r.leftovers = append(r.leftovers, "mount "+strings.TrimPrefix(m, s.work))
	}
	return nil
}

// deleteContainers deletes the containers whose state is still there, also
// when the run is broken off.
func (s *stage) deleteContainers(ctx context.Context, state string) []string {
	entries, err := os.ReadDir(state)
	if err != nil {
		return []string{err.Error()}
	}
	var left []string
	for _, e := range entries {
		if !s.id.MatchString(e.Name()) {
			continue
		}
		left = append(left, "container")
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		out, err := exec.CommandContext(ctx, s.runtime, "--root", state, "delete", "--force", e.Name()).CombinedOutput()
		cancel()
		if err != nil {
			left = append(left, fmt.Sprintf("container that delete --force does not remove: %s", bytes.TrimSpace(out)))
		}
	}
	return left
}

func (s *stage) keepOutput(r result, calls []byte) error {
	base := filepath.Join(s.output, strings.ReplaceAll(r.program, "/", "-"))
	return errors.Join(
		os.WriteFile(base+".tap", []byte(r.stdout), 0o644),
		os.WriteFile(base+".stderr", []byte(r.stderr), 0o644),
		os.WriteFile(base+".calls", calls, 0o644),
	)
}
