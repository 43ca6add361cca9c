package libct

import (
	"fmt"
	"slices"
	"strings"

	"rt/cgroups"
)

// kernelMounts lists where procfs and sysfs are mounted, but for those in the
// rootfs.
func kernelMounts(rootfs string) ([]string, error) {
	info, err := readFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("find mounts of the kernel's file systems: %w", err)
	}
	return kernelMountsIn(string(info), rootfs), nil
}

// kernelMountsIn reads mountinfo (proc_pid_mountinfo(5)).
func kernelMountsIn(info, rootfs string) (list []string) {
	for line := range strings.Lines(info) {
		before, after, _ := strings.Cut(line, " - ")
		fields, fstype := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(fstype) == 0 || fstype[0] != "proc" && fstype[0] != "sysfs" {
			continue
		}
		dir := cgroups.Unescape(fields[4])
		if !strings.HasPrefix(dir, strings.TrimSuffix(rootfs, "/")+"/") && !slices.Contains(list, dir) {
			list = append(list, dir)
		}
	}
	return list
}
