package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// footprint is what a runtime needs beside time.
type footprint struct {
	program     *program
	lowestLimit int64 // smallest memory limit that starts /bin/true; 0 for none
	peak        int64 // KiB resident in the runtime's process during run
	faults      int64 // minor faults of run, its children included
}

// limits are tried from the first on, until one holds three times of three.
var limits = []int64{
	128 << 10, 256 << 10, 512 << 10,
	1 << 20, 2 << 20, 3 << 20, 4 << 20, 6 << 20, 8 << 20, 12 << 20, 16 << 20,
}

func footprints(b bundle, runtimes []*program) []footprint {
	var all []footprint
	for _, p := range runtimes {
		f := footprint{program: p}
		var err error
		if f.lowestLimit, err = lowestLimit(p, b); err == nil {
			f.peak, f.faults, err = memoryOfRun(p, b)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "bench: footprint: %v\n", err)
		}
		all = append(all, f)
	}
	return all
}

// lowestLimit finds the first limit under which run succeeds three times.
func lowestLimit(p *program, b bundle) (int64, error) {
	id := "bench-" + p.name
	for _, limit := range limits {
		dir, err := b.withMemoryLimit(limit)
		if err != nil {
			return 0, err
		}
		passed := 0
		for range 3 {
			if _, err := p.run("run", "--bundle", dir, id); err != nil {
				p.run("delete", "--force", id)
				break
			}
			passed++
		}
		if passed == 3 {
			return limit, nil
		}
	}
	return 0, nil
}

// memoryOfRun is the median of several runs.
func memoryOfRun(p *program, b bundle) (peak, faults int64, err error) {
	var peaks, allFaults []int64
	args := []string{"run", "--bundle", b.short, "bench-" + p.name}
	for range 9 {
		u, err := p.run(args...)
		if err != nil {
			return 0, 0, err
		}
		kib, err := p.peakResident(args...)
		if err != nil {
			return 0, 0, err
		}
		peaks, allFaults = append(peaks, kib), append(allFaults, u.faults)
	}
	slices.Sort(peaks)
	slices.Sort(allFaults)
	return peaks[len(peaks)/2], allFaults[len(allFaults)/2], nil
}

// peakResident runs a command and reads its VmHWM as it exits. The rusage of
// wait4 cannot tell: it begins with the peak of the process that called vfork,
// which is this program.
func (p *program) peakResident(args ...string) (int64, error) {
	runtime.LockOSThread() // ptrace(2) is bound to the tracing thread
	defer runtime.UnlockOSThread()
	attr := p.procAttr()
	attr.Sys = &syscall.SysProcAttr{Ptrace: true}
	pid, err := syscall.ForkExec(p.path, append([]string{p.path, "--root", p.root}, args...), attr)
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", p.name, err)
	}
	var peak int64
	for first := true; ; first = false {
		var status unix.WaitStatus
		if _, err := unix.Wait4(pid, &status, unix.WALL, nil); err == unix.EINTR {
			continue
		} else if err != nil {
			return 0, fmt.Errorf("wait for %s: %w", p.name, err)
		}
		if !status.Stopped() {
			return peak, p.judge(status, args)
		}
		deliver := int(status.StopSignal())
		switch {
		case first:
			if err := unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACEEXIT|unix.PTRACE_O_TRACEEXEC); err != nil {
				return 0, fmt.Errorf("trace %s: %w", p.name, err)
			}
			deliver = 0
		case status.TrapCause() == unix.PTRACE_EVENT_EXIT:
			peak = max(peak, residentPeak(pid))
			deliver = 0
		case status.TrapCause() >= 0:
			deliver = 0
		}
		if err := unix.PtraceCont(pid, deliver); err != nil && err != unix.ESRCH {
			return 0, fmt.Errorf("trace %s: %w", p.name, err)
		}
	}
}

// residentPeak is VmHWM in KiB, 0 when it cannot be read.
func residentPeak(pid int) int64 {
	status, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return kib
		}
	}
	return 0
}
