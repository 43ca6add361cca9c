package libct

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestSaysReady(t *testing.T) {
	for _, test := range []struct {
		message string
		want    bool
	}{
		{"READY=1", true},
		{"READY=1\n", true},
		{"STATUS=READY=1\nREADY=1\nWATCHDOG=1", true},
		{"", false},
		{"READY=0", false},
		{"READY=10", false},
		{"XREADY=1", false},
		{"MAINPID=1", false},
	} {
		if got := saysReady(test.message); got != test.want {
			t.Errorf("%q: got %t, want %t", test.message, got, test.want)
		}
	}
}

func TestOfferNotify(t *testing.T) {
	spec := &specs.Spec{Process: &specs.Process{Env: []string{"A=1", "NOTIFY_SOCKET=/host", "B=2"}}}
	offerNotify(spec, "/state/c")
	if want := []string{"A=1", "B=2", "NOTIFY_SOCKET=/run/notify/notify.sock"}; !slices.Equal(spec.Process.Env, want) {
		t.Errorf("environment: got %q, want %q", spec.Process.Env, want)
	}
	if m := spec.Mounts[0]; m.Source != "/state/c/notify" || m.Destination != "/run/notify" {
		t.Errorf("mount: got %+v", m)
	}
}

// datagrams is a socket that takes messages.
func datagrams(t *testing.T, path string) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 30}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestRelay(t *testing.T) {
	for _, test := range []struct {
		name    string
		says    []string
		ends    bool // the container's process, after its words
		mainPID int
		want    []string
	}{
		{"ready", []string{"READY=1"}, false, 42, []string{"MAINPID=42\nREADY=1", "BARRIER=1"}},
		{"in the foreground", []string{"READY=1"}, false, 0, []string{"READY=1", "BARRIER=1"}},
		{"other words before", []string{"STATUS=a", "BARRIER=1", "FDSTORE=1\nMAINPID=1", "READY=1\nMAINPID=1"}, false, 42,
			[]string{"MAINPID=42\nREADY=1", "BARRIER=1"}},
		{"its last word", []string{"STATUS=a", "READY=1"}, true, 42, []string{"MAINPID=42\nREADY=1", "BARRIER=1"}},
		{"end without a word", nil, true, 42, nil},
		{"end without the word", []string{"STATUS=a"}, true, 42, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			host := datagrams(t, filepath.Join(dir, "host"))
			process := exec.Command("sleep", "1000")
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			end := func() { process.Process.Kill(); process.Wait() }
			defer end()
			pidfd, err := unix.PidfdOpen(process.Process.Pid, 0)
			if err != nil {
				t.Fatal(err)
			}
			n := &notifier{host: filepath.Join(dir, "host"), path: filepath.Join(dir, notifySock), pidfd: pidfd}
			if err := n.listen(dir); err != nil {
				t.Fatal(err)
			}
			for _, message := range test.says {
				say(t, n.path, message)
			}
			if test.ends {
				end()
			}
			ended := make(chan error, 1)
			go func() { ended <- n.relay(test.mainPID) }()
			for _, want := range test.want {
				if got := hear(t, host); got != want {
					t.Errorf("the host got %q, want %q", got, want)
				}
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if size, _, err := unix.Recvfrom(host, make([]byte, notifyMax), unix.MSG_DONTWAIT); err != unix.EAGAIN {
				t.Errorf("the host got %d bytes more: %v", size, err)
			}
			if err := unix.Access(n.path, unix.F_OK); err != unix.ENOENT {
				t.Errorf("socket after the end: %v", err)
			}
		})
	}
}

// say sends a message, with a descriptor as sd_notify_barrier(3) does.
func say(t *testing.T, path, message string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Sendmsg(fd, []byte(message), unix.UnixRights(fd), &unix.SockaddrUnix{Name: path}, 0); err != nil {
		t.Fatalf("send %s: %v", strconv.Quote(message), err)
	}
}

// hear takes a message and, as its descriptors are not taken, lets a barrier
// pass.
func hear(t *testing.T, fd int) string {
	t.Helper()
	message := make([]byte, notifyMax)
	size, _, err := unix.Recvfrom(fd, message, 0)
	if err != nil {
		t.Fatal(err)
	}
	return string(message[:size])
}
