package inside

import (
	"golang.org/x/sys/unix"

	"rt/nsexec"
	"rt/specconv"
)

// bounding drops what is not in process.capabilities.bounding. The set can
// only shrink, so it goes before the user changes, while CAP_SETPCAP is held.
func bounding(p *Plan, in *nsexec.Batch) {
	keep := p.Config.Process.Caps.Bounding
	for c := 0; c <= p.LastCap; c++ {
		if keep>>c&1 == 0 {
			in.Prctl(unix.PR_CAPBSET_DROP, uint64(c))
		}
	}
}

// capabilities sets the other four sets. What cannot be granted is left out:
// the spec has that be a warning.
func capabilities(p *Plan, in *nsexec.Batch) {
	c := p.grantable()
	in.Step("set", "process.capabilities", "")
	in.Capset(c.Effective, c.Permitted, c.Inheritable)
	in.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL)
	for i := 0; i <= p.LastCap; i++ {
		if c.Ambient>>i&1 == 1 {
			in.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, uint64(i))
		}
	}
}

// grantable is process.capabilities within what the executor itself has, as
// the kernel will take it: effective within permitted, ambient within
// permitted and inheritable.
func (p *Plan) grantable() specconv.Capabilities {
	c := p.Config.Process.Caps
	c.Permitted &= p.Permitted
	c.Effective &= c.Permitted
	c.Inheritable &= c.Bounding & p.Permitted
	c.Ambient &= c.Permitted & c.Inheritable
	return c
}

// keepCapabilities lets them survive the change of user.
func keepCapabilities(in *nsexec.Batch, on bool) {
	v := uint64(0)
	if on {
		v = 1
	}
	in.Prctl(unix.PR_SET_KEEPCAPS, v)
}
