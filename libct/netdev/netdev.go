// Package netdev moves network devices of the host into a container
// (config-linux.md#network-devices). It runs on the host and speaks
// rtnetlink(7) through two sockets: one of its own there, and one that was
// made in the container's network namespace.
//
// It imports the standard library, x/sys/unix and runtime-spec alone.
package netdev

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// errTaken says that the container's network namespace has a device of a name.
var errTaken = errors.New("the container has a network device of that name")

// move is what will be done to one device.
type move struct {
	property  string
	from, to  int32  // its index on the host and in the container
	host      string // its name on the host
	name      string // its name in the container, or a template that ends in %d
	addresses []address
}

// Move puts devices, by their names on the host, into the network namespace of
// the process pid and sets them up there, in the order of their names. They
// keep their attributes and their permanent global addresses. inside is a
// socket of rtnetlink that was made in that namespace.
//
// When a device is missing, or a name is taken in the container, none is
// moved. What has been moved is never moved back: it belongs to the namespace.
func Move(devices map[string]specs.LinuxNetDevice, pid, inside int) error {
	if len(devices) == 0 {
		return nil
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("linux.netDevices: open netlink socket: %w", err)
	}
	defer unix.Close(fd)
	host, err := newRoute(fd)
	if err != nil {
		return fmt.Errorf("linux.netDevices: set up netlink socket: %w", err)
	}
	there, err := newRoute(inside)
	if err != nil {
		return fmt.Errorf("linux.netDevices: set up netlink socket of the container: %w", err)
	}
	moves, err := decide(devices, host, there)
	if err != nil {
		return err
	}
	for _, m := range moves {
		if err := m.do(pid, host, there); err != nil {
			return err
		}
	}
	return nil
}

// decide finds the devices and checks that the container has room for them.
func decide(devices map[string]specs.LinuxNetDevice, host, there *route) ([]move, error) {
	addresses, err := host.addresses()
	if err != nil {
		return nil, fmt.Errorf("linux.netDevices: list addresses of the host: %w", err)
	}
	present, err := there.links()
	if err != nil {
		return nil, fmt.Errorf("linux.netDevices: list network devices of the container: %w", err)
	}
	var moves []move
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		m := move{property: fmt.Sprintf("linux.netDevices[%s]", name), host: name, name: devices[name].Name}
		if m.name == "" {
			m.name = name
		}
		if m.from, err = host.find(name); err != nil {
			return nil, fmt.Errorf("%s: find network device %q: %w", m.property, name, err)
		}
		m.addresses = addresses[m.from]
		if !strings.HasSuffix(m.name, "%d") && slices.ContainsFunc(present, func(l link) bool { return l.name == m.name }) {
			return nil, fmt.Errorf("%s: move network device %q to %q: %w", m.property, name, m.name, errTaken)
		}
		m.to = freeIndex(present, m.from)
		present = append(present, link{m.to, m.name})
		moves = append(moves, m)
	}
	return moves, nil
}

// freeIndex is the index a device gets: the one it has, unless it is taken.
// To choose it is the way to find the device again, whatever name the kernel
// makes of a template.
func freeIndex(taken []link, wish int32) int32 {
	highest, free := wish, true
	for _, l := range taken {
		highest = max(highest, l.index)
		free = free && l.index != wish
	}
	if free {
		return wish
	}
	return highest + 1
}

func (m move) do(pid int, host, there *route) error {
	if err := host.move(m.from, pid, m.to, m.name); err != nil {
		return fmt.Errorf("%s: move network device %q to %q: %w", m.property, m.host, m.name, err)
	}
	for _, a := range m.addresses {
		if err := there.add(m.to, a); err != nil {
			return fmt.Errorf("%s: add address %s: %w", m.property, a.text(), err)
		}
	}
	if err := there.up(m.to); err != nil {
		return fmt.Errorf("%s: set network device up: %w", m.property, err)
	}
	return nil
}
