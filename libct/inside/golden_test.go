package inside

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/nsexec"
	"rt/specconv"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each golden file is a configuration, as changes to the default one, and all
// that is done inside for it, call by call. No privilege is needed to make it.
func TestGolden(t *testing.T) {
	tests := []struct {
		name   string
		change string // JSON laid over the default configuration
		plan   func(*Plan)
	}{
		{name: "default"},
		{name: "minimal", change: `{"hostname": "", "mounts": [], "linux": {"namespaces": [{"type": "mount"}], "maskedPaths": [], "readonlyPaths": []}}`},
		{name: "userns", change: `{"hostname": "", "linux": {"namespaces": [{"type": "user"}, {"type": "pid"}, {"type": "mount"}],
			"uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
			"gidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}]}}`,
			plan: func(p *Plan) { p.BindDevices = true }},
		{name: "rootless", change: `{"hostname": "", "mounts": [], "process": {"oomScoreAdj": 500},
			"hooks": {"startContainer": [{"path": "/in"}]},
			"linux": {"namespaces": [{"type": "user"}, {"type": "pid"}, {"type": "mount"}],
			"uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}],
			"gidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}]}}`,
			plan: func(p *Plan) {
				p.Powerless, p.Setgroups, p.BindDevices, p.Listener = true, false, true, 20
				p.HookFiles = HookFiles{State: map[string]int{"startContainer": 21}, Output: 22}
			}},
		{name: "terminal", change: `{"process": {"terminal": true, "consoleSize": {"height": 24, "width": 80}}}`,
			plan: func(p *Plan) { p.Console = 20 }},
		{name: "user", change: `{"process": {"user": {"uid": 1000, "gid": 1000, "additionalGids": [5, 6], "umask": 18},
			"noNewPrivileges": true, "args": ["sleep", "1"], "cwd": "/work"}}`},
		{name: "seccomp-late", change: `{"process": {"noNewPrivileges": false}}`,
			plan: func(p *Plan) { p.Seccomp.Program = make([]byte, 16) }},
		{name: "create", plan: func(p *Plan) { p.Listener, p.Lock, p.Preserve = 20, 21, []int{3, 4} }},
		{name: "hooks", change: `{"hooks": {"createContainer": [{"path": "/hook", "timeout": 5}], "startContainer": [{"path": "/in"}]}}`,
			plan: func(p *Plan) {
				p.HookFiles = HookFiles{State: map[string]int{"createContainer": 20, "startContainer": 21}, Output: 22}
				p.Listener, p.Lock = 23, 24
			}},
		{name: "timens", change: `{"hostname": "", "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "time"}],
			"timeOffsets": {"monotonic": {"secs": 60}, "boottime": {"secs": -1, "nanosecs": 5}}}}`},
		{name: "binds", change: `{"mounts": [
			{"destination": "/data", "source": "/srv/data", "options": ["rbind", "ro", "nosuid", "rslave"]},
			{"destination": "/rec", "source": "/srv/rec", "options": ["rbind", "rro"]},
			{"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "size=1m", "tmpcopyup"]}]}`},
		{name: "sysctl", change: `{"hostname": "h", "domainname": "d", "linux": {"sysctl": {"net.ipv4.ip_forward": "1"}, "rootfsPropagation": "shared"}}`,
			plan: func(p *Plan) { p.RootParent = "/srv" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := testPlan(t, tt.change)
			if tt.plan != nil {
				tt.plan(p)
			}
			compare(t, tt.name, list(p))
		})
	}
}

// exec takes the same path through the tail.
func TestGoldenExec(t *testing.T) {
	p := testPlan(t, "")
	p.Join = Join{Pidfd: 20, Cgroup: -1, Kinds: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWNET}
	var regs nsexec.Registers
	text := "# first stage\n" + p.EnterPids(&regs).List() + "# second stage\n" + p.Enter(&regs).List()
	p.program = "/bin/sh"
	compare(t, "exec", text+"# last\n"+p.Last(&regs).List())
}

func testPlan(t *testing.T, change string) *Plan {
	t.Helper()
	spec := specconv.Default(false)
	spec.Process.Terminal = false
	if change != "" {
		var over specs.Spec
		if err := json.Unmarshal([]byte(change), &over); err != nil {
			t.Fatal(err)
		}
		if over.Mounts != nil {
			spec.Mounts = nil
		}
		if over.Linux != nil {
			spec.Linux.Namespaces = over.Linux.Namespaces
			spec.Linux.MaskedPaths, spec.Linux.ReadonlyPaths = nil, nil
			if over.Linux.Namespaces == nil {
				spec.Linux.Namespaces = specconv.Default(false).Linux.Namespaces
			}
		}
		if err := json.Unmarshal([]byte(change), spec); err != nil {
			t.Fatal(err)
		}
	}
	config, err := specconv.Parse(spec, "/bundle", specconv.Host{LastCap: 40})
	if err != nil {
		t.Fatal(err)
	}
	return &Plan{
		ID: "golden", Config: config, Setgroups: true, Keyring: true,
		LastCap: 40, Permitted: 1<<41 - 1,
		Tasks:        []string{"/sys/fs/cgroup/pids/golden/tasks"},
		CgroupMounts: CgroupMounts{Hierarchies: []Hierarchy{{Name: "pids", Dir: "/sys/fs/cgroup/pids/golden"}}},
		Console:      -1, Listener: -1, Lock: -1, Notify: -1,
		Acts: Acts{
			CopyUp:       func(...int) error { return nil },
			RuntimeHooks: func(*nsexec.Executor) error { return nil },
			MapIDs:       func(*nsexec.Executor) error { return nil },
		},
	}
}

func list(p *Plan) string {
	var regs nsexec.Registers
	var text strings.Builder
	if p.TwoStages() {
		text.WriteString("# first stage\n" + p.Stage1(&regs).List() + "# second stage\n")
	}
	text.WriteString(p.Build(&regs).List())
	p.program = p.Config.Process.Spec.Args[0] // what the first part finds out
	text.WriteString("# last\n" + p.Last(&regs).List())
	return text.String()
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("%s:%d:\n got %s\nwant %s\n(-update rewrites the file)", file, i+1, a[i], b[i])
		}
	}
	t.Fatalf("%s: %d lines, want %d", file, len(a), len(b))
}
