package netdev

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// address is an address of a device, as the kernel has told it.
type address struct {
	header unix.IfAddrmsg
	attrs  []syscall.NetlinkRouteAttr
}

// addressAttributes are those that make the same address again. The label,
// which follows the device's name, is not among them.
var addressAttributes = [...]uint16{
	unix.IFA_LOCAL, unix.IFA_ADDRESS, unix.IFA_BROADCAST, unix.IFA_FLAGS, unix.IFA_RT_PRIORITY,
}

// addresses lists the permanent addresses of global scope, of any family and
// by the index of their devices. They are the ones that a device keeps
// (config-linux.md#network-devices).
func (r *route) addresses() (map[int32][]address, error) {
	list := map[int32][]address{}
	all := make([]byte, unix.SizeofIfAddrmsg)
	err := r.ask(unix.RTM_GETADDR, unix.NLM_F_DUMP, all, func(m *syscall.NetlinkMessage) error {
		attrs, err := attributes(m, unix.RTM_NEWADDR, unix.SizeofIfAddrmsg)
		if err != nil {
			return err
		}
		a := address{*(*unix.IfAddrmsg)(unsafe.Pointer(&m.Data[0])), nil}
		flags := uint32(a.header.Flags)
		for _, attr := range attrs {
			if attr.Attr.Type == unix.IFA_FLAGS && len(attr.Value) == 4 {
				flags = binary.NativeEndian.Uint32(attr.Value)
			}
			for _, kind := range addressAttributes {
				if attr.Attr.Type == kind {
					attr.Value = bytes.Clone(attr.Value)
					a.attrs = append(a.attrs, attr)
				}
			}
		}
		if flags&unix.IFA_F_PERMANENT != 0 && a.header.Scope == unix.RT_SCOPE_UNIVERSE {
			index := int32(a.header.Index)
			list[index] = append(list[index], a)
		}
		return nil
	})
	return list, err
}

// add gives an address to a device.
func (r *route) add(index int32, a address) error {
	a.header.Index = uint32(index)
	body := bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(&a.header)), unix.SizeofIfAddrmsg))
	for _, attr := range a.attrs {
		body = attribute(body, attr.Attr.Type, attr.Value)
	}
	return r.ask(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_EXCL, body, nil)
}

// text is the address as people write it.
func (a address) text() string {
	for _, attr := range a.attrs {
		if ip, ok := netip.AddrFromSlice(attr.Value); ok && attr.Attr.Type == unix.IFA_ADDRESS {
			return netip.PrefixFrom(ip, int(a.header.Prefixlen)).String()
		}
	}
	return "?"
}
