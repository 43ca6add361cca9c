package specconv

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// capabilities in the kernel's numbering: the index is the number.
var capabilities = [...]string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER",
	"CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
	"CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
	"CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE",
	"CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
	"CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD",
	"CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
	"CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
}

// CapabilityName is the name of a capability by its number.
func CapabilityName(number int) string {
	if number < len(capabilities) {
		return capabilities[number]
	}
	return "capability " + strconv.Itoa(number)
}

// CapabilityNames returns the known capabilities, sorted.
func CapabilityNames() []string {
	list := slices.Clone(capabilities[:])
	slices.Sort(list)
	return list
}

// capabilities turns names into masks. A capability that cannot be granted
// is left out with a warning, never an error (config.md#linux-process).
func (c *checker) capabilities(s *specs.LinuxCapabilities) Capabilities {
	if s == nil {
		return Capabilities{}
	}
	const path = "process.capabilities"
	caps := Capabilities{
		Bounding:    c.capabilitySet(path+".bounding", s.Bounding),
		Effective:   c.capabilitySet(path+".effective", s.Effective),
		Permitted:   c.capabilitySet(path+".permitted", s.Permitted),
		Inheritable: c.capabilitySet(path+".inheritable", s.Inheritable),
		Ambient:     c.capabilitySet(path+".ambient", s.Ambient),
	}
	// capset(2) and PR_CAP_AMBIENT_RAISE refuse what goes beyond these sets.
	caps.Effective = c.capabilityLimit(path+".effective", caps.Effective, caps.Permitted, "permitted")
	caps.Ambient = c.capabilityLimit(path+".ambient", caps.Ambient, caps.Permitted, "permitted")
	caps.Ambient = c.capabilityLimit(path+".ambient", caps.Ambient, caps.Inheritable, "inheritable")
	return caps
}

func (c *checker) capabilitySet(path string, list []string) uint64 {
	var set uint64
	var unknown, unsupported []string
	for _, name := range list {
		switch n := slices.Index(capabilities[:], name); {
		case n < 0:
			unknown = append(unknown, name)
		case n > c.host.LastCap:
			unsupported = append(unsupported, name)
		default:
			set |= 1 << n
		}
	}
	if unknown != nil {
		c.warn(path, "unknown capability %q ignored", unknown)
	}
	if unsupported != nil {
		c.warn(path, "capability %q unknown to this kernel ignored", unsupported)
	}
	return set
}

// capabilityLimit returns what of set is in limit.
func (c *checker) capabilityLimit(path string, set, limit uint64, limitName string) uint64 {
	if over := set &^ limit; over != 0 {
		c.warn(path, "%s cannot be granted without being %s", capabilityList(over), limitName)
	}
	return set & limit
}

func capabilityList(set uint64) string {
	var list []string
	for ; set != 0; set &= set - 1 {
		list = append(list, capabilities[bits.TrailingZeros64(set)])
	}
	return strings.Join(list, ", ")
}
