package cgroups

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

// checkUsage honours linux.resources.memory.checkBeforeUpdate: a limit below
// the present use is refused rather than enforced by the OOM killer.
func checkUsage(file string, r *specs.LinuxResources) error {
	if r == nil || r.Memory == nil || r.Memory.CheckBeforeUpdate == nil || !*r.Memory.CheckBeforeUpdate {
		return nil
	}
	limit := r.Memory.Limit
	if limit == nil || *limit <= 0 {
		return nil
	}
	text, err := cgfs.Read(file)
	if err != nil {
		return fmt.Errorf("linux.resources.memory.checkBeforeUpdate: %w", err)
	}
	usage, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	if usage > *limit {
		return fmt.Errorf("linux.resources.memory.limit: %d is below the present usage of %d bytes", *limit, usage)
	}
	return nil
}

// withLimit gives r the memory limit in force where it changes only swap, which
// counts memory in: v2 limits swap alone.
func withLimit(dir string, r *specs.LinuxResources) (*specs.LinuxResources, error) {
	if r == nil || r.Memory == nil || r.Memory.Swap == nil || *r.Memory.Swap <= 0 || r.Memory.Limit != nil && *r.Memory.Limit != 0 {
		return r, nil
	}
	text, err := cgfs.Read(dir + "/memory.max")
	if err != nil {
		return nil, fmt.Errorf("linux.resources.memory.swap: %w", err)
	}
	now, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return r, nil // "max"
	}
	memory := *r.Memory
	memory.Limit = &now
	with := *r
	with.Memory = &memory
	return &with, nil
}

// explainBusy adds the usage to v1's refusal of a limit that it cannot reach
// by reclaim.
func explainBusy(err error, file string) error {
	if err == nil || !errors.Is(err, unix.EBUSY) {
		return err
	}
	if usage, readErr := cgfs.Read(file); readErr == nil {
		return fmt.Errorf("%w (memory in use: %s bytes)", err, usage)
	}
	return err
}
