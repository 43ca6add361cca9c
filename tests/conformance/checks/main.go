// Command checks stands in for the programs of the suite that are wrong by
// themselves, or know only hosts of another kind: each check asserts what the
// specification (1.3) says where the program of the suite asserts something
// else, cannot pass, or asserts nothing.
//
// It is run as the suite's programs are: RUNTIME names the runtime, the working
// directory holds the root filesystem, TAP goes to stdout. Without an argument
// it lists its checks. It may use the suite's own helpers.
package main

import (
	"fmt"
	"os"

	"github.com/mndrix/tap-go"
)

// A check reports its assertions to t; an error means it could not go on.
type check struct {
	name string
	run  func(t *tap.T) error
}

var checks = [...]check{
	{"block_io", blockIO},
	{"capabilities_all", capabilitiesAll},
	{"capability_unknown", capabilityUnknown},
	{"cgroup2_cpu", onV2(cgroup2CPU)},
	{"cgroup2_delete", onV2(cgroup2Delete)},
	{"cgroup2_devices", onV2(cgroup2Devices)},
	{"cgroup2_hugetlb", onV2(cgroup2Hugetlb)},
	{"cgroup2_io", onV2(cgroup2IO)},
	{"cgroup2_memory", onV2(cgroup2Memory)},
	{"cgroup2_path", onV2(cgroup2Path)},
	{"cgroup2_pids", onV2(cgroup2Pids)},
	{"cgroup2_refused", onV2(cgroup2Refused)},
	{"cgroup2_unified", onV2(cgroup2Unified)},
	{"delete_running", deleteRunning},
	{"hooks_order", hooksOrder},
	{"hooks_state", hooksState},
	{"kill_signals", killSignals},
	{"memory", memory},
	{"pid_file", pidFile},
	{"poststart_failure", poststartFailure},
	{"poststart_timing", poststartTiming},
	{"prestart_timing", prestartTiming},
	{"properties", properties},
	{"rlimits", rlimits},
	{"rootfs_propagation", rootfsPropagation},
	{"start_without_process", startWithoutProcess},
}

func main() {
	if len(os.Args) < 2 {
		for _, c := range checks {
			fmt.Println(c.name)
		}
		return
	}
	for _, c := range checks {
		if c.name == os.Args[1] {
			runCheck(c)
			return
		}
	}
	fmt.Fprintf(os.Stderr, "no check is called %q\n", os.Args[1])
	os.Exit(2)
}

func runCheck(c check) {
	t := tap.New()
	t.Header(0)
	if err := c.run(t); err != nil {
		t.Fail(describe(err))
	}
	t.AutoPlan()
}
