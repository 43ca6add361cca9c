package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// template is the directory that every rootfs is a copy of.
var template string

// prepareRootfs makes a small system in dir: busybox with a link for every
// applet, the probe, and the files programs look for.
func prepareRootfs(dir string) error {
	if err := mkdirAll(dir, "bin", "dev", "etc", "home", "mnt", "proc", "root", "run", "sys", "tmp", "usr", "var"); err != nil {
		return err
	}
	if err := os.Chmod(filepath.Join(dir, "tmp"), 0o1777); err != nil {
		return err
	}
	for to, from := range map[string]string{"bin/busybox": machine.busybox, "bin/probe": machine.probe} {
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, to), data, 0o755); err != nil {
			return err
		}
	}
	applets, err := exec.Command(machine.busybox, "--list").Output()
	if err != nil {
		return err
	}
	for _, name := range strings.Fields(string(applets)) {
		if name == "busybox" {
			continue
		}
		if err := os.Symlink("busybox", filepath.Join(dir, "bin", name)); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n",
		"etc/group":  "root:x:0:\nalice:x:1000:\n",
		"etc/hosts":  "127.0.0.1 localhost\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	template = dir
	return nil
}

// copyRootfs makes a rootfs at dir that a script may spoil as it likes.
func copyRootfs(dir string) error {
	if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
		return err
	}
	return os.Chmod(filepath.Join(dir, "tmp"), 0o1777)
}

func mkdirAll(root string, names ...string) error {
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			return err
		}
	}
	return nil
}
