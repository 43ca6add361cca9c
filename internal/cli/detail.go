package cli

import (
	"errors"

	"golang.org/x/sys/unix"

	"rt/cgroups"
	"rt/libct"
	"rt/libct/hooks"
	"rt/nsexec"
	"rt/specconv"
)

// detail is what a program or a person may want to know about an error beside
// its text. Codes are stable.
type detail struct {
	Code     string
	Property string // path in config.json
	Syscall  string // "mount"
	Errno    string // "EPERM"
	Hint     string // what to do about it
}

type field struct{ key, value string }

// fields are the keys of the log, in their order.
func (d detail) fields() [5]field {
	return [...]field{
		{"code", d.Code}, {"property", d.Property}, {"syscall", d.Syscall}, {"errno", d.Errno}, {"hint", d.Hint},
	}
}

// describe finds what is known of an error.
func describe(err error) detail {
	var d detail
	var call *nsexec.CallError
	var dead *nsexec.DeadError
	var hook *hooks.Error
	var memory *libct.MemoryError
	var privilege *libct.PrivilegeError
	var root *libct.RootError
	var refused *cgroups.RefusedError
	var errno unix.Errno
	var invalid specconv.Violations
	switch {
	case errors.As(err, &invalid):
		d.Code = "invalid-config"
		if len(invalid) > 0 {
			d.Property = invalid[0].Path
		}
	case errors.As(err, &privilege):
		d = detail{Code: "invalid-config", Property: "linux.namespaces", Hint: "rt spec --rootless writes a configuration that takes none"}
	case errors.As(err, &hook):
		d = detail{Code: "hook", Property: hook.Property}
	case errors.As(err, &call) && call.ChildEnded():
		d = detail{Code: "hook", Property: call.Step.Property}
	case errors.As(err, &memory):
		d = detail{Code: "out-of-memory", Property: "linux.resources.memory.limit", Hint: "raise the limit"}
	case errors.As(err, &call):
		d = detail{Code: "syscall", Property: call.Step.Property, Syscall: call.Name, Errno: unix.ErrnoName(call.Errno)}
	case errors.As(err, &dead):
		d = detail{Code: "init-ended", Property: dead.Step.Property}
	case errors.As(err, &errno):
		d = detail{Code: "host-syscall", Errno: unix.ErrnoName(errno)}
	}
	if errors.As(err, &refused) {
		d.Property = "linux.cgroupsPath"
		if errors.Is(err, unix.EACCES) {
			d.Hint = "begin in a cgroup of your own (systemd-run --user --scope -p Delegate=yes rt ...), or use --systemd-cgroup"
		}
	}
	if errors.As(err, &root) {
		d.Hint = "--root or XDG_RUNTIME_DIR gives another place"
	}
	for _, k := range [...]struct {
		err        error
		code, hint string // a hint is advice that always holds
	}{
		{libct.ErrNotExist, "not-exist", "rt list shows the containers under the same --root"},
		{libct.ErrExist, "exist", "choose another ID, or rt delete the container that has it"},
		{libct.ErrInvalidID, "invalid-id", "an ID is made of letters, digits and _ + - ."},
		{libct.ErrNotRunning, "not-running", ""},
		{libct.ErrNotPaused, "not-paused", ""},
		{libct.ErrStartTwice, "start-twice", ""},
		{libct.ErrStartDead, "start-stopped", "rt delete it and create it again"},
		{libct.ErrExecStopped, "exec-stopped", ""},
		{libct.ErrExecPaused, "exec-paused", "rt resume it, or use --ignore-paused"},
	} {
		if errors.Is(err, k.err) {
			d.Code, d.Hint = k.code, k.hint
		}
	}
	return d
}
