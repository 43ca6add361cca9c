package devices

import "golang.org/x/sys/unix"

// instruction is struct bpf_insn, with the fields that filters use.
type instruction struct {
	code   uint8
	regs   uint8 // destination in the low half, source in the high
	offset int16
	imm    int32
}

// The registers of the program. The kernel passes struct
// bpf_cgroup_dev_ctx{access_type, major, minor} in r1.
const (
	rResult = iota
	rContext
	rType
	rAccess // what the caller asks for and no rule has allowed yet
	rMajor
	rMinor
)

// Device types, BPF_DEVCG_DEV_* in linux/bpf.h.
const (
	block = 1
	char  = 2
)

// program compiles rules, the first being for all devices, into a
// BPF_PROG_TYPE_CGROUP_DEVICE program. It looks at the last rule first. A rule
// may settle only some of the access asked for (read, but not write): what is
// left goes on to the rules before.
func program(rules []Rule) []instruction {
	p := make([]instruction, 0, 5+8*len(rules))
	p = append(p,
		load(rType, 0),
		move(rAccess, rType),
		alu(unix.BPF_AND, rType, 0xffff),
		alu(unix.BPF_RSH, rAccess, 16),
		load(rMajor, 4),
		load(rMinor, 8),
	)
	for i := len(rules) - 1; i >= 0; i-- {
		if rules[i].Type == 'a' {
			return append(p, answer(rules[i].Allow)...)
		}
		p = append(p, rules[i].compile()...)
	}
	return append(p, answer(false)...)
}

// compile gives the rule's instructions, which fall through to the next rule
// when it does not decide.
func (r Rule) compile() []instruction {
	var body []instruction
	if r.Allow {
		body = append(body, alu(unix.BPF_AND, rAccess, ^int32(r.Access)))
		answer := answer(true)
		body = append(body, skip(unix.BPF_JNE, rAccess, 0, len(answer)))
		body = append(body, answer...)
	} else {
		answer := answer(false)
		body = append(body, skip(unix.BPF_JSET, rAccess, int32(r.Access), 1), skip(unix.BPF_JA, 0, 0, len(answer)))
		body = append(body, answer...)
	}
	// Each test guards what comes after it, so they go on from the last.
	for _, test := range [...]struct {
		register uint8
		value    int64
	}{{rMinor, r.Minor}, {rMajor, r.Major}, {rType, r.number()}} {
		if test.value != Any {
			body = append([]instruction{skip(unix.BPF_JNE, test.register, int32(uint32(test.value)), len(body))}, body...)
		}
	}
	return body
}

func (r Rule) number() int64 {
	if r.Type == 'b' {
		return block
	}
	return char
}

// answer ends the program.
func answer(allow bool) []instruction {
	i := instruction{code: unix.BPF_ALU64 | unix.BPF_MOV | unix.BPF_K, regs: rResult}
	if allow {
		i.imm = 1
	}
	return []instruction{i, {code: unix.BPF_JMP | unix.BPF_EXIT}}
}

func load(dst uint8, offset int16) instruction {
	return instruction{code: unix.BPF_LDX | unix.BPF_MEM | unix.BPF_W, regs: rContext<<4 | dst, offset: offset}
}

func move(dst, src uint8) instruction {
	return instruction{code: unix.BPF_ALU | unix.BPF_MOV | unix.BPF_X, regs: src<<4 | dst}
}

func alu(op, dst uint8, imm int32) instruction {
	return instruction{code: unix.BPF_ALU | op | unix.BPF_K, regs: dst, imm: imm}
}

// skip jumps over n instructions when the register compares to imm. Numbers
// are 32 bits wide, and so is the comparison: a 64-bit one would extend the
// sign of imm.
func skip(op, register uint8, imm int32, n int) instruction {
	class := uint8(unix.BPF_JMP32)
	if op == unix.BPF_JA {
		class = unix.BPF_JMP // BPF_JMP32 has another meaning with JA
	}
	return instruction{code: class | op | unix.BPF_K, regs: register, offset: int16(n), imm: imm}
}
