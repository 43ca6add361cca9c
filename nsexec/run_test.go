package nsexec

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func spawn(t *testing.T, o Options) (*Executor, *Registers) {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	regs := &Registers{}
	o.Stdio = [3]*os.File{os.Stdin, os.Stdout, os.Stderr}
	x, err := Spawn(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !x.dead {
			x.Kill()
		}
		x.Close()
	})
	return x, regs
}

func TestRunWritesFile(t *testing.T) {
	dir := t.TempDir()
	x, regs := spawn(t, Options{Namespaces: unix.CLONE_NEWNS})
	b := NewBatch(regs)
	b.Step("write", "", "file")
	d := b.Open(dir, unix.O_PATH|unix.O_DIRECTORY)
	b.Mkdirat(d, "sub", 0o755)
	f := b.Openat2(d, "sub/file", unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY, 0o600, unix.RESOLVE_BENEATH)
	b.Write(f, []byte("hello"))
	b.Close(f)
	if err := x.Run(b); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "sub/file"))
	if err != nil || string(got) != "hello" {
		t.Fatalf("got %q, %v", got, err)
	}
}

// The executor's file must not lie where its own descriptors will.
func TestSpawnLowDescriptors(t *testing.T) {
	if os.Getenv("LOW_DESCRIPTORS") == "" {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestSpawnLowDescriptors$")
		cmd.Env = append(os.Environ(), "LOW_DESCRIPTORS=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	// What the test binary has there it does not need any more.
	for low := 3; low <= fdMem; low++ {
		if fd := low; unix.Dup3(2, fd, unix.O_CLOEXEC) != nil || unix.Close(fd) != nil {
			t.Fatalf("cannot free descriptor %d", fd)
		}
	}
	exe, err := Sealed("low", image)
	if err != nil || exe > fdMem {
		t.Fatalf("descriptor %d, %v: want a low one", exe, err)
	}
	unix.Close(exe)
	x, regs := spawn(t, Options{})
	b := NewBatch(regs)
	b.Step("do", "", "something")
	b.Chdir("/")
	if err := x.Run(b); err != nil {
		t.Error(err)
	}
}

func TestRunError(t *testing.T) {
	x, regs := spawn(t, Options{})
	b := NewBatch(regs)
	b.Step("change to", "process.cwd", "directory")
	b.Chdir("/")
	b.Chdir("/does/not/exist")
	err := x.Run(b)
	var e *CallError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a CallError", err)
	}
	if e.Errno != unix.ENOENT || e.Name != "chdir" || e.Step.Property != "process.cwd" {
		t.Errorf("got %+v", e)
	}
	want := "process.cwd: change to directory: chdir: no such file or directory"
	if e.Error() != want {
		t.Errorf("got %q, want %q", e, want)
	}
}

func TestMendAndResume(t *testing.T) {
	dir := t.TempDir()
	x, regs := spawn(t, Options{})
	b := NewBatch(regs)
	d := b.Open(dir, unix.O_PATH|unix.O_DIRECTORY)
	sub := b.InRoot(d, "made", unix.O_PATH|unix.O_DIRECTORY)
	b.OnError(func(x *Executor, e *CallError) (Next, error) {
		if e.Errno != unix.ENOENT {
			return 0, e
		}
		r := Repair(x)
		r.Mkdirat(d, "made", 0o700)
		return Again, x.Run(r)
	})
	b.Mkdirat(sub, "inner", 0o700)
	if err := x.Run(b); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "made/inner")); err != nil {
		t.Fatal(err)
	}
}

func TestHostActsBetweenCalls(t *testing.T) {
	dir := t.TempDir()
	x, regs := spawn(t, Options{})
	b := NewBatch(regs)
	d := b.Open(dir, unix.O_PATH|unix.O_DIRECTORY)
	b.Host(func(x *Executor) error {
		return os.Mkdir(filepath.Join(dir, "host"), 0o700)
	})
	b.Mkdirat(d, "host/inside", 0o700)
	b.Host(func(x *Executor) error {
		_, err := os.Stat(filepath.Join(dir, "host/inside"))
		return err
	})
	if err := x.Run(b); err != nil {
		t.Fatal(err)
	}
}

func TestExpectSkips(t *testing.T) {
	x, regs := spawn(t, Options{})
	b := NewBatch(regs)
	out := b.Open("/does/not/exist", unix.O_PATH)
	b.Expect(1, uint8(unix.ENOENT))
	b.Chdir("/also/not/there")
	b.Chdir("/")
	if err := x.Run(b); err != nil {
		t.Fatal(err)
	}
	if got := x.Reg(out); got != -int64(unix.ENOENT) {
		t.Errorf("register holds %d", got)
	}
}

func TestSplitIntoPidNamespace(t *testing.T) {
	x, regs := spawn(t, Options{})
	b := NewBatch(regs)
	b.Unshare(unix.CLONE_NEWPID)
	b.Split(0, AtFDCWD)
	first := x.Pid
	if err := x.Split(b); err != nil {
		t.Fatal(err)
	}
	if x.Pid == first || x.Pid <= 0 {
		t.Fatalf("pid %d after split of %d", x.Pid, first)
	}
	b = NewBatch(regs)
	b.Step("run", "", "program")
	b.Execve("/bin/sh", []string{"sh", "-c", "exit $$"}, nil)
	if err := x.Exec(b); err != nil {
		t.Fatal(err)
	}
	ws, err := x.Reap()
	if err != nil || ws.ExitStatus() != 1 {
		t.Errorf("pid inside, as exit status: %d, %v", ws.ExitStatus(), err)
	}
}

// What lies in the shared memory is whoever's who may trace the executor.
func TestSharedMemoryIsNotBelieved(t *testing.T) {
	x, regs := spawn(t, Options{})
	for _, pid := range [...]int{1, os.Getpid()} {
		if err := x.adopt(pid); !errors.Is(err, unix.ECHILD) {
			t.Errorf("adopt(%d) = %v, want %v", pid, err, unix.ECHILD)
		}
	}
	b := NewBatch(regs)
	buf, n := b.Read(b.Open("/dev/zero", unix.O_RDONLY), 8)
	if err := x.Run(b); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[int64]int{8: 8, 1 << 40: 8, -1: 0} {
		x.header().reg[n] = uint64(value)
		if got := len(x.Text(buf, n)); got != want {
			t.Errorf("%d bytes of text with %d in the register, want %d", got, value, want)
		}
	}
}

func TestExecFails(t *testing.T) {
	x, regs := spawn(t, Options{})
	b := NewBatch(regs)
	b.Chdir("/")
	b.Step("run", "process.args[0]", `"/nosuch"`)
	b.Execve("/nosuch", []string{"nosuch"}, nil)
	err := x.Exec(b)
	if !errors.Is(err, unix.ENOENT) {
		t.Errorf("got %v", err)
	}
}

func TestForkStatus(t *testing.T) {
	tests := []struct {
		name   string
		script string
		ms     int64
		status int64
		errno  unix.Errno
	}{
		{"success", "exit 0", -1, 0, 0},
		{"exit 3", "exit 3", 5000, 3 << 8, 0},
		{"too long", "exec sleep 60", 50, 0, unix.ETIMEDOUT},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, regs := spawn(t, Options{})
			b := NewBatch(regs)
			status := b.Fork(tt.ms, func() {
				b.Execve("/bin/sh", []string{"sh", "-c", tt.script}, []string{"PATH=/usr/bin:/bin"})
			})
			err := x.Run(b)
			if tt.errno != 0 {
				if !errors.Is(err, tt.errno) {
					t.Errorf("got %v, want %v", err, tt.errno)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := x.Reg(status); got != tt.status {
				t.Errorf("status %#x, want %#x", got, tt.status)
			}
		})
	}
}

func TestExecutorEndsWithHost(t *testing.T) {
	x, _ := spawn(t, Options{})
	unix.Close(x.sock)
	x.sock = -1
	ws, err := x.Reap()
	if err != nil || ws.ExitStatus() != 125 {
		t.Errorf("status %#x, %v", ws, err)
	}
}

// A tracer, or a stop, can hold an executor that has nothing more to do.
func TestReapKillsWhatIsHeld(t *testing.T) {
	t.Parallel()
	x, _ := spawn(t, Options{})
	if err := unix.PidfdSendSignal(x.PidFD, unix.SIGSTOP, nil, 0); err != nil {
		t.Fatal(err)
	}
	ws, err := x.Reap()
	if err != nil || ws.Signal() != unix.SIGKILL {
		t.Errorf("status %#x, %v", ws, err)
	}
}

func TestDescriptorsCross(t *testing.T) {
	x, regs := spawn(t, Options{})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	b := NewBatch(regs)
	got := b.Pass(int(w.Fd()))
	b.Write(got[0], []byte("x"))
	if err := x.Run(b); err != nil {
		t.Fatal(err)
	}
	var p [1]byte
	if n, err := r.Read(p[:]); n != 1 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
}

// Descriptors are on their way before a call fails that comes before they are
// taken. They are no command, and are sent again when the batch goes on.
func TestDescriptorsNotReached(t *testing.T) {
	x, regs := spawn(t, Options{})
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, mend := range []bool{false, true, true} {
		b := NewBatch(regs)
		b.Step("open", "", "what is not there")
		dir := b.Open("/nowhere", unix.O_PATH)
		if mend {
			b.OnError(func(x *Executor, e *CallError) (Next, error) {
				c := Repair(x)
				c.Write(c.Pass(int(w.Fd()))[0], []byte("y"))
				return 2, x.Run(c)
			})
		}
		b.Close(dir)
		got := b.Pass(int(w.Fd()), int(w.Fd()))
		b.Write(got[1], []byte("x"))
		b.Close(got[0])
		b.Close(got[1])
		if !mend {
			if err := x.Run(b); !errors.Is(err, unix.ENOENT) {
				t.Fatalf("got %v", err)
			}
			continue
		}
		if err := x.Run(b); err != nil {
			t.Fatal(err)
		}
		var p [3]byte
		if n, err := r.Read(p[:]); string(p[:n]) != "yx" {
			t.Errorf("read %q, %v", p[:n], err)
		}
	}
}

func TestDiesInBatch(t *testing.T) {
	x, regs := spawn(t, Options{})
	b := NewBatch(regs)
	b.Step("end", "", "itself")
	b.call(0, unix.SYS_EXIT_GROUP, num(7))
	var e *DeadError
	if err := x.Run(b); !errors.As(err, &e) || e.Status.ExitStatus() != 7 {
		t.Errorf("got %v", err)
	}
}

// A configuration that is too large is an error, whatever it is too large in.
func TestTooMuch(t *testing.T) {
	tests := []struct {
		name string
		fill func(*Batch)
	}{
		{"calls", func(b *Batch) {
			for range maxOps + 1 {
				b.Setsid()
			}
		}},
		{"registers", func(b *Batch) {
			for range nreg {
				b.Open("/", unix.O_PATH)
			}
		}},
		{"data", func(b *Batch) { b.Write(RegSock, make([]byte, dataSize+1)) }},
		{"text", func(b *Batch) { b.Chdir(strings.Repeat("x", dataSize)) }},
		{"scratch", func(b *Batch) { b.buffer(scratchSize + 1) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, regs := spawn(t, Options{})
			b := NewBatch(regs)
			tt.fill(b)
			if err := x.Run(b); err != errTooMuch {
				t.Errorf("got %v", err)
			}
		})
	}
}

// An executor that cannot be started is an error.
func TestSpawnFails(t *testing.T) {
	noCgroup, err := os.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer noCgroup.Close()
	x, err := Spawn(Options{Cgroup: noCgroup, Stdio: [3]*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err == nil {
		x.Kill()
		x.Close()
		t.Error("no error")
	}
}
