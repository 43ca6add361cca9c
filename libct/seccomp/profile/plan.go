package profile

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Plan is a profile with everything decided that needs no library. Actions are
// what the program returns, SECCOMP_RET_* with its data.
type Plan struct {
	Fallback uint32 // for calls without a rule
	Archs    []Arch // what the machine executes, native first
	Calls    []Call
	Flags    uint32
	Notify   bool

	enosys bool // calls newer than the profile get ENOSYS
}

// Call is what one entry of syscalls says.
type Call struct {
	Names    []string
	Action   uint32
	Matches  [][]specs.LinuxSeccompArg // any of them; none is unconditional
	Property string
}

// Decide checks the profile and decides what seccomp.Compile promises. The
// errors name the property of config.json.
func Decide(s *specs.LinuxSeccomp) (*Plan, error) {
	var p Plan
	const root = "linux.seccomp"
	def, value, err := parseAction(s.DefaultAction, s.DefaultErrnoRet, root+".defaultAction", root+".defaultErrnoRet")
	if err != nil {
		return nil, err
	}
	if value == unix.SECCOMP_RET_USER_NOTIF {
		// Its first call after seccomp(2) would wait for an agent that has not
		// been given the listener yet.
		return nil, fmt.Errorf("compile %s.defaultAction: %q would suspend the runtime itself", root, s.DefaultAction)
	}
	p.Fallback = value
	p.enosys = def.deny && value != retENOSYS

	if p.Archs, err = decideArchs(s.Architectures); err != nil {
		return nil, err
	}
	for i := range s.Syscalls {
		c, err := decideCall(&s.Syscalls[i], fmt.Sprintf("%s.syscalls[%d]", root, i))
		if err != nil {
			return nil, err
		}
		p.Notify = p.Notify || c.Action == unix.SECCOMP_RET_USER_NOTIF
		p.Calls = append(p.Calls, c)
	}
	p.Flags, err = decideFlags(s.Flags, p.Notify)
	return &p, err
}

func decideCall(s *specs.LinuxSyscall, property string) (Call, error) {
	c := Call{Names: s.Names, Property: property}
	if len(s.Names) == 0 {
		return c, fmt.Errorf("compile %s.names: empty", property)
	}
	for i, name := range s.Names {
		if strings.IndexByte(name, 0) >= 0 { // C would see another name
			return c, fmt.Errorf("compile %s.names[%d]: %q contains NUL", property, i, name)
		}
	}
	var err error
	if _, c.Action, err = parseAction(s.Action, s.ErrnoRet, property+".action", property+".errnoRet"); err != nil {
		return c, err
	}
	var seen [6]bool
	repeated := false
	for i, a := range s.Args {
		if err := checkArg(a, fmt.Sprintf("%s.args[%d]", property, i)); err != nil {
			return c, err
		}
		repeated = repeated || seen[a.Index]
		seen[a.Index] = true
	}
	switch {
	case repeated:
		for i := range s.Args {
			c.Matches = append(c.Matches, s.Args[i:i+1])
		}
	case len(s.Args) > 0:
		c.Matches = [][]specs.LinuxSeccompArg{s.Args}
	}
	return c, nil
}

// parseAction gives the table's entry and what the program returns.
func parseAction(name specs.LinuxSeccompAction, errno *uint, property, errnoProperty string) (action, uint32, error) {
	i := slices.IndexFunc(actions[:], func(a action) bool { return a.name == name })
	if i < 0 {
		return action{}, 0, fmt.Errorf("compile %s: unknown action %q", property, name)
	}
	a := actions[i]
	data := uint(unix.EPERM) // the spec's default
	if errno != nil {
		data = *errno
		if a.data == 0 {
			return a, 0, fmt.Errorf("compile %s: action %q takes no errno", errnoProperty, name)
		}
		if data > a.data {
			return a, 0, fmt.Errorf("compile %s: %d is greater than %d", errnoProperty, data, a.data)
		}
	}
	if a.data == 0 {
		return a, a.value, nil
	}
	return a, a.value | uint32(data), nil
}

func checkArg(a specs.LinuxSeccompArg, property string) error {
	if a.Index > 5 {
		return fmt.Errorf("compile %s.index: %d is greater than 5", property, a.Index)
	}
	if !slices.Contains(operators[:], a.Op) {
		return fmt.Errorf("compile %s.op: unknown operator %q", property, a.Op)
	}
	return nil
}

// decideArchs returns those of the architectures that this machine executes,
// without repetition, and the native one before them.
func decideArchs(names []specs.Arch) ([]Arch, error) {
	var list []Arch
	for _, a := range archs {
		if a.native && a.host == runtime.GOARCH {
			list = append(list, a)
		}
	}
	for i, name := range names {
		k := slices.IndexFunc(archs[:], func(a Arch) bool { return a.Name == name })
		if k < 0 {
			return nil, fmt.Errorf("compile linux.seccomp.architectures[%d]: unknown architecture %q", i, name)
		}
		if archs[k].host == runtime.GOARCH && !slices.Contains(list, archs[k]) {
			list = append(list, archs[k])
		}
	}
	return list, nil
}

func decideFlags(names []specs.LinuxSeccompFlag, notify bool) (uint32, error) {
	if names == nil {
		return unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, nil
	}
	var bits uint32
next:
	for i, name := range names {
		for _, f := range flags {
			if f.name == name {
				bits |= f.value
				continue next
			}
		}
		return 0, fmt.Errorf("compile linux.seccomp.flags[%d]: unknown flag %q", i, name)
	}
	switch {
	case !notify:
		bits &^= unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	case bits&unix.SECCOMP_FILTER_FLAG_TSYNC != 0:
		// A listener and the number of a thread out of sync would share
		// the return value, so the kernel wants the latter as ESRCH.
		bits |= unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH
	}
	return bits, nil
}
