package cgroups

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"rt/cgroups/cgfs"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// What systemd has written over is written back, and nothing else is touched.
func TestRewritten(t *testing.T) {
	dir := t.TempDir()
	s := scopeIn(t, dir, 1).(*scope)
	write(t, dir, map[string]string{
		"cpu.max": "12345 100000", "memory.oom.group": "1", "memory.max": "67108864", "cpuset.cpus": "",
		"io.weight": "default 910\n8:0 300", "io.bfq.weight": "default 100", "cpu.idle": "1", "cpu.weight": "0", "pids.max": "7",
	})
	before := keep(rewritten[s.pure], s.files.of, "why")
	if got := before.changed(); len(got) != 0 {
		t.Errorf("unchanged: %v", got)
	}
	write(t, dir, map[string]string{
		"cpu.max": "13000 100000", "memory.oom.group": "0", "memory.max": "max", "cpuset.cpus": "0",
		"io.weight": "default 100\n8:0 300", "io.bfq.weight": "default 173", "cpu.idle": "0", "cpu.weight": "100",
	})
	var got []string
	for _, c := range before.changed() {
		got = append(got, c.File+" "+c.Value)
	}
	want := []string{"cpu.idle 1", "cpu.max 12345 100000", "memory.max 67108864", "memory.oom.group 1", "io.weight 910", "io.bfq.weight 100"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestRewrittenV1(t *testing.T) {
	dir := t.TempDir()
	m, err := Load(State{Paths: map[string]string{"cpu": dir, "name=systemd": dir}, Unit: &Unit{Name: "a.scope", Inode: 1}})
	if err != nil {
		t.Fatal(err)
	}
	s := m.(*scope)
	write(t, dir, map[string]string{"cpu.cfs_quota_us": "12345", "cpu.cfs_period_us": "100000", "cpu.shares": "512"})
	before := keep(rewritten[s.pure], s.files.of, "why")
	write(t, dir, map[string]string{"cpu.cfs_quota_us": "13000"})
	if got := before.changed(); len(got) != 1 || got[0].File != "cpu.cfs_quota_us" || got[0].Value != "12345" {
		t.Errorf("%v", got)
	}
}

func TestDevicesBack(t *testing.T) {
	flat := func(list []cgfs.Setting) (out []string) {
		for _, s := range list {
			out = append(out, s.File+" "+s.Value)
		}
		return out
	}
	for _, c := range []struct {
		kept, now string
		want      []string
	}{
		{"c 1:3 rwm\nc 195:* rwm", "c 195:* rwm\nc 1:3 rwm", nil},
		{"c 1:3 rwm\nc 195:* rwm", "c 1:3 rw\nb 8:0 r", []string{"devices.deny c 1:3 rw", "devices.deny b 8:0 r", "devices.allow c 1:3 rwm", "devices.allow c 195:* rwm"}},
		{"c 1:3 rwm", allDevices, []string{"devices.deny a *:* rwm", "devices.allow c 1:3 rwm"}},
		{"", "c 1:3 rwm", []string{"devices.deny c 1:3 rwm"}},
	} {
		if got := flat(devicesBack(c.kept, c.now)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q from %q: %q, want %q", c.kept, c.now, got, c.want)
		}
	}
}

// Exceptions that the kernel does not show could not be had back.
func TestKeepDevices(t *testing.T) {
	dir := t.TempDir()
	m := &legacy{dirs: []legacyDir{{controllers: []string{"devices"}, dir: dir}, {controllers: []string{"freezer"}, dir: dir}}}
	files := map[string]string{"devices.list": allDevices, "devices.allow": "", "devices.deny": "", "freezer.state": "FROZEN"}
	write(t, dir, files)
	ran := false
	if err := m.keepDevices(func() error { ran = true; return nil }); err != nil || ran {
		t.Errorf("allowed by default: ran %t, %v", ran, err)
	}
	files["devices.list"] = "c 1:3 rwm"
	write(t, dir, files)
	err := m.keepDevices(func() error {
		files["devices.list"] = "c 1:5 rwm"
		write(t, dir, files)
		return nil
	})
	denied, _ := cgfs.Read(dir + "/devices.deny")
	allowed, _ := cgfs.Read(dir + "/devices.allow")
	if err != nil || denied != "c 1:5 rwm" || allowed != "c 1:3 rwm" {
		t.Errorf("%v; denied %q, allowed %q", err, denied, allowed)
	}
}
