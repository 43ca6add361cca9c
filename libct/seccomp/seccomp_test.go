package seccomp

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/specconv"
)

func parse(t testing.TB, text string) *specs.LinuxSeccomp {
	t.Helper()
	var s specs.LinuxSeccomp
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

func compile(t testing.TB, text string) *Filter {
	t.Helper()
	f, err := Compile(parse(t, text), "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func dockerDefault(t testing.TB) *specs.LinuxSeccomp {
	t.Helper()
	text, err := os.ReadFile("testdata/docker-default.json")
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(text))
}

func TestActionsInTheKernel(t *testing.T) {
	// getpriority never fails and has a result that is never 0: 20 - nice.
	const priority = 20
	tests := []struct {
		name, action string
		want         int64
		killed       bool
	}{
		{"allow", `"action": "SCMP_ACT_ALLOW"`, priority, false},
		{"log", `"action": "SCMP_ACT_LOG"`, priority, false},
		{"errno default", `"action": "SCMP_ACT_ERRNO"`, -int64(unix.EPERM), false},
		{"errno", `"action": "SCMP_ACT_ERRNO", "errnoRet": 38`, -int64(unix.ENOSYS), false},
		{"errno 0", `"action": "SCMP_ACT_ERRNO", "errnoRet": 0`, 0, false},
		{"errno largest", `"action": "SCMP_ACT_ERRNO", "errnoRet": 4094`, -4094, false},
		{"trace, no tracer", `"action": "SCMP_ACT_TRACE"`, -int64(unix.ENOSYS), false},
		{"trace with data", `"action": "SCMP_ACT_TRACE", "errnoRet": 65535`, -int64(unix.ENOSYS), false},
		{"kill", `"action": "SCMP_ACT_KILL"`, notMade, true},
		{"kill thread", `"action": "SCMP_ACT_KILL_THREAD"`, notMade, true},
		{"kill process", `"action": "SCMP_ACT_KILL_PROCESS"`, notMade, true},
		{"trap", `"action": "SCMP_ACT_TRAP"`, notMade, true},
	}
	for _, def := range []string{"SCMP_ACT_ALLOW", "SCMP_ACT_LOG"} {
		for _, tt := range tests {
			t.Run(def+"/"+tt.name, func(t *testing.T) {
				f := compile(t, `{"defaultAction": "`+def+`", "syscalls": [{"names": ["getpriority"], `+tt.action+`}]}`)
				o := apply(t, f, []sysCall{{nr: unix.SYS_GETPRIORITY}})
				if o.install != 0 {
					t.Fatalf("seccomp(2): %v", o.install)
				}
				if o.returns[0] != tt.want {
					t.Errorf("getpriority returned %d, want %d", o.returns[0], tt.want)
				}
				if killed := o.status.Signaled() && o.status.Signal() == unix.SIGSYS; killed != tt.killed {
					t.Errorf("killed by SIGSYS: %v, want %v (status %#x)", killed, tt.killed, o.status)
				}
			})
		}
	}
}

func TestDefaultActionsInTheKernel(t *testing.T) {
	tests := []struct {
		name, def string
		want      int64
		killed    bool
	}{
		{"errno", `"defaultAction": "SCMP_ACT_ERRNO"`, -int64(unix.EPERM), false},
		{"errno chosen", `"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13`, -int64(unix.EACCES), false},
		{"trace", `"defaultAction": "SCMP_ACT_TRACE"`, -int64(unix.ENOSYS), false},
		{"kill", `"defaultAction": "SCMP_ACT_KILL"`, notMade, true},
		{"kill process", `"defaultAction": "SCMP_ACT_KILL_PROCESS"`, notMade, true},
		{"trap", `"defaultAction": "SCMP_ACT_TRAP"`, notMade, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := compile(t, `{`+tt.def+`, "syscalls": [{"names": ["exit_group"], "action": "SCMP_ACT_ALLOW"}]}`)
			o := apply(t, f, []sysCall{{nr: unix.SYS_GETPRIORITY}})
			if o.install != 0 || o.returns[0] != tt.want {
				t.Errorf("install %v, getpriority returned %d, want %d", o.install, o.returns[0], tt.want)
			}
			if killed := o.status.Signaled() && o.status.Signal() == unix.SIGSYS; killed != tt.killed {
				t.Errorf("killed by SIGSYS: %v, want %v (status %#x)", killed, tt.killed, o.status)
			}
		})
	}
}

func TestOperatorsInTheKernel(t *testing.T) {
	// An unused argument of getpid is matched; a match gives EACCES.
	const big = 1<<40 + 5 // needs both halves of the argument
	tests := []struct {
		args     string
		match    []uint64
		mismatch []uint64
	}{
		{`{"index": 0, "op": "SCMP_CMP_EQ", "value": 1099511627781}`, []uint64{big}, []uint64{5, 1 << 40, big + 1}},
		{`{"index": 0, "op": "SCMP_CMP_NE", "value": 1099511627781}`, []uint64{5, 0}, []uint64{big}},
		{`{"index": 0, "op": "SCMP_CMP_LT", "value": 1099511627781}`, []uint64{big - 1, 0}, []uint64{big, big + 1}},
		{`{"index": 0, "op": "SCMP_CMP_LE", "value": 1099511627781}`, []uint64{big, 7}, []uint64{big + 1, 1 << 41}},
		{`{"index": 0, "op": "SCMP_CMP_GT", "value": 1099511627781}`, []uint64{big + 1, 1 << 41}, []uint64{big, 9}},
		{`{"index": 0, "op": "SCMP_CMP_GE", "value": 1099511627781}`, []uint64{big, 1 << 41}, []uint64{big - 1}},
		{`{"index": 0, "op": "SCMP_CMP_MASKED_EQ", "value": 240, "valueTwo": 32}`, []uint64{0x20, 0x2f, 0xf2f}, []uint64{0x30, 0}},
		// The same argument twice: any of the conditions, not both.
		{`{"index": 0, "op": "SCMP_CMP_EQ", "value": 1}, {"index": 0, "op": "SCMP_CMP_EQ", "value": 2}`, []uint64{1, 2}, []uint64{0, 3}},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			f := compile(t, `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
				{"names": ["getpid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13, "args": [`+tt.args+`]}]}`)
			var calls []sysCall
			for _, v := range slices.Concat(tt.match, tt.mismatch) {
				calls = append(calls, sysCall{nr: unix.SYS_GETPID, args: [6]uint64{v}})
			}
			o := apply(t, f, calls)
			for i, r := range o.returns {
				if matched := r == -int64(unix.EACCES); matched != (i < len(tt.match)) {
					t.Errorf("argument %#x: returned %d", calls[i].args[0], r)
				}
			}
		})
	}
}

func TestConditionsOnSeveralArguments(t *testing.T) {
	tests := []struct {
		name, args string
		match      [][6]uint64
		mismatch   [][6]uint64
	}{
		{"all must hold",
			`{"index": 0, "op": "SCMP_CMP_EQ", "value": 1}, {"index": 5, "op": "SCMP_CMP_EQ", "value": 2}`,
			[][6]uint64{{1, 0, 0, 0, 0, 2}}, [][6]uint64{{1}, {0, 0, 0, 0, 0, 2}}},
		{"a repeated argument makes every condition a rule",
			`{"index": 0, "op": "SCMP_CMP_EQ", "value": 1}, {"index": 0, "op": "SCMP_CMP_EQ", "value": 3}, {"index": 5, "op": "SCMP_CMP_EQ", "value": 2}`,
			[][6]uint64{{1}, {3}, {0, 0, 0, 0, 0, 2}}, [][6]uint64{{2}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := compile(t, `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
				{"names": ["getpid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13, "args": [`+tt.args+`]}]}`)
			for i, args := range slices.Concat(tt.match, tt.mismatch) {
				r := evaluate(t, f.Program, sysCall{nativeToken, unix.SYS_GETPID, args})
				if matched := r == unix.SECCOMP_RET_ERRNO|13; matched != (i < len(tt.match)) {
					t.Errorf("%v: returned %#x", args, r)
				}
			}
		})
	}
}

func TestNotify(t *testing.T) {
	f := compile(t, `{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
		"syscalls": [{"names": ["getpid"], "action": "SCMP_ACT_NOTIFY"}]}`)
	if !f.Notify || f.Flags != unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV {
		t.Fatalf("notify %v, flags %#x", f.Notify, f.Flags)
	}
	if r := evaluate(t, f.Program, sysCall{nativeToken, unix.SYS_GETPID, [6]uint64{}}); r != unix.SECCOMP_RET_USER_NOTIF {
		t.Errorf("getpid gives %#x", r)
	}
	f.Flags |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER

	// The process dies with the call pending: its listener is its own.
	done := make(chan outcome, 1)
	go func() {
		done <- apply(t, f, []sysCall{{nr: unix.SYS_CLOSE_RANGE, args: [6]uint64{3, 1 << 20}}, {nr: unix.SYS_GETPID}})
	}()
	select {
	case o := <-done:
		// Without a listener left the kernel answers ENOSYS.
		if o.install != 0 || o.returns[1] != -int64(unix.ENOSYS) {
			t.Errorf("install %v, getpid returned %d", o.install, o.returns[1])
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the call never returned")
	}
}

func TestFlags(t *testing.T) {
	const notify = `"syscalls": [{"names": ["getpid"], "action": "SCMP_ACT_NOTIFY"}]`
	tests := []struct {
		name, rest string
		want       uint32
	}{
		{"unset", `"syscalls": []`, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW},
		{"empty", `"flags": []`, 0},
		{"log", `"flags": ["SECCOMP_FILTER_FLAG_LOG"]`, unix.SECCOMP_FILTER_FLAG_LOG},
		{"tsync", `"flags": ["SECCOMP_FILTER_FLAG_TSYNC"]`, unix.SECCOMP_FILTER_FLAG_TSYNC},
		{"tsync with a listener", `"flags": ["SECCOMP_FILTER_FLAG_TSYNC"], ` + notify,
			unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH},
		{"killable without a listener", `"flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]`, 0},
		{"killable with a listener", `"flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], ` + notify,
			unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
		{"all", `"flags": ["` + strings.Join(Flags(), `", "`) + `"], ` + notify, 0x1 | 0x2 | 0x4 | 0x10 | 0x20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := compile(t, `{"defaultAction": "SCMP_ACT_ALLOW", `+tt.rest+`}`)
			if f.Flags != tt.want {
				t.Errorf("flags %#x, want %#x", f.Flags, tt.want)
			}
			if f.Notify {
				f.Flags |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
			}
			if o := apply(t, f, nil); o.install != 0 {
				t.Errorf("seccomp(2): %v", o.install)
			}
		})
	}
}

func TestUnknownSyscalls(t *testing.T) {
	f := compile(t, `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["frobnicate", "getpid", "mount_from_mars"], "action": "SCMP_ACT_ERRNO"},
		{"names": ["frobnicate", "socketcall"], "action": "SCMP_ACT_ERRNO"}]}`)
	if want := []string{"frobnicate", "mount_from_mars"}; !slices.Equal(f.Unknown, want) {
		t.Errorf("unknown %q, want %q", f.Unknown, want)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ profile, want string }{
		{`{}`, `compile linux.seccomp.defaultAction: unknown action ""`},
		{`{"defaultAction": "ALLOW"}`, `compile linux.seccomp.defaultAction: unknown action "ALLOW"`},
		{`{"defaultAction": "SCMP_ACT_NOTIFY"}`, `compile linux.seccomp.defaultAction: "SCMP_ACT_NOTIFY" would suspend the runtime itself`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1}`, `compile linux.seccomp.defaultErrnoRet: action "SCMP_ACT_ALLOW" takes no errno`},
		{`{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4095}`, `compile linux.seccomp.defaultErrnoRet: 4095 is greater than 4094`},
		{`{"defaultAction": "SCMP_ACT_TRACE", "defaultErrnoRet": 65536}`, `compile linux.seccomp.defaultErrnoRet: 65536 is greater than 65535`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86", "SCMP_ARCH_VAX"]}`,
			`compile linux.seccomp.architectures[1]: unknown architecture "SCMP_ARCH_VAX"`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_NEW_LISTENER"]}`,
			`compile linux.seccomp.flags[0]: unknown flag "SECCOMP_FILTER_FLAG_NEW_LISTENER"`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_ALLOW"}]}`,
			`compile linux.seccomp.syscalls[0].names: empty`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read\u0000x"], "action": "SCMP_ACT_KILL"}]}`,
			`compile linux.seccomp.syscalls[0].names[0]: "read\x00x" contains NUL`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "KILL"}]}`,
			`compile linux.seccomp.syscalls[0].action: unknown action "KILL"`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_KILL", "errnoRet": 1}]}`,
			`compile linux.seccomp.syscalls[0].errnoRet: action "SCMP_ACT_KILL" takes no errno`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_KILL", "args": [{"index": 6, "op": "SCMP_CMP_EQ", "value": 1}]}]}`,
			`compile linux.seccomp.syscalls[0].args[0].index: 6 is greater than 5`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_KILL", "args": [{"index": 0, "op": "==", "value": 1}]}]}`,
			`compile linux.seccomp.syscalls[0].args[0].op: unknown operator "=="`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
			{"names": ["getpid"], "action": "SCMP_ACT_KILL", "args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": 1}]},
			{"names": ["getpid"], "action": "SCMP_ACT_TRAP", "args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": 1}]}]}`,
			`compile linux.seccomp.syscalls[1].names[0]: add rule for "getpid": an earlier entry with the same conditions has another action`},
	}
	for _, tt := range tests {
		t.Run(tt.profile, func(t *testing.T) {
			f, err := Compile(parse(t, tt.profile), "")
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, %v\nwant %s", f, err, tt.want)
			}
		})
	}
}

// A rule that says what another has said, or what is the default anyway, is no
// error.
func TestRedundantRules(t *testing.T) {
	f := compile(t, `{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
		{"names": ["getpid", "getpid"], "action": "SCMP_ACT_ALLOW"},
		{"names": ["getpid"], "action": "SCMP_ACT_ALLOW"},
		{"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
		{"names": ["getpid"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": 1}]},
		{"names": ["exit_group"], "action": "SCMP_ACT_ALLOW"}]}`)
	for nr, want := range map[uint32]uint32{
		unix.SYS_GETPID:  unix.SECCOMP_RET_ALLOW,
		unix.SYS_GETPPID: unix.SECCOMP_RET_ERRNO | 1,
	} {
		if got := evaluate(t, f.Program, sysCall{nativeToken, nr, [6]uint64{}}); got != want {
			t.Errorf("call %d gives %#x, want %#x", nr, got, want)
		}
	}
}

func TestPrecedence(t *testing.T) {
	const trap, kill = unix.SECCOMP_RET_TRAP, unix.SECCOMP_RET_KILL_PROCESS
	const (
		trapAll = `{"names": ["getpid"], "action": "SCMP_ACT_TRAP"}`
		killAll = `{"names": ["getpid"], "action": "SCMP_ACT_KILL_PROCESS"}`
		killOne = `{"names": ["getpid"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": 1}]}`
	)
	tests := []struct {
		name, entries string
		zero, one     uint32
	}{
		{"first of two", trapAll + "," + killAll, trap, trap},
		{"first of two, turned", killAll + "," + trapAll, kill, kill},
		{"without conditions last", killOne + "," + trapAll, trap, trap},
		{"without conditions first", trapAll + "," + killOne, trap, trap},
		{"conditions alone", killOne, unix.SECCOMP_RET_ALLOW, kill},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := compile(t, `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [`+tt.entries+`]}`)
			for arg, want := range []uint32{tt.zero, tt.one} {
				c := sysCall{nativeToken, unix.SYS_GETPID, [6]uint64{uint64(arg)}}
				if got := evaluate(t, f.Program, c); got != want {
					t.Errorf("argument %d: %#x, want %#x", arg, got, want)
				}
			}
		})
	}
}

// What the configuration check accepts and what compiles must be the same.
func TestNamesAreThoseOfSpecconv(t *testing.T) {
	for _, tt := range []struct {
		name      string
		got, want []string
	}{
		{"actions", Actions(), specconv.SeccompActions()},
		{"operators", Operators(), specconv.SeccompOperators()},
		{"architectures", Archs(), specconv.SeccompArchs()},
		{"flags", Flags(), specconv.SeccompFlags()},
	} {
		slices.Sort(tt.got)
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("%s: %q, specconv has %q", tt.name, tt.got, tt.want)
		}
	}
}
