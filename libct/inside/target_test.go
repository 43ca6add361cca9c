package inside

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// rooted runs a batch in an executor whose plan has dir as the container's
// root, in a mount namespace of its own.
func rooted(t *testing.T, dir string, add func(p *Plan, in *nsexec.Batch)) error {
	t.Helper()
	x, err := nsexec.Spawn(nsexec.Options{
		Namespaces: unix.CLONE_NEWNS,
		Stdio:      [3]*os.File{os.Stdin, os.Stdout, os.Stderr},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	defer x.Kill()
	var regs nsexec.Registers
	p := testPlan(t, "")
	in := nsexec.NewBatch(&regs)
	in.Step("test", "", "")
	in.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	p.root = in.Open(dir, unix.O_PATH|unix.O_DIRECTORY)
	add(p, in)
	return x.Run(in)
}

func TestManyMissingMountPoints(t *testing.T) {
	dir := t.TempDir()
	err := rooted(t, dir, func(p *Plan, in *nsexec.Batch) {
		for i := range 300 {
			in.Close(mountPoint(p, in, fmt.Sprintf("/d%d/a/b/c/d/e/f/g/h", i), isDirectory))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 299} {
		if _, err := os.Stat(filepath.Join(dir, fmt.Sprintf("d%d/a/b/c/d/e/f/g/h", i))); err != nil {
			t.Error(err)
		}
	}
}

func TestMountPointThroughLinks(t *testing.T) {
	outside := t.TempDir()
	tests := []struct {
		name  string
		links map[string]string // name in the rootfs, target
		dest  string
		made  string // in the rootfs; "" for an error
	}{
		{"none", nil, "/a/b", "a/b"},
		{"absolute", map[string]string{"l": "/real"}, "/l/x", "real/x"},
		{"upwards", map[string]string{"l": "../../../../up"}, "/l", "up"},
		{"of the host", map[string]string{"l": outside}, "/l/x", filepath.Join(outside, "x")},
		{"chain", map[string]string{"l": "m", "m": "n"}, "/l/x", "n/x"},
		{"loop", map[string]string{"l": "m", "m": "l"}, "/l/x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, target := range tt.links {
				if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			err := rooted(t, dir, func(p *Plan, in *nsexec.Batch) {
				in.Close(mountPoint(p, in, tt.dest, isDirectory))
			})
			if tt.made == "" {
				if err == nil {
					t.Error("no error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(dir, tt.made)); err != nil {
				t.Error(err)
			}
			if entries, _ := os.ReadDir(outside); len(entries) > 0 {
				t.Errorf("made outside: %v", entries)
			}
		})
	}
}

func TestFollow(t *testing.T) {
	tests := []struct {
		path   string
		at     int
		target string
		want   string
	}{
		{"/a/l/c", 1, "/x/y", "/x/y/c"},
		{"/a/l/c", 1, "x", "/a/x/c"},
		{"/a/l", 1, "../x", "/a/../x"},
		{"/l", 0, "x", "/x"},
	}
	for _, tt := range tests {
		if got := follow(split(tt.path), tt.at, tt.target); !slices.Equal(got, split(tt.want)) {
			t.Errorf("%s, %d, %s: got %v, want %v", tt.path, tt.at, tt.target, got, split(tt.want))
		}
	}
}
