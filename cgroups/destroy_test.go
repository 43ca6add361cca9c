package cgroups

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What a container has nested deeper than a path can name is removed, too.
func TestRemoveTreeBelowLongestPath(t *testing.T) {
	top := t.TempDir() + "/top"
	if err := os.Mkdir(top, 0o755); err != nil {
		t.Fatal(err)
	}
	at, err := os.OpenRoot(top)
	for range 3 * unix.PathMax / 250 {
		if err != nil {
			t.Fatal(err)
		}
		name := strings.Repeat("x", 250)
		if err := errors.Join(at.Mkdir(name, 0o755), at.Mkdir("other", 0o755)); err != nil {
			t.Fatal(err)
		}
		below, openErr := at.OpenRoot(name)
		at.Close()
		at, err = below, openErr
	}
	at.Close()
	if err := removeTree(top, time.Now().Add(removeWait)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(top); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}
