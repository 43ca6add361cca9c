package libct

import (
	"os"
	"strconv"
	"strings"
	"unsafe"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/cgroups"
	"rt/specconv"
)

// hostFacts reads what checking a configuration depends on. What only a rare
// configuration asks about is read for such a one alone.
func (r *Runtime) hostFacts(layout cgroups.Layout, p *specs.Process, mountLabel string) specconv.Host {
	h := specconv.Host{
		LastCap:  lastCap(),
		CgroupV2: layout.Pure(),
	}
	if p != nil && p.ApparmorProfile != "" {
		on, _ := readFile("/sys/module/apparmor/parameters/enabled")
		h.AppArmor = strings.HasPrefix(string(on), "Y")
	}
	if mountLabel != "" || p != nil && p.SelinuxLabel != "" {
		_, err := os.Stat("/sys/fs/selinux/enforce")
		h.SELinux = err == nil
	}
	return h
}

func lastCap() int {
	text, err := readFile("/proc/sys/kernel/cap_last_cap")
	if n, e := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && e == nil {
		return n
	}
	return unix.CAP_LAST_CAP
}

// permitted is the set of capabilities that what we start will have.
func permitted() uint64 {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	_, _, errno := unix.RawSyscall(unix.SYS_CAPGET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0)
	if errno != 0 {
		return 0
	}
	return uint64(data[0].Permitted) | uint64(data[1].Permitted)<<32
}

// powerless tells that we lack privilege even in our own user namespace: all
// that takes any has to wait until a user namespace we make gives it. Root of
// a user namespace is not powerless, though it has no privilege over the host.
func powerless() bool { return len(lacking(permitted())) > 0 }

// lacking names what a set of capabilities lacks for work outside a new user
// namespace.
func lacking(have uint64) []string {
	var names []string
	for _, c := range [...]int{unix.CAP_SYS_ADMIN, unix.CAP_SETUID, unix.CAP_SETGID} {
		if have>>c&1 == 0 {
			names = append(names, specconv.CapabilityName(c))
		}
	}
	return names
}

// allCapabilities is what root of a new user namespace has.
func allCapabilities(last int) uint64 { return 1<<(last+1) - 1 }
