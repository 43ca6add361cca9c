package inside

import (
	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// labels sets what AppArmor and SELinux give the program at execve. Both are
// written through the host's /proc, for a profile that is set on a dummy file
// is no profile (CVE-2019-16884).
func labels(p *Plan, in *nsexec.Batch) {
	spec := p.Config.Process.Spec
	if profile := spec.ApparmorProfile; profile != "" {
		in.Step("set AppArmor profile", "process.apparmorProfile", profile)
		fd := in.Openat2(p.proc, "thread-self/attr/apparmor/exec", unix.O_WRONLY, 0, procOnly)
		in.Write(fd, []byte("exec "+profile))
		in.Close(fd)
	}
	if label := spec.SelinuxLabel; label != "" {
		in.Step("set SELinux label", "process.selinuxLabel", label)
		fd := in.Openat2(p.proc, "thread-self/attr/exec", unix.O_WRONLY, 0, procOnly)
		in.Write(fd, []byte(label))
		in.Close(fd)
	}
	in.Step("close", "", "the host's /proc")
	in.Close(p.proc)
}
