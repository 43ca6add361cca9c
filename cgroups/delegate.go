package cgroups

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
)

// delegated is what a kernel that does not say (before 4.15) lets be given away.
const delegated = "cgroup.procs\ncgroup.subtree_control\ncgroup.threads"

// delegate gives a v2 cgroup to a user, who may then make cgroups below it
// (config-linux.md#cgroup-ownership).
func delegate(dir string, uid int) error {
	files, err := cgfs.Read("/sys/kernel/cgroup/delegate")
	if err != nil {
		files = delegated
	}
	if err := unix.Lchown(dir, uid, -1); err != nil {
		return fmt.Errorf("chown cgroup %s: %w", dir, err)
	}
	for _, f := range strings.Fields(files) {
		err := unix.Lchown(dir+"/"+f, uid, -1)
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("chown %s/%s: %w", dir, f, err)
		}
	}
	return nil
}
