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
	need := func(flag uint64, name string) {
		if !ns.Has(flag) {
			c.fail(path, "needs a namespace of type %s in linux.namespaces", name)
		}
	}
	switch _, ipc := slices.BinarySearch(ipcSysctls[:], file); {
	case ipc || strings.HasPrefix(file, "fs/mqueue/"):
		need(unix.CLONE_NEWIPC, "ipc")
	case strings.HasPrefix(file, "net/"):
		need(unix.CLONE_NEWNET, "network")
	case strings.HasPrefix(file, "user/"):
		need(unix.CLONE_NEWUSER, "user")
	case file == "kernel/hostname":
		c.fail(path, "conflicts with the property hostname, use that")
	case file == "kernel/domainname":
		need(unix.CLONE_NEWUTS, "uts")
		if domainname != "" {
			c.fail(path, "conflicts with the property domainname")
		}
	default:
		c.fail(path, "is not a parameter of a namespace, it would change the host")
	}
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
