package main

import (
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// machine is what the numbers depend on.
type machine struct {
	cpu     string
	cores   int
	kernel  string
	cgroups string
}

func readMachine() machine {
	m := machine{cpu: runtime.GOARCH, cores: runtime.NumCPU(), cgroups: "v1"}
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			m.cpu = strings.TrimSpace(value) + ", " + runtime.GOARCH
			break
		}
	}
	var uts unix.Utsname
	if unix.Uname(&uts) == nil {
		m.kernel = unix.ByteSliceToString(uts.Release[:])
	}
	if _, err := os.Stat("/sys/fs/cgroup/unified"); err == nil {
		m.cgroups = "v1 and v2 (hybrid)"
	} else if _, err := os.Stat("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		m.cgroups = "v2"
	}
	return m
}
