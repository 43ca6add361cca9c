package cgroups

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

// inForce completes what v2 takes only together, with the values in force: a
// period goes with its quota, and swap, which counts memory in, with its limit.
func inForce(dir string, r *specs.LinuxResources) (*specs.LinuxResources, error) {
	if r == nil {
		return nil, nil
	}
	with := *r
	if c := r.CPU; c != nil && c.Period != nil && *c.Period != 0 && unset(c.Quota) {
		quota, err := number(dir + "/cpu.max")
		if err != nil {
			return nil, fmt.Errorf("linux.resources.cpu.period: %w", err)
		}
		cpu := *c
		cpu.Quota, with.CPU = &quota, &cpu
	}
	if m := r.Memory; m != nil && m.Swap != nil && *m.Swap > 0 && unset(m.Limit) {
		limit, err := number(dir + "/memory.max")
		if err != nil {
			return nil, fmt.Errorf("linux.resources.memory.swap: %w", err)
		}
		memory := *m
		memory.Limit, with.Memory = &limit, &memory
	}
	return &with, nil
}

func unset(v *int64) bool { return v == nil || *v == 0 }

// number reads the first word of a v2 file; -1 is "max".
func number(file string) (int64, error) {
	text, err := cgfs.Read(file)
	if err != nil {
		return 0, err
	}
	word, _, _ := strings.Cut(text, " ")
	if word == "max" {
		return -1, nil
	}
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", file, err)
	}
	return n, nil
}
