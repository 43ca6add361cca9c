package cgroups

import (
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

// An update that the kernel refuses in part is taken back, on v2 and on v1.
func TestUpdateIsTakenBack(t *testing.T) {
	for _, controllers := range [][]string{{""}, {"cpu", "pids"}} {
		dir, paths := t.TempDir(), map[string]string{}
		for _, c := range controllers {
			paths[c] = dir
		}
		write(t, dir, map[string]string{"pids.max": "77"}) // and none for shares
		m, err := Load(State{Paths: paths})
		if err != nil {
			t.Fatal(err)
		}
		err = m.Set(&specs.LinuxResources{
			CPU:  &specs.LinuxCPU{Shares: ptr(uint64(300))},
			Pids: &specs.LinuxPids{Limit: ptr(int64(20))},
		})
		if err == nil || !strings.Contains(err.Error(), "linux.resources.cpu.shares: open ") {
			t.Errorf("%v, want the error of cpu.shares", err)
		}
		if got, err := cgfs.Read(dir + "/pids.max"); err != nil || got != "77" {
			t.Errorf("pids.max = %q, %v after a failed update, want 77", got, err)
		}
	}
}

func TestFirst(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"100000":                          "100000",
		"50000 100000":                    "50000 100000",
		"default 100\n8:0 300":            "100",
		"oom_kill_disable 1\nunder_oom 0": "1",
	} {
		if got := first(text); got != want {
			t.Errorf("first(%q) = %q, want %q", text, got, want)
		}
	}
}
