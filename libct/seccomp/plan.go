package seccomp

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	libseccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"
)

// plan is a profile with everything decided that needs no library.
type plan struct {
	fallback libseccomp.ScmpAction // for calls without a rule
	enosys   bool                  // calls newer than the profile get ENOSYS
	archs    []arch                // what the machine executes, native first
	calls    []call
	flags    uint32
	notify   bool
}

// call is what one entry of syscalls says.
type call struct {
	names    []string
	action   libseccomp.ScmpAction
	matches  [][]libseccomp.ScmpCondition // any of them; none is unconditional
	property string
}

// decide checks the profile and decides what Compile promises.
func decide(s *specs.LinuxSeccomp) (*plan, error) {
	var p plan
	const root = "linux.seccomp"
	def, value, err := parseAction(s.DefaultAction, s.DefaultErrnoRet, root+".defaultAction", root+".defaultErrnoRet")
	if err != nil {
		return nil, err
	}
	if value == libseccomp.ActNotify {
		// Its first call after seccomp(2) would wait for an agent that has not
		// been given the listener yet.
		return nil, fmt.Errorf("compile %s.defaultAction: %q would suspend the runtime itself", root, s.DefaultAction)
	}
	p.fallback = value
	p.enosys = def.deny && value != libseccomp.ActErrno.SetReturnCode(int16(unix.ENOSYS))

	if p.archs, err = decideArchs(s.Architectures); err != nil {
		return nil, err
	}
	for i := range s.Syscalls {
		c, err := decideCall(&s.Syscalls[i], fmt.Sprintf("%s.syscalls[%d]", root, i))
		if err != nil {
			return nil, err
		}
		p.notify = p.notify || c.action == libseccomp.ActNotify
		p.calls = append(p.calls, c)
	}
	p.flags, err = decideFlags(s.Flags, p.notify)
	return &p, err
}

func decideCall(s *specs.LinuxSyscall, property string) (call, error) {
	c := call{names: s.Names, property: property}
	if len(s.Names) == 0 {
		return c, fmt.Errorf("compile %s.names: empty", property)
	}
	for i, name := range s.Names {
		if strings.IndexByte(name, 0) >= 0 { // C would see another name
			return c, fmt.Errorf("compile %s.names[%d]: %q contains NUL", property, i, name)
		}
	}
	var err error
	if _, c.action, err = parseAction(s.Action, s.ErrnoRet, property+".action", property+".errnoRet"); err != nil {
		return c, err
	}
	var conds []libseccomp.ScmpCondition
	var seen [6]bool
	repeated := false
	for i, a := range s.Args {
		cond, err := parseArg(a, fmt.Sprintf("%s.args[%d]", property, i))
		if err != nil {
			return c, err
		}
		repeated = repeated || seen[a.Index]
		seen[a.Index] = true
		conds = append(conds, cond)
	}
	switch {
	case repeated:
		for i := range conds {
			c.matches = append(c.matches, conds[i:i+1])
		}
	case len(conds) > 0:
		c.matches = [][]libseccomp.ScmpCondition{conds}
	}
	return c, nil
}

// parseAction gives the table's entry and the action with its errno.
func parseAction(name specs.LinuxSeccompAction, errno *uint, property, errnoProperty string) (action, libseccomp.ScmpAction, error) {
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
	return a, a.value.SetReturnCode(int16(uint16(data))), nil // actions without errno ignore it
}

func parseArg(a specs.LinuxSeccompArg, property string) (libseccomp.ScmpCondition, error) {
	var cond libseccomp.ScmpCondition
	if a.Index > 5 {
		return cond, fmt.Errorf("compile %s.index: %d is greater than 5", property, a.Index)
	}
	for _, o := range operators {
		if o.name == a.Op {
			return libseccomp.ScmpCondition{Argument: a.Index, Op: o.value, Operand1: a.Value, Operand2: a.ValueTwo}, nil
		}
	}
	return cond, fmt.Errorf("compile %s.op: unknown operator %q", property, a.Op)
}

// decideArchs returns those of the architectures that this machine executes,
// without repetition, and the native one before them.
func decideArchs(names []specs.Arch) ([]arch, error) {
	native, err := libseccomp.GetNativeArch()
	if err != nil {
		return nil, fmt.Errorf("compile linux.seccomp: native architecture: %w", err)
	}
	var list []arch
	for _, a := range archs {
		if a.value == native {
			list = append(list, a)
		}
	}
	for i, name := range names {
		k := slices.IndexFunc(archs[:], func(a arch) bool { return a.name == name })
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
