package libct

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// awaitWaiter returns once somebody waits for the lock of a directory.
func awaitWaiter(t *testing.T, dir string) {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		t.Fatal(err)
	}
	inode := fmt.Sprintf(":%d 0 EOF", st.Ino)
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
		locks, err := os.ReadFile("/proc/locks")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(locks)) {
			if strings.Contains(line, "-> FLOCK") && strings.Contains(line, inode) {
				return
			}
		}
	}
	t.Fatal("nobody waits for the lock")
}

// Who has waited for the lock of a container that was deleted meanwhile must
// not believe that he holds it: its id may be another's by now.
func TestLockOfDeleted(t *testing.T) {
	for _, tt := range []struct {
		name  string
		again bool // the id is taken again before the lock is free
	}{{"gone", false}, {"made again", true}} {
		t.Run(tt.name, func(t *testing.T) {
			c := &Container{dir: filepath.Join(t.TempDir(), "c")}
			if err := os.Mkdir(c.dir, 0o700); err != nil {
				t.Fatal(err)
			}
			unlock, err := c.lock()
			if err != nil {
				t.Fatal(err)
			}
			type result struct {
				unlock func()
				err    error
			}
			waited := make(chan result, 1)
			go func() {
				unlock, err := c.lock()
				waited <- result{unlock, err}
			}()
			awaitWaiter(t, c.dir)
			if err := os.Rename(c.dir, c.dir+"-deleted"); err != nil {
				t.Fatal(err)
			}
			if tt.again {
				if err := os.Mkdir(c.dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			unlock()
			r := <-waited
			switch {
			case !tt.again && !errors.Is(r.err, ErrNotExist):
				t.Errorf("err = %v, want that it does not exist", r.err)
			case tt.again && r.err != nil:
				t.Error(r.err)
			case tt.again && !c.busy():
				t.Error("the lock is of a directory that nobody finds")
			}
			if r.unlock != nil {
				r.unlock()
			}
		})
	}
}

// Who has lost his directory between its making and its lock does not take the
// container of another for his own.
func TestClaimOfAnother(t *testing.T) {
	c := &Container{dir: t.TempDir()}
	unlock, err := c.claim()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.save(); err != nil {
		t.Fatal(err)
	}
	unlock()
	if _, err := c.claim(); !errors.Is(err, ErrExist) {
		t.Errorf("claim: %v, want %v", err, ErrExist)
	}
	if c.busy() {
		t.Error("the lock is kept")
	}
}

// A run that has waited for its program takes away its own container, and not
// another that has its name by then.
func TestFinish(t *testing.T) {
	mine := record{Format: recordFormat, ID: "c", Phase: Created, InitPid: 1<<22 + 1, InitStart: 7, OwnPids: true}
	other := mine
	other.InitStart = 8
	for _, tt := range []struct {
		name string
		kept record
		gone bool
	}{{"ours", mine, true}, {"another's", other, false}} {
		t.Run(tt.name, func(t *testing.T) {
			r := &Runtime{Root: t.TempDir(), Warn: func(text string) { t.Error(text) }}
			c, unlock, err := r.reserve("c")
			if err != nil {
				t.Fatal(err)
			}
			c.rec = tt.kept
			if err := c.save(); err != nil {
				t.Fatal(err)
			}
			unlock()
			l := &launch{Container: &Container{rt: r, dir: c.dir, rec: mine}}
			if err := l.finish(false); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(c.path(stateFile)); os.IsNotExist(err) != tt.gone {
				t.Errorf("state.json: %v, want it gone: %v", err, tt.gone)
			}
		})
	}
}

// Start comes back when the container's state is running, though the lock that
// says so ends a little later than the connection.
func TestSettle(t *testing.T) {
	c := &Container{dir: t.TempDir()}
	lock, err := os.Create(c.path(initLock))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	settled := make(chan error, 1)
	go func() { settled <- c.settle() }()
	awaitWaiter(t, c.path(initLock))
	lock.Close()
	if err := <-settled; err != nil {
		t.Error(err)
	}
	if held, err := c.awaitingStart(); held || err != nil {
		t.Errorf("awaiting start: %v, %v", held, err)
	}
}

// A directory without a record is a container that is being deleted, as long as
// somebody holds its lock, and else one whose making was killed.
func TestDirectoryWithoutRecord(t *testing.T) {
	r := &Runtime{Root: t.TempDir(), Warn: func(string) {}}
	c, unlock, err := r.reserve("c")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.reload(); err != nil {
		t.Fatal(err)
	}
	if s, err := c.State(); !errors.Is(err, ErrNotExist) {
		t.Errorf("locked: %v, %v; want %v", s, err, ErrNotExist)
	}
	if list, err := r.List(); err != nil || len(list) > 0 {
		t.Errorf("locked: listed %v, %v", list, err)
	}
	unlock()
	if s, err := c.State(); err != nil || s.Status != Stopped {
		t.Errorf("not locked: %v, %v; want %v", s, err, Stopped)
	}
}
