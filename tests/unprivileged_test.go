package tests

import (
	"bufio"
	"fmt"
	"os"
	"os/user"
	"path"
	"strconv"
	"strings"
)

// asUser fits a configuration to a user without privilege: a user namespace
// with the user's own id as root and the subordinate ones from 1 on, and a
// cgroup beside the suite's own.
func asUser(doc any) (any, error) {
	id := strings.TrimPrefix(doc.(map[string]any)["linux"].(map[string]any)["cgroupsPath"].(string), "/")
	uids, err := mappings("/etc/subuid", os.Geteuid())
	if err != nil {
		return nil, err
	}
	gids, err := mappings("/etc/subgid", os.Getegid())
	if err != nil {
		return nil, err
	}
	for _, e := range []struct {
		path  string
		value any
		do    action
	}{
		{"linux.cgroupsPath", id, set},
		{"linux.namespaces", map[string]any{"type": "user"}, appendTo},
		{"linux.uidMappings", uids, set},
		{"linux.gidMappings", gids, set},
	} {
		if doc, err = edit(doc, strings.Split(e.path, "."), e.value, e.do); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

// cgroupParent is the v2 cgroup in which a container's is made: the root, or
// for a user the one that the suite's own is in.
func cgroupParent() string {
	if os.Geteuid() == 0 {
		return ""
	}
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return ""
	}
	return path.Dir(strings.TrimPrefix(strings.TrimSpace(string(text)), "0::"))
}

// mappings gives the caller's own id and those that subuid(5) gives to it.
func mappings(file string, own int) ([]any, error) {
	u, err := user.Current()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Split(lines.Text(), ":")
		if len(fields) != 3 || fields[0] != u.Username {
			continue
		}
		start, err := strconv.Atoi(fields[1])
		if err != nil {
			return nil, err
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil, err
		}
		entry := func(inside, outside, size int) any {
			return map[string]any{"containerID": inside, "hostID": outside, "size": size}
		}
		return []any{entry(0, own, 1), entry(1, start, size)}, nil
	}
	return nil, fmt.Errorf("%s has no ids for %s", file, u.Username)
}
