package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

func TestScripts(t *testing.T) {
	testscript.RunT(scriptT{t}, testscript.Params{
		Dir:                ".",
		Setup:              setup,
		Condition:          condition,
		RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"bundle":   cmdBundle,
			"config":   cmdConfig,
			"args":     cmdArgs,
			"atend":    cmdAtend,
			"capture":  cmdCapture,
			"equal":    cmdEqual,
			"signal":   cmdSignal,
			"user":     cmdUser,
			"listen":   cmdListen,
			"type":     cmdType,
			"resize":   cmdResize,
			"terminal": cmdTerminal,
		},
	})
}

// setup gives a script a container id of its own, a state root, and a check
// at the end that nothing of it is left on the machine.
func setup(env *testscript.Env) error {
	t := env.T().(scriptT)
	name := strings.TrimPrefix(filepath.Base(env.WorkDir), "script-")
	id := fmt.Sprintf("rt-%s-%d", name, os.Getpid())
	env.Setenv("ID", id)
	env.Setenv("RT", machine.runtime)
	env.Setenv("RT_TESTS_PATIENCE", patience.String()) // for the commands that are programs
	env.Setenv("RT_ROOT", env.WorkDir+"/run")
	env.Setenv("BUNDLE", env.WorkDir+"/bundle")
	env.Setenv("CGROUP", "/sys/fs/cgroup"+cgroupParent()+"/"+id)
	env.Values[peersKey{}] = &peers{}
	env.Defer(func() {
		env.Values[peersKey{}].(*peers).close()
		for _, left := range clean(env.WorkDir, id) {
			t.Errorf("left behind: %s", left)
		}
	})
	t.Cleanup(func() { results.add(name, t) })
	return nil
}

// condition tells a script which runtime and machine it meets: [rt], [runc]
// and [crun], [runc-1.1] for a version of it, [v1] and [v2] for cgroups,
// [cgroup:NAME] for a file of a v1 controller, [veth] for a pair of interfaces,
// [root] for a suite that runs as root, [autofs] for a kernel that has it.
func condition(cond string) (bool, error) {
	kind, version, versioned := strings.Cut(cond, "-")
	switch {
	case slices.Contains([]string{"rt", "runc", "crun"}, kind):
		return machine.kind == kind && (!versioned || strings.HasPrefix(machine.version, version+".")), nil
	case cond == "root":
		return os.Geteuid() == 0, nil
	case cond == "autofs":
		return haveAutomount(), nil
	case cond == "v1" || cond == "v2":
		return cgroupV2() == (cond == "v2"), nil
	case cond == "veth":
		name := fmt.Sprintf("rtv%d", os.Getpid())
		err := exec.Command("ip", "link", "add", name, "type", "veth", "peer", "name", name+"p").Run()
		exec.Command("ip", "link", "del", name).Run()
		return err == nil, nil
	case slices.Contains([]string{"apparmor", "selinux", "resctrl", "systemd", "systemd-user", "memfd_noexec"}, cond):
		return running(cond), nil
	case strings.HasPrefix(cond, "cgroup:"):
		_, err := os.Stat("/sys/fs/cgroup/" + strings.TrimPrefix(cond, "cgroup:"))
		return err == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", cond)
}

// running tells whether a feature of the machine is on.
func running(feature string) bool {
	if feature == "apparmor" {
		text, _ := os.ReadFile("/sys/module/apparmor/parameters/enabled")
		return strings.HasPrefix(string(text), "Y")
	}
	_, err := os.Stat(signs[feature])
	return err == nil
}

// signs are files that are there where a feature is.
var signs = map[string]string{
	"selinux":      "/sys/fs/selinux/enforce",
	"resctrl":      "/sys/fs/resctrl/schemata",
	"systemd":      "/run/systemd/system",
	"systemd-user": "/run/user/1000/systemd/private",
	"memfd_noexec": "/proc/sys/vm/memfd_noexec",
}

func cgroupV2() bool {
	var fs unix.Statfs_t
	return unix.Statfs("/sys/fs/cgroup", &fs) == nil && fs.Type == unix.CGROUP2_SUPER_MAGIC
}

// scriptT is testing.T as testscript wants it, with an ear for the reasons of
// skips.
type scriptT struct{ *testing.T }

func (t scriptT) Run(name string, f func(testscript.T)) {
	t.T.Run(name, func(t *testing.T) { f(scriptT{t}) })
}

func (t scriptT) Verbose() bool { return testing.Verbose() }

func (t scriptT) Skip(args ...any) {
	results.reason(filepath.Base(t.Name()), fmt.Sprint(args...))
	t.T.Skip(args...)
}

var results tally

// tally counts what became of the scripts.
type tally struct {
	mu      sync.Mutex
	passed  int
	failed  []string
	skipped []string
	reasons map[string]string
}

func (r *tally) reason(name, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reasons == nil {
		r.reasons = map[string]string{}
	}
	r.reasons[name] = why
}

func (r *tally) add(name string, t scriptT) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case t.Failed():
		r.failed = append(r.failed, name)
	case t.Skipped():
		r.skipped = append(r.skipped, name)
	default:
		r.passed++
	}
}

func (r *tally) print() {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Printf("%s %s: %d scripts passed, %d failed, %d skipped\n",
		machine.kind, machine.version, r.passed, len(r.failed), len(r.skipped))
	slices.Sort(r.failed)
	slices.Sort(r.skipped)
	for _, name := range r.failed {
		fmt.Printf("  failed  %s\n", name)
	}
	for _, name := range r.skipped {
		fmt.Printf("  skipped %s: %s\n", name, r.reasons[name])
	}
}
