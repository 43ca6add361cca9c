//go:build cgo

package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	libseccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"

	"rt/libct/seccomp/profile"
)

// build has libseccomp compile the plan.
func build(p *profile.Plan) (*profile.Filter, error) {
	f, err := libseccomp.NewFilter(actionOf(p.Fallback))
	if err != nil {
		return nil, fmt.Errorf("compile linux.seccomp.defaultAction: %w", err)
	}
	defer f.Release()
	for _, a := range p.Archs {
		arch, err := archOf(a)
		if err == nil {
			err = f.AddArch(arch)
		}
		if err != nil {
			return nil, fmt.Errorf("compile linux.seccomp.architectures: add %q: %w", a.Name, err)
		}
	}
	out := profile.Filter{Flags: p.Flags, Notify: p.Notify}
	for _, c := range p.Calls {
		unknown, err := addCall(f, c, p.Fallback)
		if err != nil {
			return nil, err
		}
		for _, name := range unknown {
			if !slices.Contains(out.Unknown, name) {
				out.Unknown = append(out.Unknown, name)
			}
		}
	}
	program, err := export(f)
	if err != nil {
		return nil, err
	}
	out.Program = append(p.Prologue(numberOf), program...)
	if n := len(out.Program); n > profile.MaxProgram {
		return nil, fmt.Errorf("compile linux.seccomp: %d instructions, the kernel takes %d",
			n/profile.InstructionSize, profile.MaxProgram/profile.InstructionSize)
	}
	return &out, nil
}

// addCall adds the call's rules and returns the names that have no number on any
// architecture.
func addCall(f *libseccomp.ScmpFilter, c profile.Call, fallback uint32) (unknown []string, err error) {
	for i, name := range c.Names {
		// A call that only other architectures have gets a negative number,
		// which libseccomp translates for each of them.
		nr, err := libseccomp.GetSyscallFromName(name)
		if err != nil {
			unknown = append(unknown, name)
			continue
		}
		if c.Action == fallback {
			continue // libseccomp refuses rules that change nothing
		}
		if len(c.Matches) == 0 {
			err = f.AddRule(nr, actionOf(c.Action))
		}
		for _, m := range c.Matches {
			if err = f.AddRuleConditional(nr, actionOf(c.Action), conditionsOf(m)); err != nil {
				break
			}
		}
		if err == unix.EEXIST {
			err = errors.New("an earlier entry with the same conditions has another action")
		}
		if err != nil {
			return nil, fmt.Errorf("compile %s.names[%d]: add rule for %q: %w", c.Property, i, name, err)
		}
	}
	return unknown, nil
}

// export returns libseccomp's program. The library writes it to a file only.
func export(f *libseccomp.ScmpFilter) ([]byte, error) {
	fd, err := unix.MemfdCreate("seccomp", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create memfd for the seccomp program: %w", err)
	}
	file := os.NewFile(uintptr(fd), "seccomp")
	defer file.Close()
	if err := f.ExportBPF(file); err != nil {
		return nil, fmt.Errorf("compile linux.seccomp: export program: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("stat memfd of the seccomp program: %w", err)
	}
	program := make([]byte, info.Size())
	if _, err := file.ReadAt(program, 0); err != nil {
		return nil, fmt.Errorf("read memfd of the seccomp program: %w", err)
	}
	return program, nil
}
