package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/mndrix/tap-go"
	rspec "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/runtime-tools/cgroups"
	"github.com/opencontainers/runtime-tools/generate"
	"github.com/opencontainers/runtime-tools/validation/util"
	"github.com/syndtr/gocapability/capability"
)

// grantable makes the container privileged, as far as this process could
// itself gain the capabilities: a host may withhold some of them.
func grantable(g *generate.Generator) error {
	g.SetupPrivileged(true)
	own, err := capability.NewPid2(0)
	if err == nil {
		err = own.Load()
	}
	if err != nil {
		return fmt.Errorf("read own capabilities: %w", err)
	}
	var names []string
	for _, c := range capability.List() {
		if own.Get(capability.BOUNDING, c) {
			names = append(names, "CAP_"+strings.ToUpper(c.String()))
		}
	}
	caps := g.Config.Process.Capabilities
	for _, set := range []*[]string{&caps.Bounding, &caps.Effective, &caps.Inheritable, &caps.Permitted, &caps.Ambient} {
		*set = slices.DeleteFunc(*set, func(name string) bool { return !slices.Contains(names, name) })
	}
	return nil
}

// capabilitiesAll stands in for process_capabilities where the host withholds
// capabilities: it asks for all that can be granted.
func capabilitiesAll(t *tap.T) error {
	g, err := defaultConfig()
	if err != nil {
		return err
	}
	if err := grantable(g); err != nil {
		return err
	}
	g.AddAnnotation("TestName", "all capabilities that can be granted are set")
	return util.RuntimeInsideValidate(g, t, nil)
}

// capabilityUnknown stands in for process_capabilities_fail, which wants an
// error. config.md, Linux Process: a value that cannot be mapped MUST be logged
// as a warning, and SHOULD NOT fail.
func capabilityUnknown(t *tap.T) error {
	c, err := newContainer(func(c *container) {
		caps := c.config.Config.Process.Capabilities
		caps.Bounding = append(caps.Bounding, "CAP_TEST")
	})
	if err != nil {
		return err
	}
	defer c.remove()
	succeeds(t, c.Create(), "create succeeds with an unknown capability")
	_, stderr, err := c.ReadStandardStreams()
	if err != nil {
		return err
	}
	t.Ok(strings.Contains(string(stderr), "CAP_TEST"), "a warning names the unknown capability")
	return nil
}

// rlimits stands in for process_rlimits, whose test program is built with a Go
// that raises its own RLIMIT_NOFILE before it looks. config.md, POSIX process:
// the soft and the hard limit MUST match the kernel's.
func rlimits(t *tap.T) error {
	const giga = 1 << 30
	cases := []struct {
		limit      string
		name       string
		hard, soft uint64
	}{
		{"RLIMIT_AS", "Max address space", 2 * giga, 1 * giga},
		{"RLIMIT_CORE", "Max core file size", 4 * giga, 3 * giga},
		{"RLIMIT_DATA", "Max data size", 6 * giga, 5 * giga},
		{"RLIMIT_FSIZE", "Max file size", 8 * giga, 7 * giga},
		{"RLIMIT_STACK", "Max stack size", 10 * giga, 9 * giga},
		{"RLIMIT_CPU", "Max cpu time", 120, 60},
		{"RLIMIT_NOFILE", "Max open files", 4000, 3000},
	}
	c, err := newContainer(func(c *container) {
		c.config.SetProcessArgs([]string{"sh", "-c", "cat /proc/self/limits > /limits"})
		for _, tc := range cases {
			c.config.AddProcessRlimits(tc.limit, tc.hard, tc.soft)
		}
	})
	if err != nil {
		return err
	}
	defer c.remove()
	if err := c.runToEnd(); err != nil {
		return err
	}
	for _, tc := range cases {
		got := ""
		for line := range strings.Lines(c.read("limits")) {
			if values, ok := strings.CutPrefix(line, tc.name); ok {
				got = strings.Join(strings.Fields(values)[:2], " ")
			}
		}
		equal(t, got, fmt.Sprintf("%d %d", tc.soft, tc.hard), tc.limit+" has the soft and the hard value")
	}
	return nil
}

// rootfsPropagation stands in for linux_rootfs_propagation where the host
// withholds capabilities.
func rootfsPropagation(t *tap.T) error {
	for _, propagation := range []string{"shared", "slave", "private", "unbindable"} {
		g, err := defaultConfig()
		if err != nil {
			return err
		}
		if err := grantable(g); err != nil {
			return err
		}
		g.SetLinuxRootPropagation(propagation)
		g.AddAnnotation("TestName", "root propagation "+propagation)
		if err := util.RuntimeInsideValidate(g, t, nil); err != nil {
			t.Fail("root propagation " + propagation + ": " + describe(err))
		}
	}
	return nil
}

// memory stands in for linux_cgroups_memory where the kernel no longer limits
// kernel memory: it asserts every other limit.
func memory(t *tap.T) error {
	const limit = 50593792
	g, err := defaultConfig()
	if err != nil {
		return err
	}
	g.SetLinuxCgroupsPath(cgroups.AbsCgroupPath + "-memory")
	g.SetLinuxResourcesMemoryLimit(limit)
	g.SetLinuxResourcesMemoryReservation(limit)
	g.SetLinuxResourcesMemorySwap(limit)
	g.SetLinuxResourcesMemoryKernelTCP(limit)
	g.SetLinuxResourcesMemorySwappiness(10)
	g.SetLinuxResourcesMemoryDisableOOMKiller(true)
	return util.RuntimeOutsideValidate(g, t, func(config *rspec.Spec, t *tap.T, state *rspec.State) error {
		fs, err := cgroups.FindCgroup()
		if err != nil {
			return err
		}
		got, err := fs.GetMemoryData(state.Pid, config.Linux.CgroupsPath)
		if err != nil {
			return err
		}
		want := config.Linux.Resources.Memory
		equal(t, *got.Limit, *want.Limit, "memory.limit is set")
		equal(t, *got.Reservation, *want.Reservation, "memory.reservation is set")
		equal(t, *got.Swap, *want.Swap, "memory.swap is set")
		equal(t, *got.KernelTCP, *want.KernelTCP, "memory.kernelTCP is set")
		equal(t, *got.Swappiness, *want.Swappiness, "memory.swappiness is set")
		equal(t, *got.DisableOOMKiller, *want.DisableOOMKiller, "memory.disableOOMKiller is set")
		return nil
	})
}

// blockIO stands in for linux_cgroups_blkio on cgroup v1, which sets leaf
// weights that no kernel has by now, and limits of a disk that may not be there.
func blockIO(t *tap.T) error {
	disk, resources, err := throttled()
	if err != nil {
		return err
	}
	c, err := newContainer(func(*container) {})
	if err != nil {
		return err
	}
	defer c.remove()
	path := "/" + c.ID
	if err := errors.Join(c.limit(resources, path), c.Create()); err != nil {
		return err
	}
	for i, file := range []string{"read_bps_device", "write_bps_device", "read_iops_device", "write_iops_device"} {
		text, err := os.ReadFile(cgroupMount + "/blkio" + path + "/blkio.throttle." + file)
		if err != nil {
			return err
		}
		equal(t, strings.TrimSpace(string(text)), fmt.Sprintf("%s %d", disk, 1000+i), file+" is set")
	}
	return nil
}
