package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v3"

	"rt/specconv"
)

func updateCommand(a *app) *cli.Command {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "resources", Aliases: []string{"r"}, Usage: "take all limits from a JSON `FILE` in the form of linux.resources, or from standard input if it is -"},
	}
	for _, l := range limits(newResources()) {
		flags = append(flags, &cli.StringFlag{Name: l.flag, Usage: l.usage})
	}
	for _, name := range resctrlFlags {
		flags = append(flags, &cli.StringFlag{Name: name, Usage: "for a container with linux.intelRdt"})
	}
	// Engines written for older runc still send them; the kernel has no such
	// limits any more.
	for _, name := range [...]string{"kernel-memory", "kernel-memory-tcp"} {
		flags = append(flags, &cli.StringFlag{Name: name, Hidden: true})
	}
	return &cli.Command{
		Usage:     "change the limits of a container",
		ArgsUsage: "ID",
		Description: "What is not given, or zero in a file, stays as it is; only a limit on processes can be zero. A file takes the\n" +
			"place of the other flags.\n" +
			"Device rules in a file are not looked at.",
		Flags:  flags,
		Action: a.update,
	}
}

var resctrlFlags = [...]string{"l3-cache-schema", "mem-bw-schema"}

func (a *app) update(_ context.Context, cmd *cli.Command) error {
	c, err := a.rt.Load(cmd.Args().First())
	if err != nil {
		return err
	}
	r, err := updatedResources(cmd)
	if err != nil {
		return err
	}
	return c.Update(r)
}

func updatedResources(cmd *cli.Command) (*specs.LinuxResources, error) {
	for _, name := range resctrlFlags {
		if cmd.String(name) != "" {
			return nil, fmt.Errorf("--%s: the container has no linux.intelRdt", name)
		}
	}
	if file := cmd.String("resources"); file != "" {
		return specconv.LoadResources(file)
	}
	r := newResources()
	var errs []error
	for _, l := range limits(r) {
		if text := cmd.String(l.flag); text != "" {
			if err := l.read(text); err != nil {
				errs = append(errs, fmt.Errorf("--%s %q: %w", l.flag, text, err))
			}
		}
	}
	return r, errors.Join(errs...)
}

// newResources has every object that a flag is for, and no limit.
func newResources() *specs.LinuxResources {
	return &specs.LinuxResources{
		Memory:  &specs.LinuxMemory{},
		CPU:     &specs.LinuxCPU{},
		Pids:    &specs.LinuxPids{},
		BlockIO: &specs.LinuxBlockIO{},
	}
}

// limit is a flag for one limit.
type limit struct {
	flag, usage string
	read        func(text string) error
}

// limits are the flags, which read into r.
func limits(r *specs.LinuxResources) []limit {
	return []limit{
		{"memory", "bytes, or with a unit as in 512M; -1 is no limit", size(&r.Memory.Limit)},
		{"memory-reservation", "soft limit, as --memory", size(&r.Memory.Reservation)},
		{"memory-swap", "memory and swap together, as --memory", size(&r.Memory.Swap)},
		{"cpu-share", "weight against other containers; 1024 is usual", natural(&r.CPU.Shares, 64)},
		{"cpu-quota", "microseconds of CPU time in a period; -1 is no limit", integer(&r.CPU.Quota)},
		{"cpu-period", "microseconds", natural(&r.CPU.Period, 64)},
		{"cpu-burst", "microseconds that may be saved up from periods past", natural(&r.CPU.Burst, 64)},
		{"cpu-rt-runtime", "microseconds of real-time scheduling in a period", integer(&r.CPU.RealtimeRuntime)},
		{"cpu-rt-period", "microseconds", natural(&r.CPU.RealtimePeriod, 64)},
		{"cpu-idle", "1 to run only when nothing else does, 0 for not", integer(&r.CPU.Idle)},
		{"cpuset-cpus", "CPUs to run on, as in 0-3,7", word(&r.CPU.Cpus)},
		{"cpuset-mems", "memory nodes to use", word(&r.CPU.Mems)},
		{"pids-limit", "number of processes and threads; -1 is no limit", integer(&r.Pids.Limit)},
		{"blkio-weight", "10 to 1000", natural(&r.BlockIO.Weight, 16)},
	}
}

func word(to *string) func(string) error {
	return func(text string) error {
		*to = text
		return nil
	}
}

func integer(to **int64) func(string) error {
	return func(text string) error {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return errors.New("not a whole number in range")
		}
		*to = &n
		return nil
	}
}

func natural[T ~uint16 | ~uint64](to **T, bits int) func(string) error {
	return func(text string) error {
		n, err := strconv.ParseUint(text, 10, bits)
		if err != nil {
			return errors.New("not a natural number in range")
		}
		*to = new(T(n))
		return nil
	}
}

func size(to **int64) func(string) error {
	return func(text string) error {
		n, err := parseSize(text)
		*to = &n
		return err
	}
}

var errSize = errors.New("not a size such as 1048576, 512M or 1.5g, nor -1")

// parseSize reads a number of bytes as users of engines write it: a unit is a
// power of 1024, in either case, and may have "b" or "ib" after it.
func parseSize(text string) (int64, error) {
	if text == "-1" {
		return -1, nil
	}
	unit := strings.TrimLeft(text, "0123456789.")
	number := strings.TrimSuffix(text, unit)
	unit = strings.ToLower(strings.TrimPrefix(unit, " "))
	unit = strings.TrimSuffix(strings.TrimSuffix(unit, "b"), "i")
	shift := 0
	if unit != "" {
		power := strings.Index("kmgtp", unit)
		if power < 0 || len(unit) > 1 {
			return 0, errSize
		}
		shift = 10 * (power + 1)
	}
	if n, err := strconv.ParseInt(number, 10, 64); err == nil && n <= math.MaxInt64>>shift {
		return n << shift, nil
	}
	f, err := strconv.ParseFloat(number, 64)
	if f = math.Ldexp(f, shift); err != nil || f >= math.MaxInt64 {
		return 0, errSize
	}
	return int64(f), nil
}
