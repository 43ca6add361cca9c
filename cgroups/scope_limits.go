package cgroups

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
	"rt/cgroups/systemd"
)

// beginning is what every container's unit has.
func beginning(name systemd.Name, description string, pure bool) []systemd.Property {
	io := "IOAccounting"
	if !pure {
		io = "BlockIOAccounting"
	}
	return []systemd.Property{
		{Name: "Description", Value: description},
		{Name: "Slice", Value: name.Slice},
		{Name: "Delegate", Value: true}, // what is below is the container's
		{Name: "CPUAccounting", Value: true},
		{Name: "MemoryAccounting", Value: true},
		{Name: "TasksAccounting", Value: true},
		// Without one systemd has a limit of its own (DefaultTasksMax).
		{Name: "TasksMax", Value: uint64(math.MaxUint64)},
		{Name: io, Value: true},
		// The engine ends its containers before the host goes down.
		{Name: "DefaultDependencies", Value: false},
		// A unit that has failed would keep its name.
		{Name: "CollectMode", Value: "inactive-or-failed"},
	}
}

// override gives base and over, less what base has that over has, too.
func override(base, over []systemd.Property) []systemd.Property {
	base = slices.DeleteFunc(base, func(p systemd.Property) bool {
		return slices.ContainsFunc(over, func(o systemd.Property) bool { return o.Name == p.Name })
	})
	return append(base, over...)
}

// told is what systemd is to be told of limits, where a quota without a period
// would have the one given, "" for the kernel's default.
func (s *scope) told(r *specs.LinuxResources, period string) ([]systemd.Property, error) {
	list, err := settings(r, s.pure)
	return systemd.Properties(list, systemd.Host{Version: s.version, V2: s.pure, Period: period}), err
}

// SplitPids parts the limits on processes from all others, for the sake of a
// container that needs more processes while it is made. Either may be nil.
func SplitPids(r *specs.LinuxResources) (rest, pids *specs.LinuxResources) {
	const file = "pids.max"
	if r == nil {
		return nil, nil
	}
	text, unified := r.Unified[file]
	if r.Pids == nil && !unified {
		return r, nil
	}
	without := *r
	without.Pids = nil
	pids = &specs.LinuxResources{Pids: r.Pids}
	if unified {
		without.Unified = maps.Clone(r.Unified)
		delete(without.Unified, file)
		pids.Unified = map[string]string{file: text}
	}
	return &without, pids
}

// makeRoom lifts the limit on processes that the unit has begun with: the
// placeholder counts, and what makes the container. It has to be set again.
func (s *scope) makeRoom() error {
	if !slices.ContainsFunc(s.limits, func(p systemd.Property) bool { return p.Name == "TasksMax" }) {
		return nil
	}
	return cgfs.Write(s.files.of("pids")+"/pids.max", "max")
}

// Set tells the files first: the kernel may refuse what systemd takes.
func (s *scope) Set(r *specs.LinuxResources) error {
	r, err := s.files.whole(r)
	if err != nil {
		return err
	}
	if s.version == 0 {
		if err := s.manager(s.askVersion); err != nil {
			return err
		}
	}
	list, err := s.told(r, s.period())
	if err != nil {
		return err
	}
	if err := s.files.Set(r); err != nil {
		return err
	}
	// A unit that is being made has begun with its limits.
	list = slices.DeleteFunc(list, func(p systemd.Property) bool { return slices.ContainsFunc(s.limits, p.Equal) })
	if len(list) == 0 {
		return nil
	}
	return s.tell(list)
}

// period is that of the quota in force on v2, in microseconds; "" for the
// kernel's default.
func (s *scope) period() string {
	if !s.pure {
		return "" // never without: see whole
	}
	text, err := cgfs.Read(s.files.of("cpu") + "/cpu.max")
	if err != nil {
		return "" // no controller, and no quota either
	}
	_, period, _ := strings.Cut(text, " ")
	return period
}

// tell sets properties of the unit.
func (s *scope) tell(list []systemd.Property) (err error) {
	before := keep(rewritten[s.pure], s.files.of, "keep the value that systemd has changed")
	// Also after an error: systemd may do what it has not answered.
	defer func() { err = errors.Join(err, before.back()) }()
	set := func() error {
		return s.manager(func(m *systemd.Manager) error { return m.Set(s.unit.Name, list) })
	}
	if old, ok := s.files.(*legacy); ok && old.of("devices") != "" {
		return old.keepDevices(set)
	}
	return set()
}
