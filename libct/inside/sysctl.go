package inside

import (
	"golang.org/x/sys/unix"

	"rt/nsexec"
	"rt/specconv"
)

// sysctls writes linux.sysctl through the host's /proc, opened before any
// mount of the container: the container's could lead elsewhere
// (CVE-2025-52881). Which namespace is written depends on the writer alone.
func sysctls(p *Plan, in *nsexec.Batch) {
	for _, key := range sortedKeys(p.Config.Spec.Linux.Sysctl) {
		in.Step("set sysctl", "linux.sysctl["+key+"]", key)
		file := "sys/" + specconv.SysctlPath(key)
		fd := in.Openat2(p.proc, file, unix.O_WRONLY|unix.O_NOFOLLOW, 0, procOnly)
		in.Write(fd, []byte(p.Config.Spec.Linux.Sysctl[key]))
		in.Close(fd)
	}
}

// procOnly keeps a look-up in one procfs: what is mounted over it, and its
// magic links, are not followed.
const procOnly = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_XDEV | unix.RESOLVE_NO_MAGICLINKS
