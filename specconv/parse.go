package specconv

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Parse checks a whole configuration and decides what the kernel is to be
// told. The bundle is an absolute directory, to which relative paths of the
// host relate. The error is Violations: all there are. Sections for other
// platforms are ignored (config.md#platform-specific-configuration).
func Parse(spec *specs.Spec, bundle string, host Host) (*Config, error) {
	c := checker{host: host}
	cfg := &Config{Spec: spec, Bundle: bundle}
	c.version(spec.Version)
	cfg.Rootfs = c.root(spec.Root, bundle)

	linux := spec.Linux
	if linux == nil {
		linux = &specs.Linux{}
	}
	cfg.Namespaces = c.namespaces(linux.Namespaces)
	cfg.Mounts = c.mounts(spec.Mounts, bundle, cfg.Namespaces)
	if cfg.Namespaces.New&unix.CLONE_NEWUSER != 0 {
		c.mappedMounts(cfg.Mounts, linux)
	}
	c.names(spec, cfg.Namespaces)
	c.hooks(spec.Hooks)
	for key := range spec.Annotations {
		if key == "" {
			c.fail("annotations", "a key must not be empty")
		}
	}
	c.linux(linux, cfg)
	if spec.Process != nil {
		cfg.Process = c.process(spec.Process)
		cfg.Process.Personality = cfg.Personality
		if cfg.Namespaces.New&unix.CLONE_NEWUSER != 0 {
			c.mappedUser(&spec.Process.User, linux)
		}
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	cfg.Warnings = c.warnings
	return cfg, nil
}

// CheckRootfs says whether the root file system is a directory, as
// config.md#root demands. It is the one check that looks at the host.
func CheckRootfs(cfg *Config) error {
	info, err := os.Stat(cfg.Rootfs)
	if err == nil && !info.IsDir() {
		err = unix.ENOTDIR
	}
	if err != nil {
		return Violations{{"root.path", fmt.Sprintf("open %q: %v", cfg.Rootfs, cause(err))}}
	}
	return nil
}

// root is the absolute path of the root file system.
func (c *checker) root(r *specs.Root, bundle string) string {
	switch {
	case r == nil:
		c.fail("root", "is required")
	case r.Path == "":
		c.fail("root.path", "is required")
	case !c.text("root.path", r.Path):
	case filepath.IsAbs(r.Path):
		return filepath.Clean(r.Path)
	default:
		return filepath.Join(bundle, r.Path)
	}
	return ""
}

// maxUTSName is the kernel's __NEW_UTS_LEN.
const maxUTSName = 64

// names checks hostname and domainname.
func (c *checker) names(spec *specs.Spec, ns Namespaces) {
	for _, n := range [...]struct{ path, value string }{
		{"hostname", spec.Hostname}, {"domainname", spec.Domainname},
	} {
		if n.value == "" {
			continue
		}
		if !ns.Has(unix.CLONE_NEWUTS) {
			c.fail(n.path, "needs a uts namespace in linux.namespaces")
		}
		if len(n.value) > maxUTSName {
			c.fail(n.path, "%q is longer than %d bytes", n.value, maxUTSName)
		}
		c.text(n.path, n.value)
	}
}

// rootPropagations are the values of linux.rootfsPropagation, and their
// recursive forms, which engines send as well.
var rootPropagations = [...]named[uint64]{
	{"shared", unix.MS_SHARED},
	{"slave", unix.MS_SLAVE},
	{"private", unix.MS_PRIVATE},
	{"unbindable", unix.MS_UNBINDABLE},
	{"rshared", unix.MS_SHARED | unix.MS_REC},
	{"rslave", unix.MS_SLAVE | unix.MS_REC},
	{"rprivate", unix.MS_PRIVATE | unix.MS_REC},
	{"runbindable", unix.MS_UNBINDABLE | unix.MS_REC},
}

// linux checks the linux section (config-linux.md).
func (c *checker) linux(l *specs.Linux, cfg *Config) {
	ns := cfg.Namespaces
	c.userNamespace(l, ns)
	c.timeOffsets(l.TimeOffsets, ns)
	cfg.Devices = c.devices(l.Devices)
	c.netDevices(l.NetDevices, ns)
	c.cgroupsPath(l.CgroupsPath)
	if l.Resources != nil {
		c.resources(l.Resources)
	}
	c.intelRdt(l.IntelRdt)
	cfg.MemoryPolicy = c.memoryPolicy(l.MemoryPolicy)
	c.sysctl(l.Sysctl, ns, cfg.Spec.Domainname)
	c.seccomp(l.Seccomp)
	if cfg.Spec.Root != nil && cfg.Spec.Root.Readonly && !ns.Has(unix.CLONE_NEWNS) {
		c.fail("root.readonly", "needs a mount namespace in linux.namespaces") // the host's mount would become so
	}
	if l.RootfsPropagation != "" {
		cfg.RootPropagation, _ = member(c, "linux.rootfsPropagation", rootPropagations[:], l.RootfsPropagation)
	}
	c.hiddenPaths("linux.maskedPaths", l.MaskedPaths, ns)
	c.hiddenPaths("linux.readonlyPaths", l.ReadonlyPaths, ns)
	c.text("linux.mountLabel", l.MountLabel)
	if l.MountLabel != "" && !c.host.SELinux {
		c.warn("linux.mountLabel", "ignored, as SELinux is not enabled on this host")
	}
	cfg.Personality = c.personality(l.Personality)
}

// hiddenPaths checks maskedPaths and readonlyPaths. Without a mount namespace
// the host's own files would be hidden.
func (c *checker) hiddenPaths(path string, list []string, ns Namespaces) {
	if len(list) > 0 && !ns.Has(unix.CLONE_NEWNS) {
		c.fail(path, "needs a mount namespace in linux.namespaces")
	}
	for i, p := range list {
		c.absolute(at(path, i), p)
	}
}

func (c *checker) cgroupsPath(path string) {
	c.text("linux.cgroupsPath", path)
	if slices.Contains(strings.Split(path, "/"), "..") {
		c.fail("linux.cgroupsPath", "%q must not contain ..", path)
	}
}

var personalityDomains = [...]named[uint64]{
	{"LINUX", 0},
	{"LINUX32", 8},
}

// Personality is what a configuration that was checked before asks of
// personality(2), for a process that is added to its container; nil when that
// is nothing.
func Personality(l *specs.Linux) *uint64 {
	var c checker
	return c.personality(l.Personality)
}

// personality makes the argument of personality(2).
func (c *checker) personality(p *specs.LinuxPersonality) *uint64 {
	if p == nil {
		return nil
	}
	domain, _ := member(c, "linux.personality.domain", personalityDomains[:], p.Domain)
	if len(p.Flags) > 0 {
		c.fail("linux.personality.flags", "must be empty, no flag is defined")
	}
	return &domain
}

// sortedKeys makes reports come in the same order each time.
func sortedKeys[T any](m map[string]T) []string {
	if len(m) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}
