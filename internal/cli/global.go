package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"
	"golang.org/x/sys/unix"

	"rt/libct"
)

const defaultRoot = "/run/rt"

// globalFlags stand before the verb. They are local: after the verb the same
// names may mean something else.
func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "debug", Local: true, Usage: "log the version and the call, too"},
		&cli.StringFlag{Name: "log", Local: true, Usage: "append the log to `FILE` (default: standard error)"},
		&cli.StringFlag{Name: "log-format", Local: true, Value: "text", Usage: "text or json"},
		&cli.StringFlag{Name: "root", Local: true, Usage: "keep the state of containers in `DIR`, on a tmpfs (default: " + defaultRoot + ", or $XDG_RUNTIME_DIR/rt without privilege)"},
		&cli.BoolFlag{Name: "systemd-cgroup", Local: true, Usage: "let systemd make the cgroup; linux.cgroupsPath is then slice:prefix:name"},
		&cli.StringFlag{Name: "cgroup-manager", Local: true, Value: "cgroupfs", Usage: "cgroupfs, systemd (as --systemd-cgroup) or disabled"},
		&cli.StringFlag{Name: "rootless", Local: true, Value: "auto", Usage: "true, false or auto: expect no privilege over cgroups"},
		// Engines written for older runc still send it.
		&cli.StringFlag{Name: "criu", Local: true, Hidden: true},
	}
}

// prepare sets up what every verb needs from the global flags.
func (a *app) prepare(root *cli.Command) error {
	a.ready = true
	if err := a.log.open(root.String("log"), root.String("log-format"), root.Bool("debug")); err != nil {
		return err
	}
	rootless, err := parseRootless(root.String("rootless"))
	if err != nil {
		return err
	}
	manager := root.String("cgroup-manager")
	switch manager {
	case "cgroupfs", "systemd", "disabled":
	default:
		return fmt.Errorf("--cgroup-manager: %q is not cgroupfs, systemd or disabled", manager)
	}
	dir, err := stateRoot(root.String("root"))
	if err != nil {
		return err
	}
	a.rt = libct.Runtime{
		Root:          dir,
		SystemdCgroup: root.Bool("systemd-cgroup") || manager == "systemd",
		NoCgroup:      manager == "disabled",
		Rootless:      rootless,
		NotifySocket:  os.Getenv("NOTIFY_SOCKET"),
		Warn:          a.log.warn,
	}
	if a.log.debugging {
		a.log.debug(fmt.Sprintf("rt %s, pid %d, root %q, arguments %q", a.build.Version, os.Getpid(), dir, os.Args[1:]))
	}
	return nil
}

func parseRootless(s string) (bool, error) {
	if s == "" || s == "auto" {
		return !initialRoot(), nil
	}
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, fmt.Errorf("--rootless %q: not true, false or auto", s)
	}
	return b, nil
}

// stateRoot is the directory of the containers' state, absolute. The default
// is per user where the user has no privilege and the session offers a place.
func stateRoot(flag string) (string, error) {
	if flag != "" {
		dir, err := filepath.Abs(flag)
		if dir == "/" {
			return "", fmt.Errorf("--root %q: would keep state in /", flag)
		}
		return dir, err
	}
	session := os.Getenv("XDG_RUNTIME_DIR")
	if session == "" || initialRoot() {
		return defaultRoot, nil
	}
	dir := filepath.Join(session, "rt")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	// The sticky bit keeps the clean-up of the session's directory away from
	// containers that live longer than its age limit
	// (XDG Base Directory Specification).
	return dir, os.Chmod(dir, 0o700|os.ModeSticky)
}

// initialRoot reports whether we are root and not in a user namespace.
func initialRoot() bool {
	if os.Geteuid() != 0 {
		return false
	}
	fd, err := unix.Open("/proc/self/uid_map", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return true // a kernel without user namespaces
	}
	defer unix.Close(fd)
	var buf [64]byte
	n, err := unix.Read(fd, buf[:])
	if err != nil {
		return false
	}
	f := strings.Fields(string(buf[:n]))
	return len(f) == 3 && f[0] == "0" && f[1] == "0" && f[2] == "4294967295"
}
