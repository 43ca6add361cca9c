package tests

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// haveAutomount tells whether the kernel has autofs.
func haveAutomount() bool {
	list, _ := os.ReadFile("/proc/filesystems")
	return strings.Contains(string(list), "\tautofs\n")
}

// automountMain is the command automount: what systemd and automount(8) do for
// one directory (Documentation/filesystems/autofs.rst), until it is killed.
func automountMain() {
	if err := automount(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "automount:", err)
		os.Exit(1)
	}
}

func automount(dir, log string) error {
	// What is of the group that is mounted for sees the directory itself.
	if err := unix.Setpgid(0, 0); err != nil {
		return err
	}
	requests, kernel, err := os.Pipe()
	if err != nil {
		return err
	}
	options := fmt.Sprintf("fd=%d,pgrp=%d,minproto=5,maxproto=5,direct", kernel.Fd(), unix.Getpgrp())
	if err := unix.Mount("automount", dir, "autofs", 0, options); err != nil {
		return err
	}
	kernel.Close()
	point, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := os.WriteFile(log, []byte("ready\n"), 0o644); err != nil {
		return err
	}
	const autofsReady = 0x9360
	packet := make([]byte, 304) // struct autofs_v5_packet
	for {
		if _, err := requests.Read(packet); err != nil {
			return err
		}
		if err := unix.Mount("automounted", dir, "tmpfs", 0, ""); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "mounted"), nil, 0o644); err != nil {
			return err
		}
		if err := unix.IoctlSetInt(point, autofsReady, int(binary.NativeEndian.Uint32(packet[8:]))); err != nil {
			return err
		}
	}
}
