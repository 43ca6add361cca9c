package inside

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// loopback brings up lo in a network namespace that is new.
func loopback(p *Plan, in *nsexec.Batch) {
	if p.Config.Namespaces.New&unix.CLONE_NEWNET == 0 {
		return
	}
	var request [40]byte // struct ifreq
	copy(request[:], "lo")
	binary.NativeEndian.PutUint16(request[unix.IFNAMSIZ:], unix.IFF_UP|unix.IFF_RUNNING)
	sock := in.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	in.IoctlBytes(sock, unix.SIOCSIFFLAGS, request[:])
	in.Close(sock)
}

// routeSocket opens the socket by which devices are moved into a network
// namespace that was joined. Its right to do so is that of the executor now,
// before it enters a user namespace that does not own the network's.
func routeSocket(p *Plan, in *nsexec.Batch) {
	if p.Acts.Network != nil && p.Config.Namespaces.New&unix.CLONE_NEWNET == 0 {
		p.route = in.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	}
}

// network has the host move devices. They stay where they are when the
// container ends (config-linux.md#namespace-lifecycle-and-container-termination).
func network(p *Plan, in *nsexec.Batch) {
	if p.Acts.Network == nil {
		return
	}
	if p.route == 0 {
		p.route = in.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	}
	in.Lend(p.Acts.Network, p.route)
	in.Close(p.route)
}
