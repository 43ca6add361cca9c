package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// template is the directory that every rootfs is a copy of.
var template string

// prepareRootfs makes a small system in dir: busybox with a link for every
// applet that a script names, the probe, and the files programs look for.
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
	applets, err := namedApplets()
	if err != nil {
		return err
	}
	for _, name := range applets {
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

// namedApplets are those that occur in the scripts: links for all there are
// would be most of what a script makes and removes again.
func namedApplets() ([]string, error) {
	list, err := exec.Command(machine.busybox, "--list").Output()
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	scripts, err := filepath.Glob("*.txtar")
	if err != nil {
		return nil, err
	}
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			return nil, err
		}
		for _, w := range word.FindAllString(string(text), -1) {
			named[w] = true
		}
	}
	return slices.DeleteFunc(strings.Fields(string(list)), func(applet string) bool {
		return applet == "busybox" || !named[applet]
	}), nil
}

var word = regexp.MustCompile(`[\w.-]+`)

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
