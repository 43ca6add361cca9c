package seccomp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

const smallProfile = `{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
	{"names": ["getpid", "frobnicate"], "action": "SCMP_ACT_ERRNO"}]}`

// planted is a filter that no profile compiles to: who gets it has read it.
func planted() *Filter {
	return &Filter{Program: []byte{6, 0, 0, 0, 0, 0, 0xff, 0x7f}, Flags: 7, Notify: true, Unknown: []string{"a", "", "b"}}
}

func TestCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	s := profile(t, smallProfile)
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
	c.store(keyOf(s), planted())
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
		{"header only", rewrite(func(b []byte) []byte { return b[:contentAt] })},
		{"cut", rewrite(func(b []byte) []byte { return b[:len(b)-1] })},
		{"longer", rewrite(func(b []byte) []byte { return append(b, 0) })},
		{"too large", rewrite(func(b []byte) []byte { return make([]byte, maxEntry+1) })},
		{"wrong magic", rewrite(func(b []byte) []byte { b[0] ^= 1; return b })},
		{"wrong sum", rewrite(func(b []byte) []byte { b[sumAt] ^= 1; return b })},
		{"wrong key", rewrite(func(b []byte) []byte { b[contentAt] ^= 1; return withSum(b) })},
		{"torn", rewrite(func(b []byte) []byte { clear(b[len(b)/2:]); return b })},
		{"wrong flags", rewrite(func(b []byte) []byte { b[bodyAt] ^= 1; return b })},
		{"wrong program", rewrite(func(b []byte) []byte { b[len(b)-len("a\x00\x00b")-1] ^= 1; return b })},
		{"entry of another key with this name", rewrite(func([]byte) []byte { return encodeEntry(key("another"), planted()) })},
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
			s := profile(t, smallProfile)
			want, err := Compile(s, "")
			must(t, err)
			k := keyOf(s)
			c := openCache(dir)
			defer c.close()
			c.store(k, planted())
			tt.spoil(t, filepath.Join(dir, k.name()))

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
	s := profile(t, smallProfile)
	k := keyOf(s)
	if err := os.Mkdir(filepath.Join(dir, k.name()), 0o700); err != nil {
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
			s := profile(t, smallProfile)
			c := openCache(dir)
			c.store(keyOf(s), planted())
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
	var keys []key
	begin := time.Now().Add(-time.Hour)
	for i := range cacheSize + extra {
		k := key{byte(i), byte(i >> 8)}
		keys = append(keys, k)
		path := filepath.Join(dir, k.name())
		if err := os.WriteFile(path, encodeEntry(k, planted()), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, begin, begin.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	newest := key{0xff}
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

func TestKeysDiffer(t *testing.T) {
	ret := func(n uint) *uint { return &n }
	base := specs.LinuxSeccomp{DefaultAction: specs.ActErrno}
	variants := []func(*specs.LinuxSeccomp){
		func(s *specs.LinuxSeccomp) {},
		func(s *specs.LinuxSeccomp) { s.DefaultAction = specs.ActKill },
		func(s *specs.LinuxSeccomp) { s.DefaultErrnoRet = ret(0) },
		func(s *specs.LinuxSeccomp) { s.DefaultErrnoRet = ret(1) },
		func(s *specs.LinuxSeccomp) { s.Architectures = []specs.Arch{"a", "b"} },
		func(s *specs.LinuxSeccomp) { s.Architectures = []specs.Arch{"ab"} },
		func(s *specs.LinuxSeccomp) { s.Flags = []specs.LinuxSeccompFlag{} },
		func(s *specs.LinuxSeccomp) { s.Flags = []specs.LinuxSeccompFlag{"a", "b"} },
		func(s *specs.LinuxSeccomp) { s.Syscalls = []specs.LinuxSyscall{{Names: []string{"a", "b"}}} },
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{{Names: []string{"a"}}, {Names: []string{"b"}}}
		},
		func(s *specs.LinuxSeccomp) { s.Syscalls = []specs.LinuxSyscall{{Names: []string{"ab"}}} },
		func(s *specs.LinuxSeccomp) { s.Syscalls = []specs.LinuxSyscall{{Names: []string{"a"}, Action: "b"}} },
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{{Names: []string{"a"}, ErrnoRet: ret(0)}}
		},
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{{Args: []specs.LinuxSeccompArg{{Index: 1}}}}
		},
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{{Args: []specs.LinuxSeccompArg{{Value: 1}}}}
		},
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{{Args: []specs.LinuxSeccompArg{{ValueTwo: 1}}}}
		},
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{{Args: []specs.LinuxSeccompArg{{Op: "x"}}}}
		},
	}
	seen := map[string]int{}
	names := map[string]int{}
	for i, change := range variants {
		s := base
		change(&s)
		k := keyOf(&s)
		if j, ok := seen[string(k)]; ok {
			t.Errorf("variants %d and %d have the same key", j, i)
		}
		if j, ok := names[k.name()]; ok {
			t.Errorf("variants %d and %d have the same name", j, i)
		}
		seen[string(k)], names[k.name()] = i, i
	}
}

// The key must cover every field that bears on the program: a new field of the
// spec has to be looked at.
func TestKeyKnowsEveryField(t *testing.T) {
	for _, tt := range []struct {
		typ  any
		want int
	}{{specs.LinuxSeccomp{}, 7}, {specs.LinuxSyscall{}, 4}, {specs.LinuxSeccompArg{}, 4}} {
		typ := reflect.TypeOf(tt.typ)
		if typ.NumField() != tt.want {
			t.Errorf("%v has %d fields, keyOf was written for %d", typ, typ.NumField(), tt.want)
		}
	}
}

func FuzzDecodeEntry(f *testing.F) {
	k := key("a key")
	f.Add([]byte{})
	f.Add(encodeEntry(k, planted()))
	f.Add(encodeEntry(k, &Filter{Program: make([]byte, 16)}))
	f.Fuzz(func(t *testing.T, body []byte) {
		// As it is, and with a sum that fits, so that the rest is reached.
		for _, e := range [][]byte{body, withSum(body)} {
			got := decodeEntry(k, e)
			if got == nil {
				continue
			}
			if len(got.Program) == 0 || len(got.Program)%sockFilterSize != 0 || len(got.Program) > maxProgram {
				t.Fatalf("program of %d bytes", len(got.Program))
			}
			again := decodeEntry(k, encodeEntry(k, got))
			if again == nil || !bytes.Equal(again.Program, got.Program) || fmt.Sprint(again) != fmt.Sprint(got) {
				t.Fatalf("%+v became %+v", got, again)
			}
		}
	})
}

func withSum(body []byte) []byte {
	e := bytes.Clone(body)
	if len(e) >= contentAt {
		copy(e, entryMagic)
		binary.LittleEndian.PutUint64(e[sumAt:], mix(offset, e[bodyAt:]))
	}
	return e
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
			keyOf(s)
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
