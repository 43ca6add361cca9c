package profile

import (
	"encoding/binary"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// The numbers of 32-bit ARM have a second range far above the first, which must
// not count as the newest calls; nor must those that stand for socketcall and
// ipc, which are older than all that architectures have in common.
func TestNewest(t *testing.T) {
	numbers := func(name string, a Arch) (int, bool) {
		for _, n := range []struct {
			name string
			nr   int
		}{{"read", 3}, {"statx", 397}, {"set_tls", armPrivate + 5}, {"shmget", -222}, {"elsewhere", -10001}} {
			if n.name == name {
				return n.nr, true
			}
		}
		return 0, false
	}
	for _, tt := range []struct {
		names []string
		want  int64
	}{
		{[]string{"read", "statx", "set_tls"}, 397},
		{[]string{"read", "shmget"}, lastPrivate},
		{[]string{"read", "elsewhere", "unknown"}, 3},
		{[]string{"unknown"}, -1},
	} {
		p := Plan{Calls: []Call{{Names: tt.names}}}
		if got := p.newest(Arch{limit: armPrivate}, numbers); got != tt.want {
			t.Errorf("%q: newest %d, want %d", tt.names, got, tt.want)
		}
	}
}

func TestPrologue(t *testing.T) {
	for _, tt := range []struct {
		name   string
		action specs.LinuxSeccompAction
		errno  uint
		want   int // instructions
	}{
		{"deny", "SCMP_ACT_ERRNO", 1, 6},
		{"ENOSYS is the default", "SCMP_ACT_ERRNO", 38, 0},
		{"trace", "SCMP_ACT_TRACE", 1, 0},
	} {
		p, err := Decide(&specs.LinuxSeccomp{DefaultAction: tt.action, DefaultErrnoRet: &tt.errno,
			Syscalls: []specs.LinuxSyscall{{Names: []string{"read"}, Action: "SCMP_ACT_ALLOW"}}})
		if err != nil {
			t.Fatal(err)
		}
		got := p.Prologue(func(string, Arch) (int, bool) { return 7, true })
		if len(got) != tt.want*InstructionSize {
			t.Errorf("%s: %d bytes, want %d instructions", tt.name, len(got), tt.want)
		}
		if len(got) > 0 && binary.NativeEndian.Uint32(got[3*InstructionSize+4:]) != 7 {
			t.Errorf("%s: % x does not compare with 7", tt.name, got)
		}
	}
}
