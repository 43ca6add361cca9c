package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// workers is how many containers are tortured at once.
const workers = 4

// call is one call inside, as RT_FAULT_LIST tells it.
type call struct {
	number         int
	step, name     string
	armed, lenient bool
}

func (c call) String() string { return fmt.Sprintf("call %d (%s: %s)", c.number, c.step, c.name) }

// faults are the ways in which a call can go wrong.
var faults = [...]string{"RT_FAULT_AT", "RT_KILL_AT", "RT_DIE_AT"}

// shapes are the containers that are tried.
var shapes = [...]struct {
	name string
	spec func(t *testing.T, args ...string) *specs.Spec
	nth  int // how many of its calls are tried
}{
	{"full", fullSpec, 1},
	{"user", userSpec, 2},
}

// Every call of create and start fails, is the last that create or start sees,
// and is the last of the executor.
func TestCreateAndStart(t *testing.T) {
	t.Parallel()
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			every(t, "c-"+s.name, s.spec(t, "sleep", "1000"), s.nth, (*place).list, (*place).tryCreate)
		})
	}
}

// The same for run, which does the same calls: a part of them will do.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			every(t, "r-"+s.name, s.spec(t, "true"), 4*s.nth, (*place).listRun, (*place).tryRun)
		})
	}
}

// The same for exec, which must leave the container as it was.
func TestExec(t *testing.T) {
	t.Parallel()
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			every(t, "e-"+s.name, s.spec(t, "sleep", "1000"), s.nth, (*place).listExec, (*place).tryExec)
		})
	}
}

// every tries all faults at all calls that list finds, or at each nth, with
// several places at work.
func every(t *testing.T, name string, spec *specs.Spec, nth int, list func(*place) []call, try func(*place, string, call)) {
	t.Helper()
	places := make([]*place, workers)
	for i := range places {
		s := *spec
		linux := *spec.Linux
		s.Linux = &linux
		places[i] = newPlace(t, name+strconv.Itoa(i), &s)
		defer places[i].end()
	}
	list(places[0]) // mount points are made, once
	calls := list(places[0])
	if len(calls) < 50 {
		t.Fatalf("%d calls: the list is not what it should be", len(calls))
	}
	t.Logf("%d calls", len(calls))
	side(workers, func(worker int) {
		p := places[worker]
		list(p)
		for i := worker * nth; i < len(calls) && !p.spoilt(); i += workers * nth {
			for _, fault := range faults {
				try(p, fault, calls[i])
			}
		}
	})
}

// spoilt tells whether enough has gone wrong to stop.
func (p *place) spoilt() bool { return p.faults > 4 }

// end takes away the container that is kept for exec.
func (p *place) end() {
	if p.kept != "" {
		p.forced(p.kept, "at the end")
	}
}

// listed runs rt and reads which calls it has made.
func (p *place) listed(args ...string) []call {
	p.t.Helper()
	file := filepath.Join(p.dir, "calls")
	os.Remove(file)
	if r := p.do(machine.faulty, []string{"RT_FAULT_LIST=" + file}, args...); r.err != nil {
		p.t.Fatalf("%v without faults: %v", args, r)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	var calls []call
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		c := call{number: len(calls) + 1, step: f[0], name: f[1]}
		if len(f) > 2 {
			c.armed, c.lenient = strings.Contains(f[2], "armed"), strings.Contains(f[2], "lenient")
		}
		calls = append(calls, c)
	}
	return calls
}

func (p *place) list() []call {
	id := p.next()
	calls := p.listed(p.create(id)...)
	p.forced(id, "create")
	return calls
}

func (p *place) listRun() []call {
	id := p.next()
	calls := p.listed("run", "--bundle", p.bundle, id)
	p.gone(id, "run")
	return calls
}

// named checks that an error is there and says what went wrong. Some calls are
// named otherwise: what is lenient is told by the host, in words of its own,
// and execve in words that engines look for; a wait that is replaced leaves its
// child running, which then is where the executor seems to be; and a hook that
// ends is no end of the executor.
func (p *place) named(r result, fault string, c call) {
	p.t.Helper()
	what := []string{c.name}
	switch {
	case c.lenient || c.name == "wait":
		what = []string{""}
	case fault == "RT_DIE_AT":
		what = []string{"the executor ended", "hooks.startContainer[0]: run hook"}
	case c.name == "execve":
		what = append(what, "exec: ")
	}
	said := slices.ContainsFunc(what, func(w string) bool { return strings.Contains(r.stderr, w) })
	if r.err == nil || !said {
		p.fault("%s at %v: %v: want an error that names one of %q", fault, c, r, what)
	}
}

func (p *place) tryCreate(fault string, c call) {
	id, after := p.next(), fmt.Sprintf("create, %s at %v", fault, c)
	r := p.do(machine.faulty, []string{fault + "=" + strconv.Itoa(c.number)}, p.create(id)...)
	switch {
	case c.armed:
		if r.err != nil {
			p.fault("%s: %v", after, r)
		}
		p.tryStart(id, fault, c)
	case fault == "RT_KILL_AT":
		if !r.killed() {
			p.fault("%s: not killed but %v", after, r)
		}
	case c.name == "await_start" && r.err == nil: // the container has ended at once
	case c.lenient && fault == "RT_FAULT_AT" && r.err == nil:
		if r := p.rt("start", id); r.err != nil {
			p.fault("%s: start: %v", after, r)
		}
	default:
		p.named(r, fault, c)
		p.gone(id, after)
		return
	}
	p.forced(id, after)
}

// tryStart starts a container whose last batch has a fault.
func (p *place) tryStart(id, fault string, c call) {
	if fault == "RT_KILL_AT" {
		cmd := p.command(machine.faulty, nil, "start", id)
		defer closeStreams(cmd)
		if err := cmd.Start(); err != nil {
			p.t.Error(err)
			return
		}
		if !eventually(func() bool { return p.hangs() }) {
			p.fault("start: the executor does not hang at %v", c)
		}
		cmd.Process.Kill()
		cmd.Wait()
		return
	}
	r := p.rt("start", id)
	if fault == "RT_DIE_AT" && c.name == "execve" {
		return // not to be told from a program that ends at once
	}
	p.named(r, fault, c)
}

// hangs tells whether the container's init is in the call that stands in for
// the faulty one.
func (p *place) hangs() bool {
	pid, err := os.ReadFile(p.pidFile())
	if err != nil {
		return false
	}
	where, _ := os.ReadFile("/proc/" + string(pid) + "/syscall")
	return strings.HasPrefix(string(where), strconv.Itoa(syscall.SYS_PPOLL)+" ")
}

func (p *place) tryRun(fault string, c call) {
	id, after := p.next(), fmt.Sprintf("run, %s at %v", fault, c)
	r := p.do(machine.faulty, []string{fault + "=" + strconv.Itoa(c.number)}, "run", "--bundle", p.bundle, id)
	switch {
	case fault == "RT_KILL_AT":
		if !r.killed() {
			p.fault("%s: not killed but %v", after, r)
		}
		p.forced(id, after)
		return
	case fault == "RT_FAULT_AT" && c.lenient && r.err == nil:
	case fault == "RT_DIE_AT" && c.name == "execve" && c.step == "run":
		// Not to be told from a program that is killed at once.
	default:
		p.named(r, fault, c)
	}
	p.gone(id, after)
}

// keep gives a running container.
func (p *place) keep() string {
	if p.kept == "" {
		p.kept = p.next()
		for _, args := range [][]string{p.create(p.kept), {"start", p.kept}} {
			if r := p.rt(args...); r.err != nil {
				p.t.Fatalf("%v: %v", args, r)
			}
		}
	}
	return p.kept
}

func (p *place) listExec() []call {
	calls := p.listed("exec", p.keep(), "true")
	return calls
}

func (p *place) tryExec(fault string, c call) {
	id, after := p.keep(), fmt.Sprintf("exec, %s at %v", fault, c)
	r := p.do(machine.faulty, []string{fault + "=" + strconv.Itoa(c.number)}, "exec", id, "true")
	switch {
	case fault == "RT_KILL_AT":
		if !r.killed() {
			p.fault("%s: not killed but %v", after, r)
		}
	case fault == "RT_FAULT_AT" && c.lenient && r.err == nil:
	case fault == "RT_DIE_AT" && c.name == "execve":
		// Not to be told from a program that is killed at once.
	default:
		p.named(r, fault, c)
	}
	var left []string
	if !eventually(func() bool { left = p.processesIn(id); return len(left) == 1 }) {
		p.fault("%s: processes of the container: %q, want its init alone", after, left)
	}
	if r := p.rt("exec", id, "true"); r.err != nil {
		p.fault("%s: another exec: %v", after, r)
	}
}

// processesIn lists the processes of the place that are not rt's.
func (p *place) processesIn(id string) []string {
	var pids []string
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range entries {
		if !zombie(dir) && p.owns(dir, id) {
			pids = append(pids, filepath.Base(dir))
		}
	}
	return pids
}
