package cgroups

import (
	"errors"
	"fmt"
	"path"
	"time"

	"golang.org/x/sys/unix"

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
	properties  []systemd.Property // the unit is to begin with
	limits      []systemd.Property // of those, what Set need not say
	placeholder *nsexec.Executor
}

var errRootlessV1 = errors.New("a user's systemd has no controllers on a host with cgroup v1: " +
	"leave out --systemd-cgroup or --cgroup-manager systemd")

var errEnded = errors.New("the scope has ended: the process that held it was killed")

func newScope(l Layout, c Config) (Manager, error) {
	name, nameErr := systemd.ParsePath(c.Path, c.ID, c.Rootless)
	annotated, err := systemd.Annotated(c.Annotations)
	if err := errors.Join(nameErr, err); err != nil {
		return nil, err
	}
	if c.Rootless && !l.Pure() {
		return nil, errRootlessV1
	}
	s := &scope{
		unit: Unit{Name: name.Unit, Description: c.Description, User: c.Rootless},
		pure: l.Pure(),
	}
	err = s.manager(func(m *systemd.Manager) error { return s.decide(m, l, c, name, annotated) })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// decide asks the manager where its units are and what it knows.
func (s *scope) decide(m *systemd.Manager, l Layout, c Config, name systemd.Name, annotated []systemd.Property) error {
	root, err := m.ControlGroup()
	if err != nil {
		return err
	}
	if err := s.askVersion(m); err != nil {
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
	link, err := systemd.Connect(s.unit.User)
	if err != nil {
		return err
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
	if now, err := inode(s.place()); err != nil || now != s.unit.Inode {
		// The placeholder was killed, and the directory is not systemd's.
		return errors.Join(errEnded, err, s.files.Destroy())
	}
	if old, ok := s.files.(*legacy); ok {
		old.claim()
	}
	return s.makeRoom()
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
// process even where systemd does not answer, and then its name may be
// another's.
func (s *scope) abandon() error {
	if s.unit.Inode == 0 {
		s.entered()
		return nil
	}
	return s.Destroy()
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
	if err != nil || description != s.unit.Description {
		return false, err
	}
	s.unit.Inode = now
	return true, nil
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
	now, err := inode(s.place())
	if errors.Is(err, unix.ENOENT) || err == nil && now != s.unit.Inode {
		return nil
	}
	if err != nil {
		return err
	}
	return removeTree(s.place(), time.Now().Add(removeWait))
}
