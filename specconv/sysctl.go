package specconv

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// ipcSysctls are the kernel.* parameters that each ipc namespace has. Sorted.
var ipcSysctls = [...]string{
	"kernel/msg_next_id", "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni",
	"kernel/sem", "kernel/sem_next_id", "kernel/shm_next_id",
	"kernel/shm_rmid_forced", "kernel/shmall", "kernel/shmmax", "kernel/shmmni",
}

// SysctlPath turns the name of a kernel parameter into its path below
// /proc/sys. The separator is the first of "." and "/" in the name; the other
// of the two is then part of a name, as in net/ipv4/conf/eth0.1/forwarding
// and net.ipv4.conf.eth0/1.forwarding (sysctl(8)).
func SysctlPath(key string) string {
	i := strings.IndexAny(key, "./")
	if i < 0 || key[i] == '/' {
		return key
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, key)
}

// sysctl checks that each parameter has a namespace of the container's own
// behind it: any other would change the host.
func (c *checker) sysctl(params map[string]string, ns Namespaces, domainname string) {
	written := map[string]string{}
	for _, key := range sortedKeys(params) {
		path := under("linux.sysctl", key)
		c.text(path, params[key])
		file := SysctlPath(key)
		if !sysctlFile(file) {
			c.fail(path, "%q is not the name of a kernel parameter", key)
			continue
		}
		if other, ok := written[file]; ok {
			c.fail(path, "is the same parameter as %q", other)
		}
		written[file] = key
		c.sysctlNamespace(path, file, ns, domainname)
	}
}

func (c *checker) sysctlNamespace(path, file string, ns Namespaces, domainname string) {
	flag := sysctlNamespace(file)
	switch {
	case flag == 0:
		c.fail(path, "is not a parameter of a namespace, it would change the host")
	case file == "kernel/hostname":
		c.fail(path, "conflicts with the property hostname, use that")
	case !ns.Has(flag):
		c.fail(path, "needs a namespace of type %s in linux.namespaces", namespaceType(flag))
	case file == "kernel/domainname" && domainname != "":
		c.fail(path, "conflicts with the property domainname")
	}
}

// SysctlNamespace is the CLONE_NEW* flag of the namespace that a kernel
// parameter belongs to, 0 for one of the whole host.
func SysctlNamespace(key string) uint64 { return sysctlNamespace(SysctlPath(key)) }

func sysctlNamespace(file string) uint64 {
	switch _, ipc := slices.BinarySearch(ipcSysctls[:], file); {
	case ipc || strings.HasPrefix(file, "fs/mqueue/"):
		return unix.CLONE_NEWIPC
	case strings.HasPrefix(file, "net/"):
		return unix.CLONE_NEWNET
	case strings.HasPrefix(file, "user/"):
		return unix.CLONE_NEWUSER
	case file == "kernel/hostname" || file == "kernel/domainname":
		return unix.CLONE_NEWUTS
	}
	return 0
}

// sysctlFile says whether a path below /proc/sys is made of plain names. A
// "+" is refused although a network device may have one in its name: some
// engines join several parameters with it (CVE-2022-0811).
func sysctlFile(path string) bool {
	for name := range strings.SplitSeq(path, "/") {
		if name == "" || name == "." || name == ".." {
			return false
		}
		for _, r := range []byte(name) {
			if !alphanumeric(r) && strings.IndexByte("_-.:@", r) < 0 {
				return false
			}
		}
	}
	return true
}

func alphanumeric(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}
