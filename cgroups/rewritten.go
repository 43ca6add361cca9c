package cgroups

import (
	"errors"
	"slices"
	"strings"

	"rt/cgroups/cgfs"
)

// Whenever systemd is told a property of a unit it writes all the files it
// knows from what it knows. Some of that differs from what is in force: a quota
// is rounded to whole percents, and some files have no property. So their
// values are kept, and written back.

// rewritten are the files that systemd writes, of v2 and of v1, in an order in
// which they can be written back.
var rewritten = map[bool][]cgfs.Setting{
	true: {
		{Controller: "cpu", File: "cpu.idle"},
		{Controller: "cpu", File: "cpu.weight"},
		{Controller: "cpu", File: "cpu.max"},
		{Controller: "cpuset", File: "cpuset.cpus"},
		{Controller: "cpuset", File: "cpuset.mems"},
		{Controller: "memory", File: "memory.min"},
		{Controller: "memory", File: "memory.low"},
		{Controller: "memory", File: "memory.high"},
		{Controller: "memory", File: "memory.swap.max"},
		{Controller: "memory", File: "memory.zswap.max"},
		{Controller: "memory", File: "memory.zswap.writeback"},
		{Controller: "memory", File: "memory.max"},
		{Controller: "memory", File: "memory.oom.group"},
		{Controller: "io", File: "io.weight"},
		{Controller: "io", File: "io.bfq.weight"},
		{Controller: "pids", File: "pids.max"},
	},
	false: {
		{Controller: "cpu", File: "cpu.shares"},
		{Controller: "cpu", File: "cpu.cfs_period_us", Linked: true},
		{Controller: "cpu", File: "cpu.cfs_quota_us", Linked: true},
		{Controller: "memory", File: "memory.limit_in_bytes"},
		{Controller: "blkio", File: "blkio.weight"},
		{Controller: "blkio", File: "blkio.bfq.weight"},
		{Controller: "pids", File: "pids.max"},
	},
}

// allDevices is what the kernel shows of a policy that allows, with exceptions
// or without.
const allDevices = "a *:* rwm"

// keepDevices runs do, which writes the list of devices anew, so that no
// process of the container sees anything of it: hooks have added devices to the
// list, and rules may be gone for a moment. Where the kernel does not show the
// exceptions, do is not run: they could not be had back.
func (m *legacy) keepDevices(do func() error) (err error) {
	dir := m.of("devices")
	text, err := cgfs.Read(dir + "/devices.list")
	if err != nil || text == allDevices {
		return err
	}
	frozen, err := m.Frozen()
	if err != nil {
		return err
	}
	if !frozen {
		if err := m.Freeze(); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, m.Thaw()) }()
	}
	err = do()
	now, readErr := cgfs.Read(dir + "/devices.list")
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	return errors.Join(err, cgfs.Apply(devicesBack(text, now), m.of))
}

// devicesBack lists the writes that lead from one devices.list to another,
// neither of which allows by default after the first write.
func devicesBack(kept, now string) []cgfs.Setting {
	var list []cgfs.Setting
	write := func(file string, from, without []string) {
		for _, line := range from {
			if line != "" && !slices.Contains(without, line) {
				list = append(list, cgfs.Setting{Controller: "devices", File: file, Value: line,
					Property: "keep the devices that systemd has changed"})
			}
		}
	}
	before, after := strings.Split(kept, "\n"), strings.Split(now, "\n")
	write("devices.deny", after, before)
	write("devices.allow", before, after)
	return list
}
