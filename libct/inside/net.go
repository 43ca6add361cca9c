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
