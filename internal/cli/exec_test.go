package cli

import (
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v3"
)

func TestOverlay(t *testing.T) {
	base := func() specs.Process {
		return specs.Process{
			Terminal: true,
			User:     specs.User{UID: 1, GID: 2, AdditionalGids: []uint32{3}},
			Args:     []string{"init"},
			Env:      []string{"PATH=/bin"},
			Cwd:      "/",
			Capabilities: &specs.LinuxCapabilities{
				Bounding: []string{"CAP_KILL"}, Effective: []string{"CAP_KILL"}, Permitted: []string{"CAP_KILL"},
			},
			NoNewPrivileges: true,
			ApparmorProfile: "profile",
			SelinuxLabel:    "label",
		}
	}
	tests := []struct {
		name, line string
		want       func(*specs.Process) // what differs from base with the arguments "ls" and no terminal
	}{
		{"nothing", "", func(*specs.Process) {}},
		{"terminal", "-t", func(p *specs.Process) { p.Terminal = true }},
		{"cwd", "--cwd /tmp", func(p *specs.Process) { p.Cwd = "/tmp" }},
		{"environment", "-e A=1 -e A=2,3", func(p *specs.Process) { p.Env = []string{"PATH=/bin", "A=1", "A=2,3"} }},
		{"user", "-u 5", func(p *specs.Process) { p.User.UID = 5 }},
		{"user and group", "--user 5:0", func(p *specs.Process) { p.User.UID, p.User.GID = 5, 0 }},
		{"groups", "-g 7 --additional-gids 8", func(p *specs.Process) { p.User.AdditionalGids = []uint32{3, 7, 8} }},
		{"labels", "--apparmor a --process-label b", func(p *specs.Process) { p.ApparmorProfile, p.SelinuxLabel = "a", "b" }},
		{"privileges", "--no-new-privs=false", func(p *specs.Process) { p.NoNewPrivileges = false }},
		{"capabilities leave inheritable empty", "-c CAP_CHOWN --cap CAP_FOWNER", func(p *specs.Process) {
			set := []string{"CAP_KILL", "CAP_CHOWN", "CAP_FOWNER"}
			p.Capabilities = &specs.LinuxCapabilities{Bounding: set, Effective: set, Permitted: set}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := base()
			want.Args, want.Terminal = []string{"ls"}, false
			tt.want(&want)
			have := base()
			var got *specs.Process
			line := append(append([]string{"exec"}, strings.Fields(tt.line)...), "c", "ls")
			err := parse(t, line, func(cmd *cli.Command) (err error) {
				got, err = overlay(have, cmd)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, &want) {
				t.Errorf("got  %+v\nwant %+v", got, &want)
			}
			if !reflect.DeepEqual(have, base()) {
				t.Errorf("the container's process was changed: %+v", have)
			}
		})
	}
}

func TestOverlayErrors(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"no command", "c", "process args cannot be empty"},
		{"user name", "-u root c ls", `"root"`},
		{"empty user", "-u= c ls", `""`},
		{"empty group", "-u 1: c ls", `"1:"`},
		{"user out of range", "-u 4294967296 c ls", `"4294967296"`},
		{"leading zero", "-u 01 c ls", `"01"`},
		{"group list", "-g 5,6 c ls", `--additional-gids "5,6": not a group id`},
		{"group pair", "-g 5:6 c ls", `--additional-gids "5:6": not a group id`},
		{"no group", "-g -1 c ls", `--additional-gids "-1": not a group id`},
	}
	for _, tt := range tests {
		err := parse(t, append([]string{"exec"}, strings.Fields(tt.line)...), func(cmd *cli.Command) error {
			_, err := overlay(specs.Process{}, cmd)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestAddCapsAmbient(t *testing.T) {
	have := &specs.LinuxCapabilities{Inheritable: []string{"CAP_KILL"}}
	got := addCaps(have, []string{"CAP_KILL", "CAP_CHOWN"})
	want := &specs.LinuxCapabilities{
		Bounding:    []string{"CAP_KILL", "CAP_CHOWN"},
		Effective:   []string{"CAP_KILL", "CAP_CHOWN"},
		Permitted:   []string{"CAP_KILL", "CAP_CHOWN"},
		Inheritable: []string{"CAP_KILL"},
		Ambient:     []string{"CAP_KILL"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := addCaps(nil, []string{"CAP_KILL"}); len(got.Bounding) != 1 || got.Ambient != nil {
		t.Errorf("without capabilities before: %+v", got)
	}
}

func TestConfine(t *testing.T) {
	own := &specs.Process{
		Capabilities:    &specs.LinuxCapabilities{Bounding: []string{"CAP_KILL"}},
		ApparmorProfile: "profile",
		SelinuxLabel:    "label",
		Cwd:             "/own",
	}
	given := specs.Process{Capabilities: &specs.LinuxCapabilities{}, ApparmorProfile: "unconfined", SelinuxLabel: "other"}
	for _, tt := range []struct {
		name       string
		own        *specs.Process
		have, want specs.Process
	}{
		{"left out", own, specs.Process{}, specs.Process{
			Capabilities: own.Capabilities, ApparmorProfile: "profile", SelinuxLabel: "label",
		}},
		{"given", own, given, given},
		{"no process", nil, specs.Process{}, specs.Process{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if confine(&tt.have, tt.own); !reflect.DeepEqual(tt.have, tt.want) {
				t.Errorf("%+v, want %+v", tt.have, tt.want)
			}
		})
	}
}
