package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

const cgroupRoot = "/sys/fs/cgroup"

// completeCgroups gives a hybrid layout the hugetlb hierarchy, without which
// crun refuses to work. The layout is built anew in an empty directory and put
// over the old one, in this mount namespace alone: the directory below the
// mounts is shared with the whole machine and stays as it is.
func completeCgroups(dir string) error {
	if !hugetlbMissing() {
		return nil
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("mount tmpfs: %w", err)
	}
	entries, err := os.ReadDir(cgroupRoot)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := carryOver(filepath.Join(cgroupRoot, e.Name()), filepath.Join(dir, e.Name()), e); err != nil {
			return err
		}
	}
	hugetlb := filepath.Join(dir, "hugetlb")
	if err := os.MkdirAll(hugetlb, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("cgroup", hugetlb, "cgroup", 0, "hugetlb"); err != nil {
		return fmt.Errorf("mount hugetlb: %w", err)
	}
	if err := unix.Mount(dir, cgroupRoot, "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("move cgroups to %q: %w", cgroupRoot, err)
	}
	return nil
}

// carryOver makes a hierarchy, or a link to one, visible at another place.
func carryOver(from, to string, e os.DirEntry) error {
	switch {
	case e.Type()&os.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case e.Name() == "hugetlb" || !e.IsDir():
		return nil
	}
	if err := os.Mkdir(to, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %q: %w", from, err)
	}
	return nil
}

func hugetlbMissing() bool {
	mounts, _ := os.ReadFile("/proc/self/mounts")
	known, _ := os.ReadFile("/proc/cgroups")
	return strings.Contains(string(mounts), " "+cgroupRoot+" tmpfs ") &&
		!strings.Contains(string(mounts), " "+cgroupRoot+"/hugetlb ") &&
		strings.Contains(string(known), "hugetlb\t")
}
