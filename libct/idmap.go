package libct

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/specconv"
)

// writeIDMaps gives the user namespace of process pid its mappings. Without
// privilege the kernel takes one id, our own; newuidmap(1) and newgidmap(1)
// map what /etc/subuid and /etc/subgid grant.
func writeIDMaps(pid int, uids, gids []specs.LinuxIDMapping) error {
	proc := "/proc/" + strconv.Itoa(pid)
	if !powerless() {
		if err := writeMap(proc+"/uid_map", "linux.uidMappings", uids); err != nil {
			return err
		}
		return writeMap(proc+"/gid_map", "linux.gidMappings", gids)
	}
	if ownOnly(uids, os.Geteuid()) {
		if err := writeMap(proc+"/uid_map", "linux.uidMappings", uids); err != nil {
			return err
		}
	} else if err := runMapper("newuidmap", pid, "linux.uidMappings", uids); err != nil {
		return err
	}
	if !ownOnly(gids, os.Getegid()) {
		return runMapper("newgidmap", pid, "linux.gidMappings", gids)
	}
	// The kernel wants this before an unprivileged gid_map (CVE-2014-8989).
	if err := writeKernel(proc+"/setgroups", "deny"); err != nil {
		return fmt.Errorf("linux.gidMappings: deny setgroups: %w", err)
	}
	return writeMap(proc+"/gid_map", "linux.gidMappings", gids)
}

// ownOnly tells whether a mapping holds but the one id of ours.
func ownOnly(m []specs.LinuxIDMapping, id int) bool {
	return len(m) == 1 && m[0].Size == 1 && int(m[0].HostID) == id
}

func writeMap(path, property string, mappings []specs.LinuxIDMapping) error {
	var text strings.Builder
	for _, m := range mappings {
		fmt.Fprintf(&text, "%d %d %d\n", m.ContainerID, m.HostID, m.Size)
	}
	if err := writeKernel(path, text.String()); err != nil {
		return fmt.Errorf("%s: write id mappings: %w", property, err)
	}
	return nil
}

// mapperDeadline bounds newuidmap and newgidmap, which may look up users over a
// network.
const mapperDeadline = 30 * time.Second

func runMapper(tool string, pid int, property string, mappings []specs.LinuxIDMapping) error {
	args := []string{strconv.Itoa(pid)}
	for _, m := range mappings {
		for _, v := range [...]uint32{m.ContainerID, m.HostID, m.Size} {
			args = append(args, strconv.FormatUint(uint64(v), 10))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), mapperDeadline)
	defer cancel()
	out, err := exec.CommandContext(ctx, tool, args...).CombinedOutput()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		// Not the words of exec: engines would take them for process.args[0].
		return fmt.Errorf("%s: %s(1), which maps ids other than the caller's own, is not in PATH", property, tool)
	case err != nil:
		return fmt.Errorf("%s: run %s: %w: %s", property, tool, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// setgroupsAllowed tells whether setgroups(2) will be allowed in the container:
// writeIDMaps may have to deny it, and what our own user namespace denies no
// namespace below it allows. Of a user namespace that is joined only the
// executor finds out.
func setgroupsAllowed(c *specconv.Config) bool {
	if c.Namespaces.New&unix.CLONE_NEWUSER != 0 && powerless() && ownOnly(c.Spec.Linux.GIDMappings, os.Getegid()) {
		return false
	}
	text, err := readFile("/proc/self/setgroups")
	return err != nil || strings.HasPrefix(string(text), "allow")
}
