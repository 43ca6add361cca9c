package main

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// What runs in a guest before, and around, the command.
//
//go:embed guest
var guestFiles embed.FS

// needed are the modules without which a guest has no root; dummy gives it a
// network interface besides lo, and bfq its weights for block I/O.
var needed = []string{"virtio_pci", "virtio_console", "virtio_blk", "virtiofs", "overlay", "ext4", "dummy", "bfq"}

// entry is a file or, with a mode that says so, a directory of the initrd.
type entry struct {
	name string
	mode uint32
	data []byte
}

const (
	directory  = 0o40755
	executable = 0o100755
	plain      = 0o100644
)

// initrd makes the archive that a guest starts from: busybox, the modules of
// the kernel that lead to its root, and what to do then.
func initrd(k kernel, settings, script string) ([]byte, error) {
	busybox, err := os.ReadFile("/bin/busybox")
	if err != nil {
		return nil, fmt.Errorf("make the initrd: %w", err)
	}
	entries := []entry{
		{"bin", directory, nil}, {"dev", directory, nil}, {"proc", directory, nil}, {"sys", directory, nil},
		{"modules", directory, nil}, {"upper", directory, nil}, {"vm", directory, nil},
		{"bin/busybox", executable, busybox},
		{"vm/settings", plain, []byte(settings)},
		{"vm/script", plain, []byte(script)},
	}
	for _, f := range []entry{
		{"init", executable, nil}, {"vm/command", plain, nil}, {"vm/rt-vm.service", plain, nil},
	} {
		f.data, err = guestFiles.ReadFile("guest/" + strings.TrimPrefix(f.name, "vm/"))
		if err != nil {
			return nil, err
		}
		entries = append(entries, f)
	}
	modules, err := k.load(needed)
	if err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	writeArchive(&archive, append(entries, modules...))
	return archive.Bytes(), nil
}

// load gives the modules of those names that are not part of the kernel, and
// all they depend on, with a file "order" that lists them.
func (k kernel) load(names []string) ([]entry, error) {
	var entries []entry
	var order []string
	for _, name := range names {
		// Each line is "insmod PATH" or "builtin NAME".
		out, err := exec.Command("modprobe", "-d", k.dir, "-S", k.release, "--show-depends", name).Output()
		if err != nil {
			return nil, fmt.Errorf("find module %q of %s: %w", name, k.release, err)
		}
		for line := range strings.Lines(string(out)) {
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "insmod" {
				continue
			}
			file, _, _ := strings.Cut(filepath.Base(words[1]), ".")
			if slices.Contains(order, file) {
				continue
			}
			packed, err := os.ReadFile(words[1])
			if err != nil {
				return nil, fmt.Errorf("read module %q: %w", name, err)
			}
			data, err := unpack(packed)
			if err != nil {
				return nil, fmt.Errorf("unpack module %q: %w", name, err)
			}
			order = append(order, file)
			entries = append(entries, entry{"modules/" + file, plain, data})
		}
	}
	list := strings.Join(order, "\n") + "\n"
	return append(entries, entry{"modules/order", plain, []byte(list)}), nil
}

// writeArchive writes a cpio archive as the kernel reads it
// (Documentation/driver-api/early-userspace/buffer-format.rst).
func writeArchive(w *bytes.Buffer, entries []entry) {
	for i, e := range append(entries, entry{name: "TRAILER!!!"}) {
		fmt.Fprintf(w, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
			i+1, e.mode, 0, 0, 1, 0, len(e.data), 0, 0, 0, 0, len(e.name)+1, 0)
		io.WriteString(w, e.name+"\x00")
		pad(w)
		w.Write(e.data)
		pad(w)
	}
}

func pad(w *bytes.Buffer) {
	for w.Len()%4 != 0 {
		w.WriteByte(0)
	}
}
