package cgroups

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/systemd"
)

// scopeIn is a loaded scope whose v2 cgroup is an ordinary directory.
func scopeIn(t *testing.T, dir string, inode uint64) Manager {
	t.Helper()
	m, err := Load(State{
		Paths: map[string]string{"": dir},
		Unit:  &Unit{Name: "none-" + filepath.Base(dir) + ".scope", Description: "of nobody", Inode: inode},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Whoever has the name by now is left alone: the files of a scope that is not
// the container's are not written to, and systemd is not asked to stop it.
func TestScopeOfAnother(t *testing.T) {
	dir := t.TempDir()
	own, err := inode(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := scopeIn(t, dir, own+1)
	if err := errors.Join(m.Kill(), m.Destroy(), m.(*scope).abandon()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "cgroup.kill")); err == nil {
		t.Error("its processes were killed")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error("it was removed")
	}
}

func TestScopeGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	for _, known := range []uint64{0, 7} {
		m := scopeIn(t, dir, known)
		if err := errors.Join(m.Kill(), m.Destroy()); err != nil {
			t.Errorf("inode %d: %v", known, err)
		}
	}
}

func TestScopeState(t *testing.T) {
	s := State{
		Paths: map[string]string{"": filepath.Join(t.TempDir(), "new")},
		Unit:  &Unit{Name: "a.scope", Description: "d", User: true, Inode: 3},
	}
	if planned := s.Planned(); planned.Made != nil || !reflect.DeepEqual(planned.Unit, s.Unit) {
		t.Errorf("planned: %+v", planned)
	}
	if !s.Own() {
		t.Error("the scope is not its own")
	}
	m, err := Load(s)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.State(); !reflect.DeepEqual(got, s) {
		t.Errorf("got %+v, want %+v", got, s)
	}
}

// Where systemd does not run, nothing is made.
func TestScopeWithoutSystemd(t *testing.T) {
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		t.Skip("systemd runs here")
	}
	l, err := Detect()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"a.slice:b:c": "systemd cgroup flag passed, but systemd support for managing cgroups is not available",
		"/a":          "linux.cgroupsPath",
	} {
		if _, err := New(l, Config{ID: "x", Path: path, Systemd: true}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestScopeProperties(t *testing.T) {
	limit, pids := int64(1<<20), int64(5)
	r := &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &limit}, Pids: &specs.LinuxPids{Limit: &pids}}
	for pure, want := range map[bool][]string{true: {"MemoryMax", "TasksMax"}, false: {"TasksMax", "MemoryLimit"}} {
		s := &scope{pure: pure, version: 252}
		got, err := s.told(r, "")
		if err != nil || len(got) != 2 || got[0].Name != want[0] || got[1].Name != want[1] {
			t.Errorf("v2 %t: %v, %v", pure, got, err)
		}
	}
	// Unless there is a limit, systemd's own is not to be one.
	base := beginning(systemd.Name{}, "", true)
	named := func(list []systemd.Property) (tasks []any) {
		for _, p := range list {
			if p.Name == "TasksMax" {
				tasks = append(tasks, p.Value)
			}
		}
		return tasks
	}
	if got := named(base); !reflect.DeepEqual(got, []any{uint64(math.MaxUint64)}) {
		t.Errorf("without a limit: %v", got)
	}
	if got := named(override(base, []systemd.Property{{Name: "TasksMax", Value: uint64(5)}})); !reflect.DeepEqual(got, []any{uint64(5)}) {
		t.Errorf("with a limit: %v", got)
	}
}

func TestSplitPids(t *testing.T) {
	pids := &specs.LinuxPids{Limit: ptr(int64(1))}
	r := &specs.LinuxResources{Pids: pids, Unified: map[string]string{"pids.max": "2", "memory.low": "1"}}
	rest, only := SplitPids(r)
	if want := (&specs.LinuxResources{Unified: map[string]string{"memory.low": "1"}}); !reflect.DeepEqual(rest, want) {
		t.Errorf("rest: %+v", rest)
	}
	if want := (&specs.LinuxResources{Pids: pids, Unified: map[string]string{"pids.max": "2"}}); !reflect.DeepEqual(only, want) {
		t.Errorf("pids: %+v", only)
	}
	if len(r.Unified) != 2 || r.Pids == nil {
		t.Error("the resources were changed")
	}
	for _, r := range []*specs.LinuxResources{nil, {Unified: map[string]string{"memory.low": "1"}}} {
		if rest, only := SplitPids(r); rest != r || only != nil {
			t.Errorf("%+v: %+v, %+v", r, rest, only)
		}
	}
}

func TestWholeQuota(t *testing.T) {
	inForce := func() (string, string, error) { return "20000", "50000", nil }
	for _, c := range []struct {
		cpu        specs.LinuxCPU
		wantQuota  int64
		wantPeriod uint64
	}{
		{specs.LinuxCPU{Quota: ptr(int64(30000))}, 30000, 50000},
		{specs.LinuxCPU{Period: ptr(uint64(100000))}, 20000, 100000},
		{specs.LinuxCPU{Quota: ptr(int64(1)), Period: ptr(uint64(2))}, 1, 2},
	} {
		got, err := wholeQuota(&specs.LinuxResources{CPU: &c.cpu}, inForce)
		if err != nil || *got.CPU.Quota != c.wantQuota || *got.CPU.Period != c.wantPeriod {
			t.Errorf("%+v: %v", got, err)
		}
	}
	none := func() (string, string, error) { return "max", "100000", nil }
	got, err := wholeQuota(&specs.LinuxResources{CPU: &specs.LinuxCPU{Period: ptr(uint64(7))}}, none)
	if err != nil || *got.CPU.Quota != -1 {
		t.Errorf("%+v, %v", got, err)
	}
	broken := func() (string, string, error) { return "", "", errors.New("none") }
	if _, err := wholeQuota(&specs.LinuxResources{CPU: &specs.LinuxCPU{Quota: ptr(int64(7))}}, broken); err == nil || !strings.HasPrefix(err.Error(), "linux.resources.cpu.quota: ") {
		t.Errorf("%v", err)
	}
}

// A placeholder ends when it is told to, and its process with it.
func TestPlaceholder(t *testing.T) {
	x, err := placeholder()
	if err != nil {
		t.Fatal(err)
	}
	pid := x.Pid
	(&scope{placeholder: x}).entered()
	if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid))); err == nil {
		t.Errorf("process %d is still there", pid)
	}
}
