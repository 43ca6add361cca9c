package specconv

import (
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// netDevices checks config-linux.md#network-devices.
func (c *checker) netDevices(devices map[string]specs.LinuxNetDevice, ns Namespaces) {
	if len(devices) > 0 && !ns.Has(unix.CLONE_NEWNET) {
		c.fail("linux.netDevices", "needs a network namespace in linux.namespaces")
	}
	targets := map[string]string{}
	for _, host := range sortedKeys(devices) {
		path := under("linux.netDevices", host)
		if !netDeviceName(host) || strings.Contains(host, "%") {
			c.fail(path, "%q is not the name of a network device", host)
		}
		target := devices[host].Name
		if target == "" {
			target = host
		} else if base, _ := strings.CutSuffix(target, "%d"); !netDeviceName(target) || strings.Contains(base, "%") {
			c.fail(path+".name", "%q is not the name of a network device", target)
		}
		if other, ok := targets[target]; ok && !strings.HasSuffix(target, "%d") {
			c.fail(path+".name", "%q is also the name of %q", target, other)
		}
		targets[target] = host
	}
}

// netDeviceName is the kernel's rule, dev_valid_name().
func netDeviceName(name string) bool {
	if name == "" || len(name) >= unix.IFNAMSIZ || name == "." || name == ".." {
		return false
	}
	for i := range len(name) { // bytes: the kernel's isspace() has 0xa0 too
		switch name[i] {
		case 0, '/', ':', ' ', '\t', '\n', '\v', '\f', '\r', 0xa0:
			return false
		}
	}
	return true
}
