package libct

import (
	"slices"
	"testing"
)

func TestKernelMounts(t *testing.T) {
	const info = `22 1 0:21 / / rw shared:1 - ext4 /dev/vda rw
23 22 0:21 / /proc rw,nosuid shared:12 - proc proc rw
24 22 0:22 / /sys rw shared:7 master:3 - sysfs sysfs rw
25 22 0:21 / /proc rw - proc none rw
26 22 0:21 / /srv/a\040"b\134c/proc rw - proc none rw
27 22 0:21 / /bundle/rootfs/proc rw - proc none rw
28 22 0:21 / /bundle/rootfs2/proc rw - proc none rw
29 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
`
	got := kernelMountsIn(info, "/bundle/rootfs")
	want := []string{"/proc", "/sys", `/srv/a "b\c/proc`, "/bundle/rootfs2/proc"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
