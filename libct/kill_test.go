package libct

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A container has ended whose pid a thread has by now, and is no obstacle to
// its deletion.
func TestPidOfThread(t *testing.T) {
	tid := make(chan int)
	done := make(chan struct{})
	defer close(done)
	for range 2 { // the thread that leads the process may be one of them
		go func() {
			runtime.LockOSThread()
			tid <- unix.Gettid()
			<-done
		}()
	}
	pid := <-tid
	if other := <-tid; pid == os.Getpid() {
		pid = other
	}
	c := &Container{rec: record{InitPid: pid}}
	if err := c.signal(0); !errors.Is(err, ErrNotRunning) {
		t.Errorf("signal: %v, want %v", err, ErrNotRunning)
	}
	if err := c.killAll(); err != nil {
		t.Errorf("killAll: %v", err)
	}
}
