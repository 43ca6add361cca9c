package v1

import (
	"fmt"
	"path"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

func cpuset(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r.CPU == nil {
		return nil, nil
	}
	var out []cgfs.Setting
	if r.CPU.Cpus != "" {
		out = append(out, cgfs.Setting{Controller: "cpuset", File: "cpuset.cpus", Value: r.CPU.Cpus,
			Property: "linux.resources.cpu.cpus"})
	}
	if r.CPU.Mems != "" {
		out = append(out, cgfs.Setting{Controller: "cpuset", File: "cpuset.mems", Value: r.CPU.Mems,
			Property: "linux.resources.cpu.mems"})
	}
	return out, nil
}

// InheritCpuset gives dir, and every ancestor up to mount, the CPUs and
// memory nodes of its parent where it has none: a new v1 cpuset is empty and
// takes no process. fresh says that dir itself was just made.
func InheritCpuset(mount, dir string, fresh bool) error {
	for _, file := range [...]string{"/cpuset.cpus", "/cpuset.mems"} {
		if _, err := inherit(mount, dir, file, fresh); err != nil {
			return fmt.Errorf("inherit cpuset: %w", err)
		}
	}
	return nil
}

func inherit(mount, dir, file string, fresh bool) (string, error) {
	if !fresh {
		value, err := cgfs.Read(dir + file)
		if err != nil || value != "" || dir == mount {
			return value, err
		}
	}
	value, err := inherit(mount, path.Dir(dir), file, false)
	// With the mount option cpuset_v2_mode empty is a value like any other.
	if err != nil || value == "" {
		return value, err
	}
	return value, cgfs.Write(dir+file, value)
}
