package cli

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"
)

// parse runs a command line up to the action of its verb, which is replaced.
func parse(t *testing.T, line []string, action func(*cli.Command) error) error {
	t.Helper()
	a := &app{rt: testRuntime()}
	root, args := a.command(append([]string{"rt"}, line...))
	root.Before = nil
	root.Writer = io.Discard
	for _, cmd := range root.Commands {
		cmd.Action = func(_ context.Context, cmd *cli.Command) error { return action(cmd) }
	}
	return root.Run(context.Background(), args)
}

func TestCommandLine(t *testing.T) {
	tests := []struct {
		name     string
		line     string // words; "~" stands for an empty one
		verb     string
		operands []string
		flags    map[string]string // of the verb or global; lists joined by "|"
	}{
		{"bare", "state c", "state", []string{"c"}, nil},
		{"global flag with value", "--root /r state c", "state", []string{"c"}, map[string]string{"root": "/r"}},
		{"global flag with =", "--root=/r state c", "state", []string{"c"}, map[string]string{"root": "/r"}},
		{"one dash", "-root /r -log-format=json state c", "state", []string{"c"}, map[string]string{"root": "/r", "log-format": "json"}},
		{"value that is a verb", "--root state list", "list", nil, map[string]string{"root": "state"}},
		{"toggle before the verb", "--debug start c", "start", []string{"c"}, map[string]string{"debug": "true"}},
		{"legacy flag", "--criu criu --systemd-cgroup start c", "start", []string{"c"}, map[string]string{"systemd-cgroup": "true"}},
		{"end of global flags", "-- state c", "state", []string{"c"}, nil},
		{"container named as a verb", "state state", "state", []string{"state"}, nil},
		{"container named help", "state h", "state", []string{"h"}, nil},
		{"flag before the ID", "delete --force c", "delete", []string{"c"}, map[string]string{"force": "true"}},
		{"flag after the ID", "delete c -force", "delete", []string{"c"}, map[string]string{"force": "true"}},
		{"flag between operands", "kill c --all 9", "kill", []string{"c", "9"}, map[string]string{"all": "true"}},
		{"ID after --", "delete -- -c", "delete", []string{"-c"}, map[string]string{"force": "false"}},
		{"flags of run", "run c -no-subreaper --detach --bundle /b --keep=false", "run", []string{"c"},
			map[string]string{"no-subreaper": "true", "detach": "true", "bundle": "/b", "keep": "false"}},
		{"flags of create", "create -b /b --pid-file /p --no-pivot --no-new-keyring --preserve-fds 2 --pidfd-socket /s --no-mount-fallback c", "create", []string{"c"},
			map[string]string{"bundle": "/b", "pid-file": "/p", "no-pivot": "true", "no-new-keyring": "true", "preserve-fds": "2", "pidfd-socket": "/s"}},
		{"exec stops at the ID", "exec -t c ls -l --tty=false", "exec", []string{"c", "ls", "-l", "--tty=false"}, map[string]string{"tty": "true"}},
		{"exec keeps --", "exec c -- ls", "exec", []string{"c", "--", "ls"}, nil},
		{"exec keeps -- of the command", "exec c sh -- -t", "exec", []string{"c", "sh", "--", "-t"}, map[string]string{"tty": "false"}},
		{"exec keeps an empty argument", "exec c ~ -t", "exec", []string{"c", "", "-t"}, map[string]string{"tty": "false"}},
		{"exec after --", "exec -u 1 -- c ls -t", "exec", []string{"c", "ls", "-t"}, map[string]string{"user": "1", "tty": "false"}},
		{"exec value that looks like a flag", "exec --cwd -t c ls", "exec", []string{"c", "ls"}, map[string]string{"cwd": "-t", "tty": "false"}},
		{"exec empty value", "exec --cwd ~ c ls", "exec", []string{"c", "ls"}, map[string]string{"cwd": ""}},
		{"exec lists", "exec -e A=1,2 --env B=~ -g 5 -g 6 c env", "exec", []string{"c", "env"}, map[string]string{"env": "A=1,2|B=", "additional-gids": "5|6"}},
		{"exec cgroups", "exec --cgroup cpu,memory:a --cgroup pids:b c ls", "exec", []string{"c", "ls"}, map[string]string{"cgroup": "cpu,memory:a|pids:b"}},
		{"exec process", "exec --process p.json --console-socket s --detach --pid-file f c", "exec", []string{"c"}, map[string]string{"process": "p.json", "detach": "true"}},
		{"ps stops at the ID", "ps --format json c -f -o pid", "ps", []string{"c", "-f", "-o", "pid"}, map[string]string{"format": "json"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			words := strings.Fields(tt.line)
			for i := range words {
				words[i] = strings.ReplaceAll(words[i], "~", "")
			}
			ran := false
			err := parse(t, words, func(cmd *cli.Command) error {
				ran = true
				if cmd.Name != tt.verb {
					t.Errorf("verb %q, want %q", cmd.Name, tt.verb)
				}
				if got := cmd.Args().Slice(); !slices.Equal(got, tt.operands) {
					t.Errorf("operands %q, want %q", got, tt.operands)
				}
				for name, want := range tt.flags {
					if got := flagText(cmd, name); got != want {
						t.Errorf("--%s is %q, want %q", name, got, want)
					}
				}
				return nil
			})
			if err != nil || !ran {
				t.Fatalf("error %v, ran %t", err, ran)
			}
		})
	}
}

func flagText(cmd *cli.Command, name string) string {
	switch v := cmd.Value(name).(type) {
	case []string:
		return strings.Join(v, "|")
	case string:
		return v
	case bool:
		return map[bool]string{true: "true", false: "false"}[v]
	case int:
		return string(rune('0' + v))
	}
	return "no such flag"
}

func TestCommandLineErrors(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"no such verb", "bogus c", `unknown command "bogus"`},
		{"no ID", "state", `rt: "state" requires exactly 1 argument(s)`},
		{"two IDs", "state a b", `rt: "state" requires exactly 1 argument(s)`},
		{"no ID for exec", "exec -t", `rt: "exec" requires a minimum of 1 argument(s)`},
		{"two signals", "kill c 9 9", `rt: "kill" requires a maximum of 2 argument(s)`},
		{"operand for list", "list c", `rt: "list" requires exactly 0 argument(s)`},
		{"no such flag", "state --bad c", "flag provided but not defined: -bad"},
		{"no such global flag", "--bad state c", "flag provided but not defined: -bad"},
		{"global flag after the verb", "state --root /r c", "flag provided but not defined: -root"},
		{"no value", "create c --bundle", "flag needs an argument: --bundle"},
		{"not a number", "run --preserve-fds x c", `invalid value "x" for flag -preserve-fds`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := parse(t, strings.Fields(tt.line), func(*cli.Command) error { return nil })
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// Only the verb asked for is built; help lists all.
func TestCommandsBuilt(t *testing.T) {
	for line, want := range map[string]int{
		"state c": 1, "--root /r exec c ls": 1, "": len(verbs), "--help": len(verbs), "help": len(verbs), "bogus": len(verbs),
	} {
		root, _ := new(app).command(append([]string{"rt"}, strings.Fields(line)...))
		if got := len(root.Commands); got != want {
			t.Errorf("rt %s: %d commands, want %d", line, got, want)
		}
	}
}
