package cgroups

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/cgroups/cgfs"
	"rt/cgroups/systemd"
	"rt/nsexec"
)

// scope is a container's cgroup that is a transient unit of systemd's. What
// systemd has a property for is set there and in the files, so that neither
// undoes the other; all else is done by the files alone.
type scope struct {
	files
	unit    Unit
	pure    bool
	version int // of systemd, 0 when not asked yet

	// Of one that is being made:
	link        *systemd.Manager   // since New
	properties  []systemd.Property // the unit is to begin with
	limits      []systemd.Property // of those, what Set need not say
	placeholder *nsexec.Executor
}

var errRootlessV1 = errors.New("a user's systemd has no controllers on a host with cgroup v1: " +
	"leave out --systemd-cgroup or --cgroup-manager systemd")

func newScope(l Layout, c Config) (Manager, error) {
	name, nameErr := systemd.ParsePath(c.Path, c.ID, c.Rootless)
	annotated, err := systemd.Annotated(c.Annotations)
	if err := errors.Join(nameErr, err); err != nil {
		return nil, err
	}
	if c.Rootless && !l.Pure() {
		return nil, errRootlessV1
	}
	link, err := systemd.Connect(c.Rootless)
	if err != nil {
		return nil, err
	}
	s := &scope{
		unit: Unit{Name: name.Unit, Description: c.Description, User: c.Rootless},
		pure: l.Pure(),
		link: link,
	}
	if err := s.decide(l, c, name, annotated); err != nil {
		link.Close()
		return nil, err
	}
	return s, nil
}

// decide asks the manager where its units are and what it knows.
func (s *scope) decide(l Layout, c Config, name systemd.Name, annotated []systemd.Property) error {
	root, err := s.link.ControlGroup()
	if err != nil {
		return err
	}
	if err := s.askVersion(s.link); err != nil {
		return err
	}
	s.files = newFiles(l, path.Join("/", root, name.Path()), c)
	if err := s.files.check(c.Resources); err != nil {
		return err
	}
	if s.limits, err = s.told(c.Resources, ""); err != nil {
		return err
	}
	s.properties = override(beginning(name, c.Description, s.pure), s.limits)
	if old, ok := s.files.(*legacy); ok {
		policy, err := old.policy(c.Resources)
		if err != nil {
			return err
		}
		s.properties = append(s.properties, systemd.Devices(policy)...)
	}
	s.properties = override(s.properties, annotated)
	return nil
}

// override gives base and over, less what base has that over has, too.
func override(base, over []systemd.Property) []systemd.Property {
	base = slices.DeleteFunc(base, func(p systemd.Property) bool {
		return slices.ContainsFunc(over, func(o systemd.Property) bool { return o.Name == p.Name })
	})
	return append(base, over...)
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

// told is what systemd is to be told of limits, where a quota without a period
// would have the one given, "" for the kernel's default.
func (s *scope) told(r *specs.LinuxResources, period string) ([]systemd.Property, error) {
	list, err := settings(r, s.pure)
	return systemd.Properties(list, systemd.Host{Version: s.version, V2: s.pure, Period: period}), err
}

func loadScope(m files, s State) *scope {
	_, pure := m.(*unified)
	return &scope{files: m, unit: *s.Unit, pure: pure}
}

func (s *scope) State() State {
	state := s.files.State()
	unit := s.unit
	state.Unit = &unit
	return state
}

// manager runs do with a connection to systemd, and ends it: rt may live as
// long as the container, and would have to read what systemd tells meanwhile.
func (s *scope) manager(do func(*systemd.Manager) error) error {
	link := s.link
	s.link = nil
	if link == nil {
		var err error
		if link, err = systemd.Connect(s.unit.User); err != nil {
			return err
		}
	}
	defer link.Close()
	return do(link)
}

// Create has systemd make the scope. A scope needs a process to begin with,
// and ends with its last: an executor without a command takes the place of the
// container's until that one is in. It ends with rt, however that ends.
func (s *scope) Create() (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, s.abandon())
		}
	}()
	if s.placeholder, err = placeholder(); err != nil {
		return err
	}
	err = s.manager(func(m *systemd.Manager) error {
		return m.Start(s.unit.Name, s.placeholder.Pid, s.properties)
	})
	if err != nil {
		if !systemd.Refused(err) {
			err = errors.Join(err, s.withdraw())
		}
		return err
	}
	if s.unit.Inode, err = inode(s.place()); err != nil {
		return err
	}
	if err := s.files.Create(); err != nil {
		return err
	}
	if old, ok := s.files.(*legacy); ok {
		old.claim()
	}
	return s.makeRoom()
}

// makeRoom lifts the limit on processes that the unit has begun with: the
// placeholder counts, and what makes the container. It has to be set again.
func (s *scope) makeRoom() error {
	if !slices.ContainsFunc(s.limits, func(p systemd.Property) bool { return p.Name == "TasksMax" }) {
		return nil
	}
	return cgfs.Write(s.files.of("pids")+"/pids.max", "max")
}

// withdraw takes back a start that systemd has not answered for: it would put
// whoever has the placeholder's pid by then into the scope.
func (s *scope) withdraw() error {
	return s.manager(func(m *systemd.Manager) error {
		description, err := m.Property(s.unit.Name, "Description")
		if err != nil || description != s.unit.Description {
			return err
		}
		return m.Stop(s.unit.Name)
	})
}

// abandon takes back what Create has done. The scope ends with its only
// process even where systemd does not answer.
func (s *scope) abandon() error {
	s.entered()
	if s.unit.Inode == 0 {
		return nil
	}
	return s.stop()
}

// entered ends the placeholder.
func (s *scope) entered() {
	end(s.placeholder)
	s.placeholder = nil
}

// place is a directory that systemd makes for every scope.
func (s *scope) place() string {
	paths := s.files.State().Paths
	for _, hierarchy := range [...]string{"name=systemd", ""} {
		if dir, ok := paths[hierarchy]; ok {
			return dir
		}
	}
	return s.files.home()
}

func inode(dir string) (uint64, error) {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return 0, fmt.Errorf("find the cgroup of the unit: stat %s: %w", dir, err)
	}
	return st.Ino, nil
}

// ours tells whether the scope is there, and is the one that was made for this
// container.
func (s *scope) ours() (bool, error) {
	now, err := inode(s.place())
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	if err != nil || s.unit.Inode != 0 {
		return now == s.unit.Inode, err
	}
	// rt was killed before it could know.
	var description string
	err = s.manager(func(m *systemd.Manager) (err error) {
		description, err = m.Property(s.unit.Name, "Description")
		return err
	})
	return description == s.unit.Description, err
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

func (s *scope) askVersion(m *systemd.Manager) (err error) {
	s.version, err = m.Version()
	return err
}

// Kill leaves alone what another container has made under this name.
func (s *scope) Kill() error {
	ours, err := s.ours()
	if err != nil || !ours {
		return err
	}
	return s.files.Kill()
}

// Destroy stops the unit. One whose processes have all ended is gone already,
// and another container may have its name and directories.
func (s *scope) Destroy() error {
	s.entered()
	if _, err := inode(s.place()); !errors.Is(err, unix.ENOENT) {
		ours, err := s.ours()
		if err != nil || !ours {
			return err
		}
		if err := s.stop(); err != nil {
			return err
		}
	}
	return s.files.Destroy()
}

// stop also takes away cgroups in the scope that systemd has not, as a user's
// may not when they belong to another user of the container.
func (s *scope) stop() error {
	err := s.manager(func(m *systemd.Manager) error { return m.Stop(s.unit.Name) })
	if err != nil {
		return err
	}
	if now, err := inode(s.place()); err != nil || now != s.unit.Inode {
		return nil
	}
	return removeTree(s.place(), time.Now().Add(removeWait))
}
