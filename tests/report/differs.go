package main

import "strings"

// runcDiffers says of a black-box script what runc 1.1 does otherwise. Of the
// conformance suite, that is in the table of its README.md.
var runcDiffers = map[string]string{
	"cgroups-v2-delegate": "without systemd, a cgroup is not given to the container's user",
	"cgroups-v2-unified":  "a value of several lines is one write, which the kernel refuses",
	"exec-cgroup-removed": "exec fails for ever once systemd has removed a v1 cgroup",
	"exec-cgroup-v2":      "without privilege, exec --cgroup takes a cgroup that does not exist",
	"exec-flags":          "without privilege, additional groups are refused, mapped or not",
	"kill-all":            "at times, delete --force leaves the cgroup of a container without a pid namespace",
	"pause-forks":         "at times, a container that forks fast cannot be frozen",
	"process-user":        "without privilege, additional groups are refused, mapped or not",
	"rootfs-propagation":  "in a user namespace, a private root stays a slave",
	"systemd-user":        "exec from a login session stays out of the container's cgroup",
}

// failure is the line for a script or program that failed.
func failure(runtime, name string) string {
	if why := runcDiffers[name]; why != "" && strings.HasPrefix(runtime, "runc 1.1") {
		return name + ": " + why
	}
	return name
}
