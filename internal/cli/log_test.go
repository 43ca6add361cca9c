package cli

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rt/libct"
)

// openLog gives a logger to a file, and what is in the file.
func openLog(t *testing.T, format string, debug bool) (*logger, func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	l := &logger{fd: stderr}
	if err := l.open(path, format, debug); err != nil {
		t.Fatal(err)
	}
	return l, func() string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
}

// captureStderr gives what f writes to os.Stderr.
func captureStderr(t *testing.T, f func()) string {
	t.Helper()
	tmp, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	saved := os.Stderr
	os.Stderr = tmp
	f()
	os.Stderr = saved
	b, err := os.ReadFile(tmp.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestLogFailureIsOneJSONObject(t *testing.T) {
	l, content := openLog(t, "json", false)
	l.debug("not asked for")
	l.warn("first")
	l.warn("second")
	out := captureStderr(t, func() { l.fail(libct.ErrNotExist) })

	if want := "container does not exist\n"; out != want {
		t.Errorf("standard error %q, want %q", out, want)
	}
	var got struct {
		Level, Msg, Code, Hint string
		Time                   time.Time
		Warnings               []string
	}
	if err := json.Unmarshal([]byte(content()), &got); err != nil {
		t.Fatalf("%v in %q", err, content())
	}
	if got.Level != "error" || got.Msg != "container does not exist" || got.Code != "not-exist" || got.Hint == "" {
		t.Errorf("got %+v", got)
	}
	if strings.Join(got.Warnings, ",") != "first,second" {
		t.Errorf("warnings %q", got.Warnings)
	}
	if time.Since(got.Time) > time.Hour {
		t.Errorf("time %v", got.Time)
	}
	if n := strings.Count(content(), "\n"); n != 1 {
		t.Errorf("%d lines, want 1", n)
	}
}

func TestLogWarningsOfSuccess(t *testing.T) {
	tests := []struct{ format, before, after string }{
		{"json", "", `"level":"warning","msg":"w"`},
		{"text", `level=warning msg="w"`, `level=warning msg="w"`},
	}
	for _, tt := range tests {
		l, content := openLog(t, tt.format, false)
		l.warn("w")
		if got := content(); !strings.Contains(got, tt.before) || (tt.before == "" && got != "") {
			t.Errorf("%s: %q before the end, want %q", tt.format, got, tt.before)
		}
		l.flush()
		if got := content(); strings.Count(got, "\n") != 1 || !strings.Contains(got, tt.after) {
			t.Errorf("%s: %q at the end, want one %q", tt.format, got, tt.after)
		}
	}
}

func TestLogText(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := []struct {
		name string
		e    entry
		want string
	}{
		{"plain", entry{Level: "warning", Msg: "w", Time: at},
			`time="2026-01-02T03:04:05Z" level=warning msg="w"` + "\n"},
		{"quotes and lines", entry{Level: "error", Msg: "exec: \"x\"\nno", Time: at},
			`time="2026-01-02T03:04:05Z" level=error msg="exec: \"x\"\nno"` + "\n"},
		{"detail", entry{Level: "error", Msg: "m", Time: at, detail: detail{Code: "syscall", Property: "mounts[0]", Syscall: "mount", Errno: "EPERM", Hint: "do this"}},
			`time="2026-01-02T03:04:05Z" level=error msg="m" code=syscall property=mounts[0] syscall=mount errno=EPERM hint="do this"` + "\n"},
		{"key in a property", entry{Level: "error", Msg: "m", Time: at, detail: detail{Property: `annotations["a b"]`}},
			`time="2026-01-02T03:04:05Z" level=error msg="m" property="annotations[\"a b\"]"` + "\n"},
	}
	for _, tt := range tests {
		if got := string(tt.e.text()); got != tt.want {
			t.Errorf("%s: got %s want %s", tt.name, got, tt.want)
		}
	}
}

func TestLogJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, tt := range []struct {
		name string
		e    entry
		want string
	}{
		{"plain", entry{Level: "warning", Msg: "a\n<b>", Time: at},
			`{"level":"warning","msg":"a\u000a<b>","time":"2026-01-02T03:04:05Z"}` + "\n"},
		{"detail", entry{Level: "error", Msg: "m", Time: at, Warnings: []string{"w"},
			detail: detail{Code: "syscall", Property: "mounts[0]", Syscall: "mount", Errno: "EPERM", Hint: "do this"}},
			`{"level":"error","msg":"m","time":"2026-01-02T03:04:05Z","code":"syscall","property":"mounts[0]",` +
				`"syscall":"mount","errno":"EPERM","hint":"do this","warnings":["w"]}` + "\n"},
	} {
		if got := string(tt.e.line()); got != tt.want {
			t.Errorf("%s: got %s want %s", tt.name, got, tt.want)
		}
	}
}

func TestLogDebug(t *testing.T) {
	l, content := openLog(t, "text", true)
	l.debug("step")
	if got := content(); !strings.Contains(got, `level=debug msg="step"`) {
		t.Errorf("got %q", got)
	}
}

func TestLogOpenErrors(t *testing.T) {
	tests := []struct{ path, format, want string }{
		{"", "xml", `--log-format "xml": not text or json`},
		{"/nonexistent/log", "text", "open /nonexistent/log: no such file or directory"},
	}
	for _, tt := range tests {
		err := new(logger).open(tt.path, tt.format, false)
		if err == nil || err.Error() != tt.want {
			t.Errorf("open(%q, %q): %v, want %s", tt.path, tt.format, err, tt.want)
		}
	}
}

func TestLogAppends(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for range 2 {
		l := &logger{fd: stderr}
		if err := l.open(path, "json", false); err != nil {
			t.Fatal(err)
		}
		captureStderr(t, func() { l.fail(errors.New("no")) })
	}
	b, err := os.ReadFile(path)
	if err != nil || strings.Count(string(b), "\n") != 2 {
		t.Errorf("%v, %q: want two lines", err, b)
	}
}
