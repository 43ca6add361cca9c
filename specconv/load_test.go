package specconv

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLoad(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(path string) error
		want string // the end of the error, or the hostname
	}{
		{"file", write(`{"hostname": "a"}`), "a"},
		{"large file", write(`{"hostname": "a", "annotations": {"x": "` + strings.Repeat("y", 8<<20) + `"}}`), "a"},
		{"symbolic link", func(path string) error {
			if err := write(`{"hostname": "a"}`)(path + ".real"); err != nil {
				return err
			}
			return os.Symlink(path+".real", path)
		}, "a"},
		{"no bundle", func(path string) error { return os.Remove(filepath.Dir(path)) }, ": no such file or directory"},
		{"missing", func(string) error { return nil }, ": JSON specification file config.json not found"},
		{"syntax error", write("{\n\"hostname\": 1}"), "line 2, column 13 (hostname): a string is wanted, not a number"},
		{"empty", write(""), "line 1, column 1: an object is wanted, not the end of the file"},
		{"too large", func(path string) error {
			f, err := os.Create(path)
			if err != nil {
				return err
			}
			defer f.Close()
			return f.Truncate(maxSize + 1)
		}, "larger than 67108864 bytes"},
		{"fifo", func(path string) error { return unix.Mkfifo(path, 0o600) }, "not a regular file"},
		{"directory", func(path string) error { return os.Mkdir(path, 0o700) }, "not a regular file"},
		{"device", func(path string) error { return os.Symlink("/dev/zero", path) }, "not a regular file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bundle := t.TempDir()
			if err := tt.make(filepath.Join(bundle, "config.json")); err != nil {
				t.Fatal(err)
			}
			got := ""
			spec, data, err := Load(bundle)
			if err != nil {
				got = err.Error()
			} else if got = spec.Hostname; !json.Valid(data) {
				t.Errorf("the bytes are not what was read: %.40q", data)
			}
			if !strings.HasSuffix(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func write(data string) func(string) error {
	return func(path string) error { return os.WriteFile(path, []byte(data), 0o600) }
}

func TestLoadProcess(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString(`{"cwd": "/", "args": ["sh"], "user": {"uid": 7}}`); err != nil {
		t.Fatal(err)
	}
	w.Close()
	p, err := LoadProcess(filepath.Join("/proc/self/fd", strconv.Itoa(int(r.Fd()))))
	if err != nil {
		t.Fatal(err)
	}
	if p.Cwd != "/" || p.Args[0] != "sh" || p.User.UID != 7 {
		t.Errorf("got %+v", p)
	}
	if _, err := LoadProcess("/dev/null"); err == nil || !strings.HasSuffix(err.Error(), "not a regular file") {
		t.Errorf("device: got %v", err)
	}
	if _, err := LoadProcess("/nonexistent"); err == nil || err.Error() != `open "/nonexistent": no such file or directory` {
		t.Errorf("missing: got %v", err)
	}
}

func TestCheckRootfs(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := write("")(file); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir:           "",
		file:          "invalid configuration: root.path: open \"" + file + "\": not a directory",
		dir + "/none": "invalid configuration: root.path: open \"" + dir + "/none\": no such file or directory",
	} {
		got := ""
		if err := CheckRootfs(&Config{Rootfs: path}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

func TestLoadResources(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"limits", `{"pids": {"limit": 7}, "memory": {"swap": -1}}` + "\n", `{"memory":{"swap":-1},"pids":{"limit":7}}`},
		{"two objects", `{} {}`, "nothing may follow the object"},
		{"wrong type", `{"pids": {"limit": "7"}}`, "line 1, column 20 (pids.limit): a number is wanted, not a string"},
	} {
		path := filepath.Join(t.TempDir(), "limits.json")
		if err := write(tt.text)(path); err != nil {
			t.Fatal(err)
		}
		got := ""
		if r, err := LoadResources(path); err != nil {
			got = err.Error()
		} else if b, err := json.Marshal(r); err == nil {
			got = string(b)
		}
		if !strings.HasSuffix(got, tt.want) {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}
