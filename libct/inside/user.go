package inside

import (
	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// user becomes process.user (config.md#user). Ids are those of the container
// and are never looked up by name.
func user(p *Plan, in *nsexec.Batch) {
	u := p.Config.Process.Spec.User
	for _, n := range p.Chown {
		in.ChownNumber(n, u.UID)
		in.ExpectAny() // as a courtesy: a pipe or a terminal may refuse
	}
	keepCapabilities(in, true)
	if p.Setgroups {
		in.Step("set", "process.user.additionalGids", "")
		in.Setgroups(u.AdditionalGids)
	}
	in.Step("set", "process.user.gid", "")
	in.Setresgid(u.GID)
	in.Step("set", "process.user.uid", "")
	in.Setresuid(u.UID)
	keepCapabilities(in, false)
	shield(p, in)
	if p.capsLate() {
		// The effective set is gone with uid 0, but loading the filter takes
		// CAP_SYS_ADMIN.
		c := p.grantable()
		admin := uint64(1) << unix.CAP_SYS_ADMIN & p.Permitted
		in.Step("set", "process.capabilities", "")
		in.Capset(c.Effective|admin, c.Permitted|admin, c.Inheritable)
	}
}

// noNewPrivileges is one of the last things: it also forbids what the executor
// itself may still want to gain.
func noNewPrivileges(p *Plan, in *nsexec.Batch) {
	if p.Config.Process.Spec.NoNewPrivileges {
		in.Step("set", "process.noNewPrivileges", "")
		in.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1)
	}
}
