package v1

import (
	"errors"
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

func netCls(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r.Network == nil || r.Network.ClassID == nil || *r.Network.ClassID == 0 {
		return nil, nil
	}
	return []cgfs.Setting{{Controller: "net_cls", File: "net_cls.classid", Value: unsigned(uint64(*r.Network.ClassID)),
		Property: "linux.resources.network.classID"}}, nil
}

func netPrio(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r.Network == nil {
		return nil, nil
	}
	var out []cgfs.Setting
	var errs []error
	for i, p := range r.Network.Priorities {
		property := fmt.Sprintf("linux.resources.network.priorities[%d]", i)
		if p.Name == "" || strings.ContainsAny(p.Name, "/ \t\n") {
			errs = append(errs, fmt.Errorf("%s.name: %q is not an interface name", property, p.Name))
			continue
		}
		out = append(out, cgfs.Setting{Controller: "net_prio", File: "net_prio.ifpriomap",
			Value: fmt.Sprintf("%s %d", p.Name, p.Priority), Property: property})
	}
	return out, errors.Join(errs...)
}
