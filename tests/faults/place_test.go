package faults

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// place is where one container after another is made: a bundle, a state root
// and files for standard streams of its own, so that several places can be
// used at once.
type place struct {
	t                  *testing.T
	dir, bundle, state string
	spec               *specs.Spec
	name               string
	made               int
	kept               string // the container that exec enters
	faults             int    // found so far
}

func newPlace(t *testing.T, name string, spec *specs.Spec) *place {
	t.Helper()
	name = fmt.Sprintf("rtf%d-%s", os.Getpid(), name)
	p := &place{t: t, name: name, dir: filepath.Join(machine.dir, name), spec: spec}
	p.bundle, p.state = filepath.Join(p.dir, "bundle"), filepath.Join(p.dir, "state")
	makeBundle(t, p.bundle, spec)
	t.Cleanup(func() {
		if t.Failed() { // a test that gave up has left its containers
			p.sweep(p.name)
		}
	})
	return p
}

// fault reports what has gone wrong.
func (p *place) fault(format string, args ...any) {
	p.t.Helper()
	p.faults++
	p.t.Errorf(format, args...)
}

// next gives the id of the next container, and has the bundle name cgroups of
// its own for it, two levels deep.
func (p *place) next() string {
	p.made++
	id := fmt.Sprintf("%s.%d", p.name, p.made)
	p.spec.Linux.CgroupsPath = "/" + id + "/inner"
	writeSpec(p.t, p.bundle, p.spec)
	return id
}

func (p *place) pidFile() string { return filepath.Join(p.dir, "pid") }

// result is what a finished rt has left.
type result struct {
	err    error
	stderr string
}

// killed tells whether rt ended by SIGKILL.
func (r result) killed() bool {
	var e *exec.ExitError
	return errors.As(r.err, &e) && e.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
}

func (r result) String() string { return fmt.Sprintf("%v, %q", r.err, r.stderr) }

// command is an rt that has its streams in the place's directory.
func (p *place) command(program string, env []string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, append([]string{"--root", p.state}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	for _, name := range []string{"out", "err"} {
		f, err := os.OpenFile(filepath.Join(p.dir, name), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { f.Close() })
		if name == "out" {
			cmd.Stdin, cmd.Stdout = f, f
		} else {
			cmd.Stderr = f
		}
	}
	return cmd
}

// do runs an rt to its end.
func (p *place) do(program string, env []string, args ...string) result {
	cmd := p.command(program, env, args...)
	defer closeStreams(cmd)
	err := cmd.Run()
	text, _ := os.ReadFile(filepath.Join(p.dir, "err"))
	return result{err, string(bytes.TrimSpace(text))}
}

func closeStreams(cmd *exec.Cmd) {
	cmd.Stdout.(*os.File).Close()
	cmd.Stderr.(*os.File).Close()
}

func (p *place) rt(args ...string) result { return p.do(machine.rt, nil, args...) }

func (p *place) create(id string) []string {
	return []string{"create", "--bundle", p.bundle, "--pid-file", p.pidFile(), id}
}

// gone reports what is left of a container, and takes it away.
func (p *place) gone(id, after string) {
	p.t.Helper()
	if left := p.leftovers(id); len(left) > 0 {
		p.fault("%s: left:\n\t%s", after, strings.Join(left, "\n\t"))
		p.sweep(id)
	}
}

// forced deletes a container in whatever state, after which nothing is left of
// it.
func (p *place) forced(id, after string) {
	p.t.Helper()
	if r := p.rt("delete", "--force", id); r.err != nil {
		p.fault("%s: delete --force: %v", after, r)
	}
	os.Remove(p.pidFile())
	p.gone(id, after+", delete --force")
}

// side runs n functions at once, each with its number.
func side(n int, do func(worker int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { do(i) })
	}
	group.Wait()
}
