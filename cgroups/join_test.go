package cgroups

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRefused(t *testing.T) {
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for _, tt := range []struct {
		join Join
		err  error
		want string
	}{
		{Join{Dir: dir}, unix.EBUSY, "takes no processes"},
		{Join{Dir: dir}, unix.EACCES, "may not move a process from its own cgroup to " + dir.Name()},
		{Join{}, unix.EACCES, "permission denied"},
	} {
		got := tt.join.Refused(tt.err)
		if !errors.Is(got, tt.err) || !strings.Contains(got.Error(), tt.want) {
			t.Errorf("%v: %q, want %q in it", tt.err, got, tt.want)
		}
	}
}
