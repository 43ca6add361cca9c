package systemd

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// request is a call that the fake manager has received.
type request struct {
	serial uint32
	member string
	args   string // raw
}

// fake is the other end of a connection: answer gives what is sent for each
// call, nil to be silent.
func fake(t *testing.T, wait time.Duration, answer func(r request) [][]byte) *Manager {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.SetNonblock(pair[0], true)
	m := &Manager{&conn{fd: pair[0], wait: wait}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(pair[1], answer)
	}()
	t.Cleanup(func() { // the end of our end is what ends the other
		m.Close()
		<-done
	})
	return m
}

func serve(fd int, answer func(r request) [][]byte) {
	defer unix.Close(fd)
	var in []byte
	buf := make([]byte, 4096)
	for {
		n, err := unix.Read(fd, buf)
		if err != nil || n == 0 {
			return
		}
		in = append(in, buf[:n]...)
		for {
			m, n, err := decode(in)
			if err != nil || n == 0 {
				break
			}
			serial := uint32(in[8]) | uint32(in[9])<<8
			in = in[n:]
			out := answer(request{serial, m.member, string(m.body)})
			for _, b := range out {
				if b == nil {
					return // hang up
				}
				unix.Write(fd, b)
			}
		}
	}
}

func ended(path, result string) []byte {
	return encodeMessage(signal, 0, map[byte]string{fieldInterface: managerInterface, fieldMember: "JobRemoved"},
		uint32(1), objectPath(path), "a.scope", result)
}

func accept(r request, args ...any) []byte { return encodeMessage(reply, r.serial, nil, args...) }

func refuse(r request, name, text string) []byte {
	return encodeMessage(failed, r.serial, map[byte]string{fieldError: name}, text)
}

const testWait = 20 * time.Second

func TestStart(t *testing.T) {
	m := fake(t, testWait, func(r request) [][]byte {
		if r.member != "StartTransientUnit" || !strings.Contains(r.args, "a.scope") || !strings.Contains(r.args, "PIDs") {
			return [][]byte{refuse(r, "no", r.member)}
		}
		// The job may end before its path is known, and others end, too.
		return [][]byte{ended("/job/1", "failed"), ended("/job/2", "done"), accept(r, objectPath("/job/2")), ended("/job/3", "failed")}
	})
	if err := m.Start("a.scope", 1, []Property{{"Delegate", true}}); err != nil {
		t.Error(err)
	}
}

func TestStartWaitsForItsJob(t *testing.T) {
	m := fake(t, testWait, func(r request) [][]byte {
		return [][]byte{accept(r, objectPath("/job/2")), ended("/job/1", "failed"), ended("/job/2", "done")}
	})
	if err := m.Start("a.scope", 1, nil); err != nil {
		t.Error(err)
	}
}

func TestStartFails(t *testing.T) {
	var asked []string
	m := fake(t, testWait, func(r request) [][]byte {
		asked = append(asked, r.member)
		if r.member == "StartTransientUnit" {
			return [][]byte{accept(r, objectPath("/job/2")), ended("/job/2", "failed")}
		}
		return [][]byte{refuse(r, errorNoSuchUnit, "none")}
	})
	err := m.Start("a.scope", 1, nil)
	if err == nil || err.Error() != `start unit "a.scope": the job ended as "failed" (systemd's journal says why)` {
		t.Errorf("%v", err)
	}
	if !Refused(err) {
		t.Error("the end of the job is no refusal")
	}
	if got := strings.Join(asked, " "); got != "StartTransientUnit ResetFailedUnit" {
		t.Errorf("asked for %s", got)
	}
}

func TestStartRefused(t *testing.T) {
	m := fake(t, testWait, func(r request) [][]byte {
		return [][]byte{refuse(r, "org.freedesktop.DBus.Error.PropertyReadOnly", "Cannot set property X, or unknown property.")}
	})
	err := m.Start("a.scope", 1, nil)
	if err == nil || !Refused(err) || err.Error() != `start unit "a.scope": Cannot set property X, or unknown property.` {
		t.Errorf("%v", err)
	}
}

func TestStartExists(t *testing.T) {
	for _, c := range []struct {
		state string
		want  string // what is asked for
		ok    bool
	}{
		{"failed", "StartTransientUnit GetUnit Get ResetFailedUnit StartTransientUnit", true},
		{"active", "StartTransientUnit GetUnit Get", false},
	} {
		var asked []string
		m := fake(t, testWait, func(r request) [][]byte {
			asked = append(asked, r.member)
			switch {
			case r.member == "GetUnit":
				return [][]byte{accept(r, objectPath("/unit/a"))}
			case r.member == "Get":
				return [][]byte{accept(r, variant{c.state})}
			case len(asked) == 1:
				return [][]byte{refuse(r, errorUnitExists, "Unit a.scope already exists.")}
			case r.member == "StartTransientUnit":
				return [][]byte{accept(r, objectPath("/job/2")), ended("/job/2", "done")}
			}
			return [][]byte{accept(r)}
		})
		err := m.Start("a.scope", 1, nil)
		if (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), `"a.scope": there is one of that name`) {
			t.Errorf("%s: %v", c.state, err)
		}
		if got := strings.Join(asked, " "); got != c.want {
			t.Errorf("%s: asked for %s", c.state, got)
		}
	}
}

func TestStop(t *testing.T) {
	m := fake(t, testWait, func(r request) [][]byte { return [][]byte{refuse(r, errorNoSuchUnit, "none")} })
	if err := m.Stop("a.scope"); err != nil {
		t.Errorf("a missing unit: %v", err)
	}
	m = fake(t, testWait, func(r request) [][]byte {
		if r.member == "ResetFailedUnit" {
			return [][]byte{accept(r)}
		}
		return [][]byte{accept(r, objectPath("/job/2")), ended("/job/2", "timeout")}
	})
	if err := m.Stop("a.scope"); err == nil || !strings.Contains(err.Error(), `stop unit "a.scope"`) || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("a job that times out: %v", err)
	}
}

func TestAttach(t *testing.T) {
	for _, sub := range []string{"", "/a/b"} {
		var want encoder
		want.value("a.scope")
		want.value(sub)
		want.value([]uint32{7})
		m := fake(t, testWait, func(r request) [][]byte {
			if r.member != "AttachProcessesToUnit" || r.args != string(want.buf) {
				return [][]byte{refuse(r, "no", r.member)}
			}
			return [][]byte{accept(r)}
		})
		if err := m.Attach("a.scope", sub, 7); err != nil {
			t.Errorf("%q: %v", sub, err)
		}
	}
}

func TestSilence(t *testing.T) {
	const wait = 50 * time.Millisecond
	for name, answer := range map[string]func(r request) [][]byte{
		"no answer":     func(request) [][]byte { return nil },
		"no end of job": func(r request) [][]byte { return [][]byte{accept(r, objectPath("/job/2"))} },
		"half a message": func(r request) [][]byte {
			return [][]byte{accept(r, objectPath("/job/2"))[:20]}
		},
		"another's answers": func(r request) [][]byte { r.serial += 7; return [][]byte{accept(r, "x")} },
	} {
		m := fake(t, wait, answer)
		begin := time.Now()
		err := m.Start("a.scope", 1, nil)
		if err == nil || Refused(err) || !strings.Contains(err.Error(), "no answer within 50ms") {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begin); took > testWait {
			t.Errorf("%s: %v", name, took)
		}
	}
}

func TestHangUp(t *testing.T) {
	m := fake(t, testWait, func(request) [][]byte { return [][]byte{nil} })
	if err := m.Start("a.scope", 1, nil); !errors.Is(err, errClosed) || Refused(err) {
		t.Errorf("%v, want %v", err, errClosed)
	}
	if err := m.Stop("a.scope"); !errors.Is(err, errClosed) {
		t.Errorf("once more: %v, want %v", err, errClosed)
	}
}

// On a bus a signal counts only if it is the manager's.
func TestForgedSignal(t *testing.T) {
	c := &conn{destination: busName, owner: ":1.0"}
	for _, from := range []string{":1.7", ":1.0", ""} {
		m, _, err := decode(encodeMessage(signal, 0, map[byte]string{fieldInterface: managerInterface, fieldMember: "JobRemoved", fieldSender: from},
			uint32(1), objectPath("/job/"+from), "a.scope", "done"))
		if err != nil {
			t.Fatal(err)
		}
		c.note(m)
	}
	if len(c.removed) != 1 || c.removed[0].path != "/job/:1.0" {
		t.Errorf("believed %v", c.removed)
	}
}

// listen serves one connection at a socket: an answer to the authentication,
// "" for silence, and then calls.
func listen(t *testing.T, path string, welcome string, answer func(r request) [][]byte) {
	t.Helper()
	l, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.Bind(l, &unix.SockaddrUnix{Name: path})
	}
	if err == nil {
		err = unix.Listen(l, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		unix.Shutdown(l, unix.SHUT_RDWR)
		<-done
		unix.Close(l)
	})
	go func() {
		defer close(done)
		fd, _, err := unix.Accept(l)
		if err != nil {
			return
		}
		said := make([]byte, 256)
		n, _ := unix.Read(fd, said)
		if string(said[:n]) != "\x00AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n" {
			t.Errorf("said %q", said[:n])
		}
		unix.Write(fd, []byte(welcome))
		serve(fd, answer)
	}()
}

const welcome = "DATA\r\nOK 0123456789abcdef\r\n"

func TestConnect(t *testing.T) {
	dir := t.TempDir()
	private := filepath.Join(dir, "private")
	listen(t, private, welcome, func(r request) [][]byte { return [][]byte{accept(r, variant{"252.39-1"})} })
	m, err := connect(private, filepath.Join(dir, "none"), testWait)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if v, err := m.Version(); err != nil || v != 252 {
		t.Errorf("%d, %v", v, err)
	}
}

func TestConnectByBus(t *testing.T) {
	dir := t.TempDir()
	bus := filepath.Join(dir, "bus")
	var asked []string
	listen(t, bus, welcome, func(r request) [][]byte {
		asked = append(asked, r.member)
		return [][]byte{encodeMessage(reply, r.serial, map[byte]string{fieldSender: ":1.3"})}
	})
	m, err := connect(filepath.Join(dir, "none"), bus, testWait)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if got := strings.Join(asked, " "); got != "Hello AddMatch Subscribe" || m.c.owner != ":1.3" {
		t.Errorf("asked for %s; the manager is %s", got, m.c.owner)
	}
}

func TestConnectFails(t *testing.T) {
	dir := t.TempDir()
	_, err := connect(filepath.Join(dir, "a"), filepath.Join(dir, "b"), testWait)
	if err == nil || !strings.Contains(err.Error(), supportUnavailable) {
		t.Errorf("no sockets: %v", err)
	}
	rejecting, silent := filepath.Join(dir, "rejecting"), filepath.Join(dir, "silent")
	listen(t, rejecting, "REJECTED EXTERNAL\r\n", nil)
	if _, err := connect(rejecting, filepath.Join(dir, "b"), testWait); err == nil || !strings.Contains(err.Error(), "REJECTED") {
		t.Errorf("rejected: %v", err)
	}
	listen(t, silent, "", nil)
	if _, err := connect(silent, filepath.Join(dir, "b"), 50*time.Millisecond); err == nil || !strings.Contains(err.Error(), "no answer within 50ms") {
		t.Errorf("silent: %v", err)
	}
}

// A manager whose queue is full may come to it yet: connecting waits, and not
// for ever.
func TestConnectQueue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "full")
	l, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(l)
	if err := errors.Join(unix.Bind(l, &unix.SockaddrUnix{Name: path}), unix.Listen(l, 0)); err != nil {
		t.Fatal(err)
	}
	first := &conn{wait: testWait}
	if first.fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		t.Fatal(err)
	}
	defer first.close()
	if err := first.connect(path); err != nil {
		t.Fatal(err)
	}
	if _, err := dial(path, 50*time.Millisecond); err == nil || !strings.Contains(err.Error(), "no answer within 50ms") {
		t.Errorf("a full queue: %v", err)
	}
	connected := make(chan error, 1)
	second := &conn{wait: testWait}
	if second.fd, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		t.Fatal(err)
	}
	defer second.close()
	go func() { connected <- second.connect(path) }()
	fd, _, err := unix.Accept(l)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := <-connected; err != nil {
		t.Errorf("after its turn has come: %v", err)
	}
}

// One that tells of others without end does not answer, either.
func TestChatter(t *testing.T) {
	m := fake(t, 50*time.Millisecond, func(r request) [][]byte {
		out := [][]byte{accept(r, objectPath("/job/2"))}
		for range 20000 {
			out = append(out, ended("/job/1", "done"))
		}
		return out
	})
	if err := m.Start("a.scope", 1, nil); err == nil || !strings.Contains(err.Error(), "no answer within 50ms") {
		t.Errorf("%v", err)
	}
}

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]int{"252": 252, "252.39-1~deb12u2": 252, "v249.11": 249, "257~rc1": 257, "": 0, "x": 0} {
		if got, err := parseVersion(text); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestUserBus(t *testing.T) {
	for address, want := range map[string]string{
		"":                                     "/run/user/1/bus",
		"unix:path=/tmp/a%2db,guid=7":          "/tmp/a-b",
		"tcp:host=x;unix:path=/b;unix:path=/c": "/b",
		"unix:abstract=/x":                     "/run/user/1/bus",
	} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		if got := userBus("/run/user/1"); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
