package inside

import (
	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// labels sets what AppArmor and SELinux give the program at execve. Both are
// written to a procfs of the host, for a profile that is set on a dummy file is
// no profile (CVE-2019-16884).
func labels(p *Plan, in *nsexec.Batch) {
	spec := p.Config.Process.Spec
	for _, l := range [...]struct{ name, property, value, text string }{
		{AppArmorAttr, "process.apparmorProfile", spec.ApparmorProfile, "exec " + spec.ApparmorProfile},
		{SELinuxAttr, "process.selinuxLabel", spec.SelinuxLabel, spec.SelinuxLabel},
	} {
		if l.value == "" {
			continue
		}
		in.Step("set label", l.property, l.value)
		attr, given := p.passed.attrs[l.name]
		if !given {
			attr = in.Openat2(p.proc, "thread-self/attr/"+l.name, unix.O_WRONLY, 0, procOnly)
		}
		in.Write(attr, []byte(l.text))
		if l.name == AppArmorAttr {
			in.OnError(notLoaded)
		}
		in.Close(attr)
	}
	if p.proc != 0 {
		in.Step("close", "", "the host's /proc")
		in.Close(p.proc)
	}
}

func notLoaded(_ *nsexec.Executor, e *nsexec.CallError) (nsexec.Next, error) {
	if e.Errno == unix.ENOENT {
		e.Detail = "the profile is not loaded"
	}
	return 0, e
}

// The files below /proc/PID/attr that take a label for the next execve.
const (
	AppArmorAttr = "apparmor/exec"
	SELinuxAttr  = "exec"
)

func (p *Plan) labelled() bool {
	spec := p.Config.Process.Spec
	return spec.ApparmorProfile != "" || spec.SelinuxLabel != ""
}
