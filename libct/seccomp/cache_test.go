package seccomp

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rt/libct/seccomp/profile"
)

const smallProfile = `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
	{"names": ["getpid", "frobnicate"], "action": "SCMP_ACT_ERRNO"}]}`

// planted is a filter that no profile compiles to: who gets it has read it.
func planted() *Filter {
	return &Filter{Program: []byte{6, 0, 0, 0, 0, 0, 0xff, 0x7f}, Flags: 7, Notify: true, Unknown: []string{"a", "", "b"}}
}

func TestCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	s := parse(t, smallProfile)
	first, err := Compile(s, dir)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("directory: %v, %v", info, err)
	}
	second, err := Compile(s, dir)
	if err != nil || !reflect.DeepEqual(first, second) {
		t.Errorf("second: %+v, %v; first: %+v", second, err, first)
	}

	c := openCache(dir)
	defer c.close()
	c.store(profile.KeyOf(s, version), planted())
	if f, err := Compile(s, dir); err != nil || !reflect.DeepEqual(f, planted()) {
		t.Errorf("planted filter came back as %+v, %v", f, err)
	}
}

func TestDistrustedEntries(t *testing.T) {
	rewrite := func(change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			b, err := os.ReadFile(path)
			if err == nil {
				err = os.WriteFile(path, change(b), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	must := func(t *testing.T, errs ...error) {
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name  string
		spoil func(t *testing.T, path string)
	}{
		{"missing", func(t *testing.T, path string) { must(t, os.Remove(path)) }},
		{"empty", rewrite(func(b []byte) []byte { return nil })},
		{"cut", rewrite(func(b []byte) []byte { return b[:len(b)-1] })},
		{"too large", rewrite(func(b []byte) []byte { return make([]byte, maxEntry+1) })},
		{"entry of another key with this name", rewrite(func([]byte) []byte { return profile.Encode(profile.Key("another"), planted()) })},
		{"group may write", func(t *testing.T, path string) { must(t, os.Chmod(path, 0o620)) }},
		{"others may write", func(t *testing.T, path string) { must(t, os.Chmod(path, 0o602)) }},
		{"another owner", func(t *testing.T, path string) { must(t, os.Chown(path, 1234, 0)) }},
		{"symbolic link", func(t *testing.T, path string) {
			elsewhere := filepath.Join(t.TempDir(), "entry")
			must(t, os.Rename(path, elsewhere), os.Symlink(elsewhere, path))
		}},
		{"fifo", func(t *testing.T, path string) { must(t, os.Remove(path), unix.Mkfifo(path, 0o600)) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.Chmod(dir, 0o700))
			s := parse(t, smallProfile)
			want, err := Compile(s, "")
			must(t, err)
			k := profile.KeyOf(s, version)
			c := openCache(dir)
			defer c.close()
			c.store(k, planted())
			tt.spoil(t, filepath.Join(dir, k.Name()))

			for _, round := range []string{"recompiled", "replaced"} {
				if f, err := Compile(s, dir); err != nil || !reflect.DeepEqual(f, want) {
					t.Errorf("%s: %+v, %v", round, f, err)
				}
			}
			if f := c.load(k); !reflect.DeepEqual(f, want) {
				t.Errorf("stored: %+v", f)
			}
			if files, _ := os.ReadDir(dir); len(files) != 1 {
				t.Errorf("files left: %v", files)
			}
		})
	}
}

// A directory in the place of an entry cannot be replaced by rename.
func TestDirectoryAsEntry(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := parse(t, smallProfile)
	k := profile.KeyOf(s, version)
	if err := os.Mkdir(filepath.Join(dir, k.Name()), 0o700); err != nil {
		t.Fatal(err)
	}
	if f, err := Compile(s, dir); err != nil || f == nil {
		t.Errorf("%v, %v", f, err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("files left: %v", files)
	}
}

func TestDistrustedDirectories(t *testing.T) {
	tests := []struct {
		name string
		make func(dir string) error
	}{
		{"open to others", func(dir string) error { return os.Chmod(dir, 0o755) }},
		{"open to the group", func(dir string) error { return os.Chmod(dir, 0o770) }},
		{"sticky", func(dir string) error { return os.Chmod(dir, 0o700|os.ModeSticky) }},
		{"another owner", func(dir string) error { return os.Chown(dir, 1234, 0) }},
		{"symbolic link", func(dir string) error {
			if err := os.Rename(dir, dir+"-real"); err != nil {
				return err
			}
			return os.Symlink(dir+"-real", dir)
		}},
		{"file", func(dir string) error {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
			return os.WriteFile(dir, nil, 0o700)
		}},
		{"missing parent", func(dir string) error { return os.RemoveAll(filepath.Dir(dir)) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "parent", "cache")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			s := parse(t, smallProfile)
			c := openCache(dir)
			c.store(profile.KeyOf(s, version), planted())
			c.close()
			if err := tt.make(dir); err != nil {
				t.Fatal(err)
			}
			f, err := Compile(s, dir)
			if err != nil || reflect.DeepEqual(f, planted()) {
				t.Errorf("got %+v, %v", f, err)
			}
		})
	}
}

func TestCacheKeepsTheNewest(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := openCache(dir)
	defer c.close()
	const extra = 5
	var keys []profile.Key
	begin := time.Now().Add(-time.Hour)
	for i := range cacheSize + extra {
		k := profile.Key{byte(i), byte(i >> 8)}
		keys = append(keys, k)
		path := filepath.Join(dir, k.Name())
		if err := os.WriteFile(path, profile.Encode(k, planted()), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, begin, begin.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	newest := profile.Key{0xff}
	c.store(newest, planted())
	for i, k := range keys {
		if kept := c.load(k) != nil; kept != (i > extra) {
			t.Errorf("entry %d kept: %v", i, kept)
		}
	}
	if c.load(newest) == nil {
		t.Error("the new entry is gone")
	}
}

func BenchmarkDockerDefault(b *testing.B) {
	s := dockerDefault(b)
	dir := filepath.Join(b.TempDir(), "cache")
	b.Run("compile", func(b *testing.B) {
		for b.Loop() {
			if _, err := Compile(s, ""); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("key", func(b *testing.B) {
		for b.Loop() {
			profile.KeyOf(s, version)
		}
	})
	b.Run("cached", func(b *testing.B) {
		for b.Loop() {
			if _, err := Compile(s, dir); err != nil {
				b.Fatal(err)
			}
		}
	})
}
