package profile

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Offsets into struct seccomp_data.
const (
	offNr   = 0
	offArch = 4
)

// Calls that an architecture multiplexes through socketcall or ipc have these
// numbers in libseccomp, whether or not the kernel has since given them a
// number of their own. All such numbers precede the ones that architectures
// have in common, which begin after lastPrivate.
const (
	muxFirst    = -101
	muxLast     = -299
	lastPrivate = 423
)

// retENOSYS answers ENOSYS.
const retENOSYS = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)

// Number is the look-up of a system call's number on an architecture, false
// when it has none.
type Number func(name string, a Arch) (nr int, ok bool)

// Prologue returns the instructions that go before the filter and answer
// ENOSYS to calls newer than the profile; everything else falls through. There
// is one block for each architecture, and a block that does not apply costs two
// instructions. Only what the kernel can evaluate ahead is used (loads of nr
// and arch, plain jumps), so its bitmap of always-allowed calls stays effective.
func (p *Plan) Prologue(number Number) []byte {
	if !p.enosys {
		return nil
	}
	var out []byte
	for _, a := range p.Archs {
		if newest := p.newest(a, number); newest >= 0 {
			out = a.appendBlock(out, uint32(newest))
		}
	}
	return out
}

// appendBlock appends: if it is this architecture and newest < nr < limit,
// return ENOSYS.
func (a *Arch) appendBlock(out []byte, newest uint32) []byte {
	limit := a.limit
	if limit == 0 {
		limit = ^uint32(0)
	}
	for _, in := range [...]unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offArch},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 4, K: a.token},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offNr},
		{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, Jf: 2, K: newest},
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, Jt: 1, K: limit},
		{Code: unix.BPF_RET | unix.BPF_K, K: retENOSYS},
	} {
		out = binary.NativeEndian.AppendUint16(out, in.Code)
		out = append(out, in.Jt, in.Jf)
		out = binary.NativeEndian.AppendUint32(out, in.K)
	}
	return out
}

// newest returns the largest system call number of the architecture that the
// profile mentions with whatever action, -1 when it mentions none.
func (p *Plan) newest(a Arch, number Number) int64 {
	newest := int64(-1)
	for _, c := range p.Calls {
		for _, name := range c.Names {
			nr, ok := number(name, a)
			switch {
			case !ok:
			case nr <= muxFirst && nr >= muxLast:
				newest = max(newest, lastPrivate)
			case a.limit == 0 || int64(nr) < int64(a.limit):
				newest = max(newest, int64(nr))
			}
		}
	}
	return newest
}
