package devices

import (
	"fmt"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// run interprets a program as the kernel does, for one request.
func run(t *testing.T, p []instruction, kind, access, major, minor uint32) bool {
	t.Helper()
	context := map[int16]uint32{0: access<<16 | kind, 4: major, 8: minor}
	var r [16]uint32
	for pc, steps := 0, 0; pc < len(p) && steps < 1000; pc, steps = pc+1, steps+1 {
		i := p[pc]
		dst, src, imm := i.regs&15, i.regs>>4, uint32(i.imm)
		jump := false
		switch i.code {
		case unix.BPF_LDX | unix.BPF_MEM | unix.BPF_W:
			r[dst] = context[i.offset]
		case unix.BPF_ALU | unix.BPF_MOV | unix.BPF_X:
			r[dst] = r[src]
		case unix.BPF_ALU64 | unix.BPF_MOV | unix.BPF_K:
			r[dst] = imm
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			r[dst] &= imm
		case unix.BPF_ALU | unix.BPF_RSH | unix.BPF_K:
			r[dst] >>= imm
		case unix.BPF_JMP32 | unix.BPF_JNE | unix.BPF_K:
			jump = r[dst] != imm
		case unix.BPF_JMP32 | unix.BPF_JSET | unix.BPF_K:
			jump = r[dst]&imm != 0
		case unix.BPF_JMP | unix.BPF_JA | unix.BPF_K:
			jump = true
		case unix.BPF_JMP | unix.BPF_EXIT:
			return r[0] != 0
		default:
			t.Fatalf("instruction %d has code %#x", pc, i.code)
		}
		if jump {
			pc += int(i.offset)
		}
	}
	t.Fatal("the program does not end")
	return false
}

func entry(allow bool, kind string, major, minor int64, access string) specs.LinuxDeviceCgroup {
	e := specs.LinuxDeviceCgroup{Allow: allow, Type: kind, Access: access}
	if major != Any {
		e.Major = &major
	}
	if minor != Any {
		e.Minor = &minor
	}
	return e
}

var (
	denyAll  = entry(false, "", Any, Any, "rwm")
	allowAll = entry(true, "a", Any, Any, "rwm")
)

func TestProgram(t *testing.T) {
	for _, c := range []struct {
		name         string
		rules        []specs.LinuxDeviceCgroup
		kind, access uint32
		major, minor uint32
		want         bool
	}{
		{"null by default", nil, char, Read | Write, 1, 3, true},
		{"mknod by default", nil, block, Mknod, 8, 0, true},
		{"disk denied by default", nil, block, Read, 8, 0, false},
		{"mem denied by default", nil, char, Read, 1, 1, false},
		{"pts, any minor", nil, char, Read | Write, 136, 99, true},
		{"a block device with null's numbers", nil, block, Read, 1, 3, false},
		{"deny all", []specs.LinuxDeviceCgroup{denyAll}, char, Read, 10, 200, false},
		{"allow all", []specs.LinuxDeviceCgroup{allowAll}, block, Read | Write, 8, 0, true},
		{"allowed by number", []specs.LinuxDeviceCgroup{denyAll, entry(true, "c", 10, 200, "rw")}, char, Read | Write, 10, 200, true},
		{"other minor", []specs.LinuxDeviceCgroup{denyAll, entry(true, "c", 10, 200, "rw")}, char, Read, 10, 201, false},
		{"other major", []specs.LinuxDeviceCgroup{denyAll, entry(true, "c", 10, 200, "rw")}, char, Read, 11, 200, false},
		{"more than allowed", []specs.LinuxDeviceCgroup{denyAll, entry(true, "b", 8, 0, "r")}, block, Read | Write, 8, 0, false},
		{"allowed in two parts", []specs.LinuxDeviceCgroup{entry(true, "b", 8, 0, "r"), entry(true, "b", 8, Any, "w")}, block, Read | Write, 8, 0, true},
		{"taken out of a range", []specs.LinuxDeviceCgroup{entry(true, "b", 8, Any, "rw"), entry(false, "b", 8, 1, "w")}, block, Write, 8, 1, false},
		{"reading is left", []specs.LinuxDeviceCgroup{entry(true, "b", 8, Any, "rw"), entry(false, "b", 8, 1, "w")}, block, Read, 8, 1, true},
		{"denied in part", []specs.LinuxDeviceCgroup{entry(true, "b", 8, Any, "rw"), entry(false, "b", 8, 1, "w")}, block, Read | Write, 8, 1, false},
		{"denied out of all", []specs.LinuxDeviceCgroup{allowAll, entry(false, "c", 1, 1, "")}, char, Read, 1, 1, false},
		{"rest of all", []specs.LinuxDeviceCgroup{allowAll, entry(false, "c", 1, 1, "")}, char, Read, 1, 2, true},
		{"later deny all wins", []specs.LinuxDeviceCgroup{allowAll, denyAll}, block, Read, 8, 0, false},
		{"both types, read", []specs.LinuxDeviceCgroup{entry(true, "a", Any, Any, "r")}, block, Read, 8, 0, true},
		{"both types, not write", []specs.LinuxDeviceCgroup{entry(true, "a", Any, Any, "r")}, char, Write, 10, 1, false},
		{"numbers over 31 bits", []specs.LinuxDeviceCgroup{entry(true, "c", 1<<32-1, 1<<32-2, "r")}, char, Read, 1<<32 - 1, 1<<32 - 2, true},
		{"no access asked of a known device", nil, char, 0, 1, 3, true},
		{"no access asked of another", []specs.LinuxDeviceCgroup{entry(false, "c", 10, 1, "rwm")}, block, 0, 8, 0, true},
	} {
		rules, err := Rules(c.rules)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := run(t, program(rules), c.kind, c.access, c.major, c.minor); got != c.want {
			t.Errorf("%s: allowed = %v, want %v", c.name, got, c.want)
		}
	}
}

// Wherever v1 has a form for the rules, its policy and the program agree on
// every single access.
func TestProgramAgreesWithPolicy(t *testing.T) {
	numbers := []int64{1, 3, 8, 136, 200}
	for n, entries := range [][]specs.LinuxDeviceCgroup{
		nil,
		{denyAll, entry(true, "c", 10, 200, "rw"), entry(true, "b", 8, Any, "r")},
		{allowAll, entry(false, "c", 1, Any, "w"), entry(false, "b", 8, 3, "rwm")},
		{entry(true, "a", Any, Any, "r"), entry(false, "b", Any, Any, "r")},
	} {
		rules, err := Rules(entries)
		if err != nil {
			t.Fatal(err)
		}
		policy, err := NewPolicy(rules)
		if err != nil {
			t.Fatal(err)
		}
		p := program(rules)
		for _, kind := range []byte("bc") {
			for _, access := range []uint8{Mknod, Read, Write} {
				for _, major := range numbers {
					for _, minor := range numbers {
						request := Rule{Type: kind, Major: major, Minor: minor, Access: access}
						want := policy.Allow
						for _, e := range policy.Except {
							if e.covers(request) && e.Access&access != 0 {
								want = !policy.Allow
							}
						}
						if got := run(t, p, uint32(request.number()), uint32(access), uint32(major), uint32(minor)); got != want {
							t.Errorf("rules %d: %s: program says %v, policy %v", n, request, got, want)
						}
					}
				}
			}
		}
	}
}

func TestRuleErrors(t *testing.T) {
	for _, c := range []struct {
		rule specs.LinuxDeviceCgroup
		want string
	}{
		{entry(true, "x", 1, 3, "rwm"), `linux.resources.devices[0].type: "x" is not a, b or c`},
		{entry(true, "u", 1, 3, "rwm"), `linux.resources.devices[0].type: "u" is not a, b or c`},
		{entry(true, "c", -2, 3, "rwm"), `linux.resources.devices[0].major: -2 is not a device number`},
		{entry(true, "c", 1, 1<<32, "rwm"), `linux.resources.devices[0].minor: 4294967296 is not a device number`},
		{entry(true, "c", 1, 3, "rx"), `linux.resources.devices[0].access: "rx" holds more than r, w and m`},
	} {
		_, err := Rules([]specs.LinuxDeviceCgroup{c.rule})
		if fmt.Sprint(err) != c.want {
			t.Errorf("%v: %v, want %s", c.rule, err, c.want)
		}
	}
}
