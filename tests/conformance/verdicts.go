package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// kind is what is known of a program.
type kind int

const (
	sound     kind = iota // its TAP output is the runtime's result
	silent                // its TAP output never fails; a diagnostic with an error is a failure
	status                // it prints no TAP; its exit status is the result
	wrong                 // it is wrong by itself: a runtime that follows the spec does not pass it
	deviation             // it is right, but the engines need the runtime to do otherwise
	host                  // it is not run where the host lacks what it needs
)

// verdict is what is known of a program that is not simply sound. reason cites
// the specification by document and section; its version is 1.3.0.
type verdict struct {
	program string
	kind    kind
	reason  string
	lacks   func() string
}

// lack is what the host lacks of what the program needs, or "".
func (v verdict) lack() string {
	if v.kind != host {
		return ""
	}
	return v.lacks()
}

var verdicts = []verdict{
	{program: "checks/block_io", kind: host, lacks: missingFile("/sys/fs/cgroup/blkio/blkio.throttle.read_bps_device"), reason: "needs the blkio controller in cgroup v1; see checks/cgroup2_io for v2"},
	{program: "checks/cgroup2_cpu", kind: host, lacks: noCgroupV2, reason: "looks at files of cgroup v2"},
	{program: "checks/cgroup2_delete", kind: host, lacks: noCgroupV2, reason: "looks at files of cgroup v2"},
	{program: "checks/cgroup2_devices", kind: host, lacks: noCgroupV2, reason: "looks at files of cgroup v2"},
	{program: "checks/cgroup2_hugetlb", kind: host, lacks: noCgroupV2, reason: "looks at files of cgroup v2"},
	{program: "checks/cgroup2_io", kind: host, lacks: noCgroupV2, reason: "looks at files of cgroup v2"},
	{program: "checks/cgroup2_memory", kind: host, lacks: noCgroupV2, reason: "looks at files of cgroup v2"},
	{program: "checks/cgroup2_path", kind: host, lacks: noCgroupV2, reason: "looks at files of cgroup v2"},
	{program: "checks/cgroup2_pids", kind: host, lacks: noCgroupV2, reason: "looks at files of cgroup v2"},
	{program: "checks/cgroup2_refused", kind: host, lacks: noCgroupV2, reason: "looks at files of cgroup v2"},
	{program: "checks/cgroup2_unified", kind: host, lacks: noCgroupV2, reason: "looks at files of cgroup v2"},
	{program: "checks/memory", kind: host, lacks: noCgroupV1, reason: "looks at files of the v1 controller memory; see checks/cgroup2_memory for v2"},
	{program: "delete", kind: deviation,
		reason: "runtime.md, Delete: deleting a container that is not stopped MUST be an error; but engines delete a created container without --force; see checks/delete_running for the rest"},
	{program: "delete_only_create_resources", kind: host, lacks: noCgroupV1,
		reason: "makes a cgroup of the v1 controller pids; see checks/cgroup2_delete for v2"},
	{program: "delete_resources", kind: host, lacks: noCgroupV1,
		reason: "looks at a cgroup of the v1 controller pids; see checks/cgroup2_delete for v2"},
	{program: "hooks", kind: wrong,
		reason: `expects lines its own hooks do not write ("post-start1" for "post-start1 called"); see checks/hooks_order`},
	{program: "hooks_stdin", kind: wrong,
		reason: "compares the hooks' pid with the pid of a process that may have exited (runtime.md, State: pid is for created and running); see checks/hooks_state"},
	{program: "killsig", kind: wrong,
		reason: "may send the signal before the process has set its trap; see checks/kill_signals"},
	{program: "linux_cgroups_blkio", kind: host, lacks: missingFile("/sys/fs/cgroup/blkio/blkio.leaf_weight"),
		reason: "sets leaf weights (config-linux.md, Block IO: CFQ scheduler only), which went with Linux 5.0, and limits of device 8:0, there or not; see checks/block_io, and checks/cgroup2_io for v2"},
	{program: "linux_cgroups_relative_blkio", kind: host, lacks: missingFile("/sys/fs/cgroup/blkio/blkio.leaf_weight"),
		reason: "as linux_cgroups_blkio"},
	{program: "linux_cgroups_cpus", kind: host, lacks: noCgroupV1,
		reason: "looks at files of the v1 controllers cpu and cpuset; see checks/cgroup2_cpu for v2"},
	{program: "linux_cgroups_relative_cpus", kind: host, lacks: noCgroupV1,
		reason: "as linux_cgroups_cpus"},
	{program: "linux_cgroups_devices", kind: host, lacks: noCgroupV1,
		reason: "looks at a file of the v1 controller devices; see checks/cgroup2_devices for v2"},
	{program: "linux_cgroups_relative_devices", kind: host, lacks: noCgroupV1,
		reason: "as linux_cgroups_devices"},
	{program: "linux_cgroups_hugetlb", kind: host, lacks: first(missingFile("/sys/fs/cgroup/hugetlb/cgroup.procs"), missingFile(hugePages)),
		reason: "needs the hugetlb controller in cgroup v1, and pages of 1 GB; see checks/cgroup2_hugetlb for v2"},
	{program: "linux_cgroups_relative_hugetlb", kind: host, lacks: first(missingFile("/sys/fs/cgroup/hugetlb/cgroup.procs"), missingFile(hugePages)),
		reason: "needs the hugetlb controller in cgroup v1, and pages of 1 GB"},
	{program: "linux_cgroups_memory", kind: host, lacks: first(noCgroupV1, noKernelMemoryLimit),
		reason: "wants memory.kernel (config-linux.md, Memory: NOT RECOMMENDED) read back, which Linux since 5.16 ignores; see checks/memory for the other limits, and checks/cgroup2_memory for v2"},
	{program: "linux_cgroups_relative_memory", kind: host, lacks: first(noCgroupV1, noKernelMemoryLimit),
		reason: "as linux_cgroups_memory"},
	{program: "linux_cgroups_network", kind: host, lacks: first(missingFile("/sys/fs/cgroup/net_cls/cgroup.procs"), noSecondInterface),
		reason: "needs the net_cls and net_prio controllers, which cgroup v2 has not, and takes the host's second network interface, there or not; see checks/cgroup2_refused"},
	{program: "linux_cgroups_relative_network", kind: host, lacks: first(missingFile("/sys/fs/cgroup/net_cls/cgroup.procs"), noSecondInterface),
		reason: "as linux_cgroups_network"},
	{program: "linux_cgroups_pids", kind: host, lacks: noCgroupV1,
		reason: "looks at a file of the v1 controller pids; see checks/cgroup2_pids for v2"},
	{program: "linux_cgroups_relative_pids", kind: host, lacks: noCgroupV1,
		reason: "as linux_cgroups_pids"},
	{program: "linux_process_apparmor_profile", kind: wrong,
		reason: "names a profile that nothing loads, so applying it has to fail (config.md, Linux Process: apparmorProfile), and passes if a file of that name is absent"},
	{program: "linux_rootfs_propagation", kind: host, lacks: withheldCapability,
		reason: "asks for every capability and wants each to be set; see checks/rootfs_propagation"},
	{program: "misc_props", kind: wrong,
		reason: "its first case runs /runtimetest, which it has not put in the bundle, and the next ones meet the first one's container; see checks/properties"},
	{program: "pidfile", kind: wrong,
		reason: "kills a process that has exited (runtime.md, Kill: MUST be an error); see checks/pid_file"},
	{program: "poststart", kind: wrong,
		reason: "compares the order in which the hook and the process, running at once, write to a file; see checks/poststart_timing"},
	{program: "poststart_fail", kind: wrong,
		reason: "wants a warning where runtime.md, Lifecycle, step 9, wants an error and the container destroyed; see checks/poststart_failure"},
	{program: "poststop", kind: silent,
		reason: "asserts nothing in TAP"},
	{program: "poststop_fail", kind: silent,
		reason: "asserts nothing in TAP"},
	{program: "prestart", kind: wrong,
		reason: "wants the hooks called by start; config.md, Prestart: they MUST be called as part of create; see checks/prestart_timing"},
	{program: "prestart_fail", kind: silent,
		reason: "asserts nothing in TAP"},
	{program: "process_capabilities", kind: host, lacks: withheldCapability,
		reason: "asks for every capability and wants each to be set; see checks/capabilities_all"},
	{program: "process_capabilities_fail", kind: wrong,
		reason: "wants an error for an unknown capability; config.md, Linux Process: a warning, and SHOULD NOT fail; see checks/capability_unknown"},
	{program: "process_rlimits", kind: wrong,
		reason: "its test program, built with Go 1.19 or later, raises its own soft RLIMIT_NOFILE before it looks; see checks/rlimits"},
	{program: "process_rlimits_fail", kind: status,
		reason: "prints no TAP"},
	{program: "start", kind: wrong,
		reason: "wants start to succeed without process; runtime.md, Start: MUST be an error; see checks/start_without_process"},
}

const hugePages = "/sys/kernel/mm/hugepages/hugepages-1048576kB"

func missingFile(path string) func() string {
	return func() string {
		if _, err := os.Stat(path); err != nil {
			return path
		}
		return ""
	}
}

// noSecondInterface is for programs that take one.
func noSecondInterface() string {
	if list, err := net.Interfaces(); err == nil && len(list) < 2 {
		return "a second network interface"
	}
	return ""
}

// first gives what is lacking by the first of several conditions.
func first(conditions ...func() string) func() string {
	return func() string {
		for _, lacks := range conditions {
			if lack := lacks(); lack != "" {
				return lack
			}
		}
		return ""
	}
}

func noCgroupV1() string {
	if pureV2() {
		return "cgroup v1"
	}
	return ""
}

func noCgroupV2() string {
	if !pureV2() {
		return "cgroup v2 alone"
	}
	return ""
}

// pureV2 reports whether cgroup v2 is all there is.
func pureV2() bool {
	var fs unix.Statfs_t
	return unix.Statfs(cgroupRoot, &fs) == nil && fs.Type == unix.CGROUP2_SUPER_MAGIC
}

// noKernelMemoryLimit reports whether the kernel no longer limits kernel memory.
func noKernelMemoryLimit() string {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return err.Error()
	}
	release := unix.ByteSliceToString(name.Release[:])
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		return fmt.Sprintf("a kernel release that can be read, not %q", release)
	}
	if major > 5 || major == 5 && minor >= 16 {
		return "limits on kernel memory"
	}
	return ""
}

// withheldCapability reports whether a capability of the kernel is missing
// from the runner's bounding set, which no runtime can grant then.
func withheldCapability() string {
	last, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if err != nil {
		return err.Error()
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(last)))
	if err != nil {
		return err.Error()
	}
	for c := range n + 1 {
		if set, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(c), 0, 0, 0); err != nil || set == 0 {
			return fmt.Sprintf("capability %d", c)
		}
	}
	return ""
}
