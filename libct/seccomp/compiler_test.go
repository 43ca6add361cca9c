package seccomp

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/libct/seccomp/profile"
)

// Busybox stands in for a compiler that does not do its work.
func TestBrokenCompilers(t *testing.T) {
	path, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal(err)
	}
	busybox, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	k := profile.KeyOf(parse(t, smallProfile), version)
	const run = "compile linux.seccomp: run the compiler: "
	for _, tt := range []struct {
		name  string
		image []byte
		args  []string
		want  string
	}{
		{"hangs", busybox, []string{"sleep", "1000"}, run + "killed after 100ms"},
		{"says nothing", busybox, []string{"true"}, run + "its 0 bytes are no filter for this profile"},
		{"gives the profile back", busybox, []string{"cat"}, "are no filter for this profile"},
		{"fails without a reason", busybox, []string{"false"}, run + `exit status 1: ""`},
		{"crashes", busybox, []string{"sh", "-c", "echo oops >&2; exit 2"}, run + `exit status 2: "oops\n"`},
		{"is killed", busybox, []string{"sh", "-c", "kill -9 $$"}, run + `signal: killed: ""`},
		{"says why not", busybox, []string{"sh", "-c", "printf 'compile linux.seccomp.x: y'; exit 1"}, "compile linux.seccomp.x: y"},
		{"shows its environment", busybox, []string{"env"}, run + "its 0 bytes are no filter for this profile"},
		{"is no program", []byte("nonsense"), []string{"x"}, "exec format error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			deadline := 30 * time.Second
			if tt.name == "hangs" {
				deadline = 100 * time.Millisecond
			}
			f, err := compiler{tt.image, tt.args, deadline}.compile(k)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "compile linux.seccomp") {
				t.Errorf("got %v, %v\nwant %s", f, err, tt.want)
			}
		})
	}
}

// The version that rt shows, and the cache goes by, is the compiler's own.
func TestCompilerOfAnotherVersion(t *testing.T) {
	k := profile.KeyOf(&specs.LinuxSeccomp{DefaultAction: specs.ActAllow}, "0.0.1")
	want := `compile linux.seccomp: read profile: it is for libseccomp "0.0.1", not "` + LibraryVersion() + `"`
	if f, err := embedded().compile(k); err == nil || err.Error() != want {
		t.Errorf("got %v, %v\nwant %s", f, err, want)
	}
}

// Neither side waits for the other, however much there is to read.
func TestProfileLargerThanAPipe(t *testing.T) {
	s := parse(t, smallProfile)
	for range 10000 {
		s.Syscalls[0].Names = append(s.Syscalls[0].Names, strings.Repeat("x", 20))
	}
	f, err := Compile(s, "")
	if err != nil || len(f.Unknown) != 2 {
		t.Errorf("%+v, %v", f, err)
	}
}
