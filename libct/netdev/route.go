package netdev

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// answerDeadline bounds the wait for one message of the kernel, which answers
// while the request is sent.
var answerDeadline = unix.Timeval{Sec: 10}

// maxMessage is the most the kernel puts into one datagram of a dump.
const maxMessage = 32 << 10

// route is a socket of rtnetlink(7). It acts in the network namespace it was
// made in.
type route struct {
	fd  int
	seq uint32
	buf []byte
}

// newRoute readies a socket, which stays the caller's to close.
func newRoute(fd int) (*route, error) {
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &answerDeadline); err != nil {
		return nil, err
	}
	// The kernel's own words about an error, without our request before them.
	for _, option := range [...]int{unix.NETLINK_EXT_ACK, unix.NETLINK_CAP_ACK} {
		if err := unix.SetsockoptInt(fd, unix.SOL_NETLINK, option, 1); err != nil {
			return nil, err
		}
	}
	return &route{fd: fd, buf: make([]byte, maxMessage)}, nil
}

// link is what is known of a network device.
type link struct {
	index int32
	name  string
}

// find gives the index of a device.
func (r *route) find(name string) (index int32, err error) {
	body := attribute(linkHeader(0, 0, 0), unix.IFLA_IFNAME, append([]byte(name), 0))
	err = r.ask(unix.RTM_GETLINK, 0, body, func(m *syscall.NetlinkMessage) error {
		l, err := parseLink(m)
		index = l.index
		return err
	})
	return index, err
}

// links lists all devices.
func (r *route) links() (list []link, err error) {
	err = r.ask(unix.RTM_GETLINK, unix.NLM_F_DUMP, linkHeader(0, 0, 0), func(m *syscall.NetlinkMessage) error {
		l, err := parseLink(m)
		list = append(list, l)
		return err
	})
	return list, err
}

// move puts a device into the network namespace of a process, where it gets
// the index to, which must be free, and the name.
func (r *route) move(index int32, pid int, to int32, name string) error {
	order := binary.NativeEndian
	body := linkHeader(index, 0, 0)
	body = attribute(body, unix.IFLA_NET_NS_PID, order.AppendUint32(nil, uint32(pid)))
	body = attribute(body, unix.IFLA_NEW_IFINDEX, order.AppendUint32(nil, uint32(to)))
	body = attribute(body, unix.IFLA_IFNAME, append([]byte(name), 0))
	return r.ask(unix.RTM_SETLINK, 0, body, nil)
}

// up sets a device up.
func (r *route) up(index int32) error {
	return r.ask(unix.RTM_SETLINK, 0, linkHeader(index, unix.IFF_UP, unix.IFF_UP), nil)
}

// linkHeader is struct ifinfomsg.
func linkHeader(index int32, flags, change uint32) []byte {
	h := unix.IfInfomsg{Index: index, Flags: flags, Change: change}
	return bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(&h)), unix.SizeofIfInfomsg))
}

func parseLink(m *syscall.NetlinkMessage) (link, error) {
	attrs, err := attributes(m, unix.RTM_NEWLINK, unix.SizeofIfInfomsg)
	if err != nil {
		return link{}, err
	}
	l := link{index: (*unix.IfInfomsg)(unsafe.Pointer(&m.Data[0])).Index}
	for _, a := range attrs {
		if a.Attr.Type == unix.IFLA_IFNAME {
			l.name = string(bytes.TrimRight(a.Value, "\x00"))
		}
	}
	return l, nil
}

// attribute appends one attribute to a message, padded to 4 bytes.
func attribute(body []byte, kind uint16, value []byte) []byte {
	body = binary.NativeEndian.AppendUint16(body, uint16(unix.SizeofRtAttr+len(value)))
	body = binary.NativeEndian.AppendUint16(body, kind)
	body = append(body, value...)
	for len(body)%unix.RTA_ALIGNTO != 0 {
		body = append(body, 0)
	}
	return body
}

// attributes gives those of a message that must be of a kind and have a header
// of size bytes.
func attributes(m *syscall.NetlinkMessage, kind uint16, size int) ([]syscall.NetlinkRouteAttr, error) {
	if m.Header.Type != kind || len(m.Data) < size {
		return nil, fmt.Errorf("read message of the kernel: type %d, %d bytes: %w", m.Header.Type, len(m.Data), unix.EBADMSG)
	}
	attrs, err := syscall.ParseNetlinkRouteAttr(m)
	if err != nil {
		return nil, fmt.Errorf("read message of the kernel: type %d: %w", kind, err)
	}
	return attrs, nil
}

// ask sends a request and gives each message of the answer to each, until the
// kernel has said that it is done.
func (r *route) ask(kind, flags uint16, body []byte, each func(*syscall.NetlinkMessage) error) error {
	r.seq++
	h := unix.NlMsghdr{
		Len:   uint32(unix.SizeofNlMsghdr + len(body)),
		Type:  kind,
		Flags: unix.NLM_F_REQUEST | unix.NLM_F_ACK | flags,
		Seq:   r.seq,
	}
	request := append(bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(&h)), unix.SizeofNlMsghdr)), body...)
	if err := unix.Sendto(r.fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	for {
		messages, err := r.receive()
		if err != nil {
			return err
		}
		for i := range messages {
			m := &messages[i]
			switch {
			case m.Header.Seq != r.seq:
			case m.Header.Type == unix.NLMSG_ERROR, m.Header.Type == unix.NLMSG_DONE:
				return result(m)
			case each == nil:
			default:
				if err := each(m); err != nil {
					return err
				}
			}
		}
	}
}

// receive takes one datagram of the kernel's. Whoever has privilege in the
// container's network namespace could send others.
func (r *route) receive() ([]syscall.NetlinkMessage, error) {
	for {
		n, from, err := unix.Recvfrom(r.fd, r.buf, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if k, ok := from.(*unix.SockaddrNetlink); ok && k.Pid == 0 {
			return syscall.ParseNetlinkMessage(r.buf[:n])
		}
	}
}

// result reads the end of an answer: an errno, 0 for none, and the kernel's
// words about it.
func result(m *syscall.NetlinkMessage) error {
	if len(m.Data) < 4 {
		return nil // the end of a dump may be without
	}
	errno := unix.Errno(-int32(binary.NativeEndian.Uint32(m.Data)))
	if errno == 0 {
		return nil
	}
	const words = 4 + unix.SizeofNlMsghdr // struct nlmsgerr
	if m.Header.Flags&unix.NLM_F_ACK_TLVS == 0 || len(m.Data) < words {
		return errno
	}
	for rest := m.Data[words:]; len(rest) >= unix.SizeofRtAttr; {
		n := int(binary.NativeEndian.Uint16(rest))
		if n < unix.SizeofRtAttr || n > len(rest) {
			break
		}
		if binary.NativeEndian.Uint16(rest[2:]) == unix.NLMSGERR_ATTR_MSG {
			return fmt.Errorf("%w (%s)", errno, bytes.TrimRight(rest[unix.SizeofRtAttr:n], "\x00"))
		}
		rest = rest[min((n+3)&^3, len(rest)):]
	}
	return errno
}
