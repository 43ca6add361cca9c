package specconv

import (
	"reflect"
	"slices"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

const (
	rdonly      = unix.MOUNT_ATTR_RDONLY
	nosuid      = unix.MOUNT_ATTR_NOSUID
	nodev       = unix.MOUNT_ATTR_NODEV
	noexec      = unix.MOUNT_ATTR_NOEXEC
	noatime     = unix.MOUNT_ATTR_NOATIME
	strictatime = unix.MOUNT_ATTR_STRICTATIME
	nodiratime  = unix.MOUNT_ATTR_NODIRATIME
	nosymfollow = unix.MOUNT_ATTR_NOSYMFOLLOW
)

// TestMountOptions applies options to a mount of an ext4 file system.
func TestMountOptions(t *testing.T) {
	for _, tt := range []struct {
		options []string
		want    Mount
	}{
		{nil, Mount{}},
		{[]string{"defaults"}, Mount{}},
		{[]string{"nosuid", "nodev", "noexec"}, Mount{AttrSet: nosuid | nodev | noexec}},
		{[]string{"suid", "dev", "exec"}, Mount{AttrClr: nosuid | nodev | noexec}},
		{[]string{"nosuid", "suid"}, Mount{AttrClr: nosuid}},
		{[]string{"suid", "nosuid"}, Mount{AttrSet: nosuid}},
		{[]string{"ro"}, Mount{AttrSet: rdonly, SuperFlags: []string{"ro"}}},
		{[]string{"rw"}, Mount{AttrClr: rdonly}},
		{[]string{"ro", "rw"}, Mount{AttrClr: rdonly}},
		{[]string{"rw", "ro"}, Mount{AttrSet: rdonly, SuperFlags: []string{"ro"}}},
		{[]string{"nosymfollow"}, Mount{AttrSet: nosymfollow}},
		{[]string{"symfollow"}, Mount{AttrClr: nosymfollow}},

		{[]string{"noatime"}, Mount{AttrSet: noatime, AttrClr: atime}},
		{[]string{"strictatime"}, Mount{AttrSet: strictatime, AttrClr: atime}},
		{[]string{"relatime"}, Mount{AttrClr: atime}},
		{[]string{"norelatime"}, Mount{}},
		{[]string{"atime"}, Mount{AttrClr: atime}},
		{[]string{"nostrictatime"}, Mount{AttrClr: atime}},
		{[]string{"noatime", "strictatime"}, Mount{AttrSet: strictatime, AttrClr: atime}},
		{[]string{"strictatime", "noatime"}, Mount{AttrSet: noatime, AttrClr: atime}},
		{[]string{"noatime", "relatime"}, Mount{AttrClr: atime}},
		{[]string{"noatime", "atime"}, Mount{AttrClr: atime}},
		{[]string{"strictatime", "atime"}, Mount{AttrSet: strictatime, AttrClr: atime}},
		{[]string{"strictatime", "nostrictatime"}, Mount{AttrClr: atime}},
		{[]string{"noatime", "nodiratime"}, Mount{AttrSet: noatime | nodiratime, AttrClr: atime}},
		{[]string{"diratime"}, Mount{AttrClr: nodiratime}},

		{[]string{"rro", "rnosuid", "rnodev", "rnoexec", "rnosymfollow"}, Mount{RecSet: rdonly | nosuid | nodev | noexec | nosymfollow}},
		{[]string{"rrw", "rsuid", "rdev", "rexec", "rsymfollow"}, Mount{RecClr: rdonly | nosuid | nodev | noexec | nosymfollow}},
		{[]string{"rnoatime", "rnodiratime"}, Mount{RecSet: noatime | nodiratime, RecClr: atime}},
		{[]string{"rstrictatime"}, Mount{RecSet: strictatime, RecClr: atime}},
		{[]string{"rrelatime", "rdiratime"}, Mount{RecClr: atime | nodiratime}},
		{[]string{"ratime"}, Mount{RecClr: atime}},
		{[]string{"rnostrictatime"}, Mount{RecClr: atime}},
		{[]string{"rnorelatime"}, Mount{}},
		{[]string{"ro", "rrw"}, Mount{AttrSet: rdonly, RecClr: rdonly, SuperFlags: []string{"ro"}}},

		{[]string{"silent", "loud", "iversion", "noiversion"}, Mount{}},
		{[]string{"sync", "dirsync", "lazytime", "mand"}, Mount{SuperFlags: []string{"sync", "dirsync", "lazytime", "mand"}}},
		{[]string{"async", "nolazytime", "nomand"}, Mount{}},
		{[]string{"sync", "async", "lazytime", "nolazytime"}, Mount{}},
		{[]string{"async", "sync", "sync"}, Mount{SuperFlags: []string{"sync"}}},
		{[]string{"remount", "rw", "async"}, Mount{Remount: true, AttrClr: rdonly, SuperFlags: []string{"rw", "async"}}},

		{[]string{"private", "rslave"}, Mount{Propagation: []uint64{unix.MS_PRIVATE, unix.MS_SLAVE | unix.MS_REC}}},
		{[]string{"shared", "rshared"}, Mount{Propagation: []uint64{unix.MS_SHARED, unix.MS_SHARED | unix.MS_REC}}},
		{[]string{"unbindable", "runbindable"}, Mount{Propagation: []uint64{unix.MS_UNBINDABLE, unix.MS_UNBINDABLE | unix.MS_REC}}},
		{[]string{"slave", "rprivate"}, Mount{Propagation: []uint64{unix.MS_SLAVE, unix.MS_PRIVATE | unix.MS_REC}}},

		{[]string{"mode=755", "RO", "size=1k"}, Mount{Data: []string{"mode=755", "RO", "size=1k"}}},
		{[]string{"bind", "ro", "sync"}, Mount{Bind: true, AttrSet: rdonly}},
		{[]string{"rbind"}, Mount{Bind: true, Recursive: true}},
		{[]string{"rbind", "bind"}, Mount{Bind: true, Recursive: true}},
		{[]string{"idmap"}, Mount{IDMap: &IDMap{}}},
		{[]string{"ridmap"}, Mount{IDMap: &IDMap{Recursive: true}}},
		{[]string{"tmpcopyup"}, Mount{TmpCopyUp: true}},
	} {
		got := Mount{Type: "ext4"}
		for _, o := range tt.options {
			got.addOption(o)
		}
		got.settleSuper()
		tt.want.Type = "ext4"
		if len(got.SuperFlags) == 0 {
			got.SuperFlags = nil
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q:\ngot  %+v\nwant %+v", tt.options, got, tt.want)
		}
	}
}

func TestReadOnlySuperblock(t *testing.T) {
	for fstype, want := range map[string]bool{
		"ext4": true, "overlay": true, "nfs4": true,
		"tmpfs": false, "proc": false, "sysfs": false, "cgroup": false, "cgroup2": false, "mqueue": false,
	} {
		m := Mount{Type: fstype}
		m.addOption("ro")
		m.settleSuper()
		if got := slices.Contains(m.SuperFlags, "ro"); got != want || m.AttrSet != rdonly {
			t.Errorf("%s: superblock read-only %v, want %v; attributes %#x", fstype, got, want, m.AttrSet)
		}
	}
}

// TestMountOptionsOfSpec holds the table against config.md.
func TestMountOptionsOfSpec(t *testing.T) {
	want := []string{
		"async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "iversion", "lazytime", "loud",
		"mand", "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "nomand", "norelatime",
		"nostrictatime", "nosuid", "nosymfollow", "private", "ratime", "rbind", "rdev", "rdiratime", "relatime",
		"remount", "rexec", "rnoatime", "rnodiratime", "rnoexec", "rnorelatime", "rnostrictatime", "rnosuid",
		"rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave", "rstrictatime", "rsuid",
		"rsymfollow", "runbindable", "rw", "shared", "silent", "slave", "strictatime", "suid", "symfollow", "sync",
		"tmpcopyup", "unbindable", "idmap", "ridmap",
	}
	got := MountOptions()
	if !slices.IsSorted(got) {
		t.Errorf("not sorted: %q", got)
	}
	for _, o := range want {
		if findMountOption(o) == nil {
			t.Errorf("option %q is not known", o)
		}
	}
	for _, o := range got {
		// config.md lists rexec twice, the second time for what is rnodev.
		if o != "rnodev" && !slices.Contains(want, o) {
			t.Errorf("option %q is not in config.md", o)
		}
	}
}

func TestMounts(t *testing.T) {
	c := checker{host: testHost}
	got := c.mounts([]specs.Mount{
		{Destination: "a/../b/", Type: "tmpfs", Source: "x", Options: []string{"size=1k", "acl", "noacl"}},
		{Destination: "/../etc", Type: "dummy", Source: "data", Options: []string{"rbind", "size=1k"}},
		{Destination: "/", Source: "/data", Options: []string{"bind"}},
	}, "/bundle", Namespaces{})
	want := []Mount{
		{Index: 0, Destination: "/b", Type: "tmpfs", Source: "x", Data: []string{"size=1k"}},
		{Index: 1, Destination: "/etc", Source: "/bundle/data", Bind: true, Recursive: true},
		{Index: 2, Destination: "/", Source: "/data", Bind: true},
	}
	for i := range got {
		if got[i].SuperFlags = nil; !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("got  %+v\nwant %+v", got[i], want[i])
		}
	}
}

// FuzzMountOptions checks what mount_setattr(2) demands of any combination.
func FuzzMountOptions(f *testing.F) {
	f.Add("noatime", "ro", "rbind")
	f.Add("atime", "strictatime", "rnoatime")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		m := Mount{Type: "ext4"}
		for _, o := range []string{a, b, c} {
			m.addOption(o)
		}
		m.settleSuper()
		for _, x := range [][2]uint64{{m.AttrSet, m.AttrClr}, {m.RecSet, m.RecClr}} {
			set, clear := x[0], x[1]
			if set&clear&^atime != 0 {
				t.Errorf("%q %q %q: set %#x and clear %#x share bits", a, b, c, set, clear)
			}
			if part := clear & atime; part != 0 && part != atime || set&atime != 0 && part == 0 {
				t.Errorf("%q %q %q: set %#x, clear %#x breaks the access time", a, b, c, set, clear)
			}
		}
	})
}
