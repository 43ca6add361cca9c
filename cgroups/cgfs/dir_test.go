package cgfs

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A container with a cgroup of its own may nest deeper than a path can name.
func TestWalkBelowLongestPath(t *testing.T) {
	const depth = 3 * unix.PathMax / 250
	base := t.TempDir()
	at, err := os.OpenRoot(base)
	for range depth {
		if err != nil {
			t.Fatal(err)
		}
		name := strings.Repeat("x", 250)
		if err := at.Mkdir(name, 0o755); err != nil {
			t.Fatal(err)
		}
		below, openErr := at.OpenRoot(name)
		at.Close()
		at, err = below, openErr
	}
	at.Close()
	seen := 0
	err = Walk(base, func(dir string) error {
		seen++
		var st unix.Stat_t
		return unix.Stat(dir+"/..", &st)
	})
	if err != nil || seen != 1+depth {
		t.Errorf("walked %d directories, want %d: %v", seen, 1+depth, err)
	}
}
