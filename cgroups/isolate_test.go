package cgroups

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A process that is born through an isolated directory is in the cgroup, and
// whoever has the directory cannot climb out of it or write below it.
func TestIsolate(t *testing.T) {
	l, err := Detect()
	if err != nil {
		t.Fatal(err)
	}
	if l.V2 == nil {
		t.Skip("the host has no v2 hierarchy")
	}
	dir := l.V2.Mount + "/rt-test-isolate"
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := removeTree(dir, time.Now().Add(removeWait)); err != nil {
			t.Error(err)
		}
	})
	file, err := openDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	j := Join{Dir: file}
	if err := j.Isolate(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Close)

	fd := int(j.Dir.Fd())
	var here, above unix.Stat_t
	if err := errors.Join(unix.Fstat(fd, &here), unix.Fstatat(fd, "../../..", &above, 0)); err != nil || here.Ino != above.Ino || here.Dev != above.Dev {
		t.Errorf("a way leads up to inode %d of %d, %v", above.Ino, above.Dev, err)
	}
	if err := unix.Mkdirat(fd, "below", 0o755); !errors.Is(err, unix.EROFS) {
		t.Errorf("mkdir: %v, want that it is read-only", err)
	}
	own, err := os.ReadFile("/proc/" + strconv.Itoa(sleeper(t, j)) + "/cgroup")
	if err != nil || !strings.Contains(string(own), "0::/rt-test-isolate\n") {
		t.Errorf("not in the cgroup: %q, %v", own, err)
	}
}
