package seccomp

import (
	"errors"
	"fmt"
	"os"
	"slices"

	libseccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"
)

// sockFilterSize is the size of struct sock_filter.
const sockFilterSize = 8

// maxProgram is the kernel's limit, BPF_MAXINSNS instructions.
const maxProgram = 4096 * sockFilterSize

// build has libseccomp compile the plan.
func (p *plan) build() (*Filter, error) {
	f, err := libseccomp.NewFilter(p.fallback)
	if err != nil {
		return nil, fmt.Errorf("compile linux.seccomp.defaultAction: %w", err)
	}
	defer f.Release()
	for _, a := range p.archs {
		if err := f.AddArch(a.value); err != nil {
			return nil, fmt.Errorf("compile linux.seccomp.architectures: add %q: %w", a.name, err)
		}
	}
	out := Filter{Flags: p.flags, Notify: p.notify}
	for _, c := range p.calls {
		unknown, err := c.addTo(f, p.fallback)
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
	out.Program = append(p.prologue(), program...)
	if n := len(out.Program); n > maxProgram {
		return nil, fmt.Errorf("compile linux.seccomp: %d instructions, the kernel takes %d",
			n/sockFilterSize, maxProgram/sockFilterSize)
	}
	return &out, nil
}

// addTo adds the call's rules and returns the names that have no number on any
// architecture.
func (c *call) addTo(f *libseccomp.ScmpFilter, fallback libseccomp.ScmpAction) (unknown []string, err error) {
	for i, name := range c.names {
		// A call that only other architectures have gets a negative number,
		// which libseccomp translates for each of them.
		nr, err := libseccomp.GetSyscallFromName(name)
		if err != nil {
			unknown = append(unknown, name)
			continue
		}
		if c.action == fallback {
			continue // libseccomp refuses rules that change nothing
		}
		if len(c.matches) == 0 {
			err = f.AddRule(nr, c.action)
		}
		for _, m := range c.matches {
			if err = f.AddRuleConditional(nr, c.action, m); err != nil {
				break
			}
		}
		if err == unix.EEXIST {
			err = errors.New("an earlier entry with the same conditions has another action")
		}
		if err != nil {
			return nil, fmt.Errorf("compile %s.names[%d]: add rule for %q: %w", c.property, i, name, err)
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
