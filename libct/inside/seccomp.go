package inside

import (
	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// capsLate tells whether capabilities are set after the filter is loaded:
// without no_new_privs loading one takes CAP_SYS_ADMIN.
func (p *Plan) capsLate() bool {
	return len(p.Seccomp.Program) > 0 && !p.Config.Process.Spec.NoNewPrivileges
}

// earlyCapabilities sets them before anything waits or any hook runs, when
// nothing needs more afterwards.
func earlyCapabilities(p *Plan, in *nsexec.Batch) {
	if !p.capsLate() {
		capabilities(p, in)
	}
}

// filter loads linux.seccomp. It is the last thing but execve, so that a
// profile need not allow what the runtime does; only when capabilities are
// late do capset and prctl come after it.
func filter(p *Plan, in *nsexec.Batch) {
	if len(p.Seccomp.Program) > 0 {
		flags := p.Seccomp.Flags
		if p.Seccomp.Notify {
			flags |= unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
		}
		listener := in.Seccomp(flags, p.Seccomp.Program)
		if p.Seccomp.Notify {
			in.SendFD(p.passed.notify, listener, p.NotifyState(p.Pid))
		}
	}
	if p.capsLate() {
		capabilities(p, in)
	}
}
