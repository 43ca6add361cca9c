package systemd

import (
	"fmt"
	"path"
	"strings"
)

// Name is where a container's scope is.
type Name struct {
	Slice string // "machine.slice"
	Unit  string // "libpod-1234.scope"
}

const maxName = 255 // systemd's UNIT_NAME_MAX, less the NUL

// ParsePath reads linux.cgroupsPath as "slice:prefix:name"; an empty one stands
// for the container's id in the default slice.
func ParsePath(cgroupsPath, id string, user bool) (Name, error) {
	n, err := parsePath(cgroupsPath, id)
	if err != nil {
		return Name{}, fmt.Errorf("linux.cgroupsPath: %w", err)
	}
	switch {
	case n.Slice != "":
	case user:
		n.Slice = "user.slice"
	default:
		n.Slice = "system.slice"
	}
	return n, nil
}

func parsePath(cgroupsPath, id string) (Name, error) {
	if cgroupsPath == "" {
		// Of what an id may hold, systemd knows all but this.
		unit := "rt-" + strings.ReplaceAll(id, "+", `\x2b`) + ".scope"
		return Name{Unit: unit}, checkUnit(unit)
	}
	parts := strings.Split(cgroupsPath, ":")
	if len(parts) != 3 {
		return Name{}, fmt.Errorf(`expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got %q instead`, cgroupsPath)
	}
	slice, prefix, name := parts[0], parts[1], parts[2]
	if strings.HasSuffix(name, ".slice") {
		return Name{}, fmt.Errorf("%q: a container is a scope, and cannot be a slice", cgroupsPath)
	}
	if slice == "-" {
		slice = "-.slice"
	}
	if err := checkSlice(slice); err != nil {
		return Name{}, err
	}
	if name == "" {
		return Name{}, fmt.Errorf("%q: the name is empty", cgroupsPath)
	}
	unit := name + ".scope"
	if prefix != "" {
		unit = prefix + "-" + unit
	}
	return Name{slice, unit}, checkUnit(unit)
}

// checkSlice takes the name of a slice, or none.
func checkSlice(slice string) error {
	if slice == "" || slice == "-.slice" {
		return nil
	}
	base, ok := strings.CutSuffix(slice, ".slice")
	if !ok {
		return fmt.Errorf("%q is not the name of a slice: it does not end in %q", slice, ".slice")
	}
	// Every dash leads one slice down, so none may be without a name.
	if base == "" || strings.HasPrefix(base, "-") || strings.HasSuffix(base, "-") || strings.Contains(base, "--") {
		return fmt.Errorf("%q is not the name of a slice: a dash has nothing beside it", slice)
	}
	return checkUnit(slice)
}

// checkUnit holds a name against systemd.unit(5).
func checkUnit(unit string) error {
	if len(unit) > maxName {
		return fmt.Errorf("%q: the name of a unit has at most %d characters", unit, maxName)
	}
	for _, r := range unit {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune(`:-_.\`, r):
		default:
			return fmt.Errorf("%q: %q cannot be in the name of a unit", unit, r)
		}
	}
	return nil
}

// Path is the unit's cgroup, from the manager's own: "a-b.slice" is in
// "a.slice".
func (n Name) Path() string {
	at := "/"
	if n.Slice != "-.slice" {
		for i, r := range n.Slice {
			if r == '-' {
				at = path.Join(at, n.Slice[:i]+".slice")
			}
		}
		at = path.Join(at, n.Slice)
	}
	return path.Join(at, n.Unit)
}
