package netdev

import (
	"errors"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// space is a network namespace: a thread that is in it.
type space struct {
	tid    int
	socket int
	work   chan func()
}

// newSpace makes a network namespace, which ends with the test.
func newSpace(t *testing.T) *space {
	t.Helper()
	s := &space{work: make(chan func())}
	ready := make(chan error)
	go func() { // ends with the test, and its thread with it
		runtime.LockOSThread()
		err := unix.Unshare(unix.CLONE_NEWNET)
		s.tid = unix.Gettid()
		if err == nil {
			s.socket, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
		}
		ready <- err
		for do := range s.work {
			do()
		}
	}()
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unix.Close(s.socket)
		close(s.work)
	})
	return s
}

// do runs a function in the namespace.
func (s *space) do(f func()) {
	done := make(chan struct{})
	s.work <- func() { f(); close(done) }
	<-done
}

// run runs commands in the namespace and gives what they print.
func (s *space) run(t *testing.T, commands string) (text string) {
	t.Helper()
	var err error
	s.do(func() {
		var out []byte
		out, err = exec.Command("sh", "-ec", commands).CombinedOutput()
		text = string(out)
	})
	if err != nil {
		t.Fatalf("%s: %v\n%s", commands, err, text)
	}
	return text
}

func (s *space) move(devices map[string]specs.LinuxNetDevice, to *space) (err error) {
	s.do(func() { err = Move(devices, to.tid, to.socket) })
	return err
}

func TestMove(t *testing.T) {
	type names = map[string]specs.LinuxNetDevice
	for _, test := range []struct {
		name    string
		host    string // what makes the devices
		inside  string // what the container has already
		devices names
		want    []string // in the container, one line of ip each
		gone    string   // on the host
		err     string
		cause   error
	}{
		{
			name: "attributes",
			host: `ip link add v0 mtu 1400 address 02:00:00:00:00:07 type veth peer name v1
				ip addr add 198.51.100.7/24 brd + dev v0
				ip addr add 2001:db8::7/64 dev v0
				ip link set v0 up`,
			devices: names{"v0": {}},
			want: []string{
				"v0@", ",UP", "mtu 1400", "link/ether 02:00:00:00:00:07",
				"inet 198.51.100.7/24 brd 198.51.100.255 scope global v0", "inet6 2001:db8::7/64 scope global",
			},
			gone: "v0",
		},
		{
			name:    "point to point",
			host:    `ip link add v0 type veth peer name v1; ip addr add 192.0.2.1 peer 192.0.2.2 dev v0`,
			devices: names{"v0": {}},
			want:    []string{"inet 192.0.2.1 peer 192.0.2.2/32 scope global v0"},
		},
		{
			name: "no address that is not to be kept",
			host: `ip link add v0 type veth peer name v1
				ip addr add 192.0.2.1/24 scope link dev v0
				ip addr add 203.0.113.2/24 valid_lft 100 preferred_lft 100 dev v0`,
			devices: names{"v0": {Name: "e0"}},
			want:    []string{"e0@", "!192.0.2", "!203.0.113"},
		},
		{
			name:    "label after a new name",
			host:    `ip link add v0 type veth peer name v1; ip addr add 192.0.2.1/24 label v0:1 dev v0`,
			devices: names{"v0": {Name: "e0"}},
			want:    []string{"192.0.2.1/24 scope global e0"},
		},
		{
			name:    "template",
			host:    `ip link add v0 type veth peer name v1`,
			inside:  `ip link add eth0 type veth peer name eth1`,
			devices: names{"v0": {Name: "eth%d"}, "v1": {Name: "eth%d"}},
			want:    []string{": eth2@", ": eth3@", "!v0", "!v1"},
		},
		{
			name:    "taken index",
			host:    `ip link add v0 index 7 type veth peer name v1 index 8`,
			inside:  `ip link add eth0 index 7 type veth peer name eth1 index 9`,
			devices: names{"v0": {}, "v1": {}},
			want:    []string{"7: eth0@", "9: eth1@", "10: v0@", "8: v1@"},
		},
		{
			name:    "the old name is taken",
			host:    `ip link add v0 type veth peer name v1`,
			inside:  `ip link add v0 type veth peer name v2`,
			devices: names{"v0": {Name: "e0"}},
			want:    []string{": e0@"},
		},
		{
			name:    "the name is taken",
			host:    `ip link add v0 type veth peer name v1`,
			inside:  `ip link add eth0 type veth peer name eth1`,
			devices: names{"v0": {}, "v1": {Name: "eth0"}},
			err:     "linux.netDevices[v1]",
			cause:   errTaken,
			want:    []string{"!v0"},
		},
		{
			name:    "missing",
			host:    `ip link add v0 type veth peer name v1`,
			devices: names{"v0": {}, "v7": {}},
			err:     "linux.netDevices[v7]",
			cause:   unix.ENODEV,
			want:    []string{"!v0"},
		},
		{
			name:    "of the namespace itself",
			devices: names{"lo": {Name: "lo7"}},
			err:     "linux.netDevices[lo]",
			cause:   unix.EINVAL,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			host, inside := newSpace(t), newSpace(t)
			host.run(t, test.host)
			inside.run(t, test.inside)
			err := host.move(test.devices, inside)
			if !errors.Is(err, test.cause) || err != nil && !strings.HasPrefix(err.Error(), test.err+": ") {
				t.Fatalf("got %v, want %s: … %v", err, test.err, test.cause)
			}
			got := inside.run(t, "ip addr")
			for _, want := range test.want {
				absent, not := strings.CutPrefix(want, "!")
				if not == strings.Contains(got, absent) {
					t.Errorf("want %q, got\n%s", want, got)
				}
			}
			if links := host.run(t, "ip link"); test.gone != "" && strings.Contains(links, test.gone+"@") {
				t.Errorf("%s is on the host still:\n%s", test.gone, links)
			}
		})
	}
}

func TestFreeIndex(t *testing.T) {
	for _, test := range []struct {
		name  string
		taken []link
		wish  int32
		want  int32
	}{
		{"free", []link{{index: 1}, {index: 9}}, 4, 4},
		{"taken", []link{{index: 1}, {index: 4}}, 4, 5},
		{"taken below others", []link{{index: 4}, {index: 9}}, 4, 10},
	} {
		if got := freeIndex(test.taken, test.wish); got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
}
