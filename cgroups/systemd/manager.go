// Package systemd has a service manager make the scope of a container: by
// D-Bus, of which it speaks just what that takes. It runs on the host, and
// imports cgfs, golang.org/x/sys/unix and the standard library.
//
// What a scope is told is decided without effects (names, properties,
// annotations); Manager acts.
package systemd

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	busName            = "org.freedesktop.systemd1"
	managerPath        = objectPath("/org/freedesktop/systemd1")
	managerInterface   = "org.freedesktop.systemd1.Manager"
	unitInterface      = "org.freedesktop.systemd1.Unit"
	propertyInterface  = "org.freedesktop.DBus.Properties"
	errorUnitExists    = "org.freedesktop.systemd1.UnitExists"
	errorNoSuchUnit    = "org.freedesktop.systemd1.NoSuchUnit"
	systemBus          = "/run/dbus/system_bus_socket"
	busDriver          = "org.freedesktop.DBus"
	busDriverPath      = objectPath("/org/freedesktop/DBus")
	jobsOfTheManager   = "type='signal',sender='org.freedesktop.systemd1',interface='org.freedesktop.systemd1.Manager',member='JobRemoved'"
	supportUnavailable = "systemd cgroup flag passed, but systemd support for managing cgroups is not available"
)

// answerWait is how long the manager has for each answer and each job: it is
// busy for seconds when it reloads its units on a large host.
const answerWait = 25 * time.Second

// Manager is a connection to a service manager.
type Manager struct{ c *conn }

// Connect connects to the manager of the system, or to that of the user whose
// session $XDG_RUNTIME_DIR is of. The manager's own socket is preferred: with
// it there is no bus to be missing or slow.
func Connect(user bool) (*Manager, error) {
	if _, err := os.Stat("/run/systemd/system"); err != nil {
		return nil, fmt.Errorf("%s: this host was not booted with systemd (%w)", supportUnavailable, err)
	}
	private, bus := "/run/systemd/private", systemBus
	if user {
		session := os.Getenv("XDG_RUNTIME_DIR")
		if session == "" {
			return nil, fmt.Errorf("%s: XDG_RUNTIME_DIR is not set, by which the user's systemd is found", supportUnavailable)
		}
		private, bus = session+"/systemd/private", userBus(session)
	}
	return connect(private, bus, answerWait)
}

// userBus is the socket of the user's bus.
func userBus(session string) string {
	for address := range strings.SplitSeq(os.Getenv("DBUS_SESSION_BUS_ADDRESS"), ";") {
		if path, ok := strings.CutPrefix(address, "unix:path="); ok {
			path, _, _ = strings.Cut(path, ",")
			if plain, err := url.PathUnescape(path); err == nil {
				path = plain
			}
			return path
		}
	}
	return session + "/bus"
}

func connect(private, bus string, wait time.Duration) (*Manager, error) {
	c, err := dial(private, wait)
	if err == nil {
		return &Manager{c}, nil
	}
	if !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ECONNREFUSED) && !errors.Is(err, unix.EACCES) && !errors.Is(err, errClosed) {
		return nil, fmt.Errorf("systemd: %w", err)
	}
	c, busErr := dial(bus, wait)
	if busErr != nil {
		return nil, fmt.Errorf("%s: %w", supportUnavailable, errors.Join(err, busErr))
	}
	m := &Manager{c}
	if err := m.enterBus(); err != nil {
		m.Close()
		return nil, fmt.Errorf("systemd, by the bus at %s: %w", bus, err)
	}
	return m, nil
}

// enterBus has the bus send us the ends of jobs, before there is one.
func (m *Manager) enterBus() error {
	if _, err := m.c.ask(busDriver, busDriverPath, busDriver, "Hello"); err != nil {
		return err
	}
	if _, err := m.c.ask(busDriver, busDriverPath, busDriver, "AddMatch", jobsOfTheManager); err != nil {
		return err
	}
	m.c.destination = busName
	_, err := m.manager("Subscribe")
	return err
}

// Close ends the connection. One that is kept has to be read from: the manager
// sends what happens to every unit.
func (m *Manager) Close() { m.c.close() }

// ControlGroup is the manager's own cgroup, "" for the root, in which it makes
// all others.
func (m *Manager) ControlGroup() (string, error) {
	return m.property(managerPath, managerInterface, "ControlGroup")
}

// Version is the manager's.
func (m *Manager) Version() (int, error) {
	text, err := m.property(managerPath, managerInterface, "Version")
	if err != nil {
		return 0, err
	}
	return parseVersion(text)
}

// parseVersion reads "252.39-1~deb12u2", which some distributions begin with
// a "v".
func parseVersion(text string) (int, error) {
	digits := strings.TrimPrefix(text, "v")
	if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		digits = digits[:end]
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0, fmt.Errorf("version of systemd: %q is not a number", text)
	}
	return n, nil
}

// Start makes a scope around a process and waits until it is there. What is
// left of a former unit of that name, if it has failed, is taken away.
func (m *Manager) Start(unit string, pid int, properties []Property) error {
	properties = append(properties, Property{"PIDs", []uint32{uint32(pid)}})
	start := func() error {
		return m.job("StartTransientUnit", unit, "fail", properties, auxiliary{})
	}
	err := start()
	if is(err, errorUnitExists) {
		state, stateErr := m.Property(unit, "ActiveState")
		if stateErr != nil || state != "failed" {
			return fmt.Errorf("start unit %q: there is one of that name: %w", unit, errors.Join(err, stateErr))
		}
		if err := m.reset(unit); err != nil {
			return err
		}
		err = start()
	}
	if err != nil {
		// One that has been made and has failed would keep its name.
		if errors.As(err, new(*jobError)) {
			err = errors.Join(err, m.reset(unit))
		}
		return fmt.Errorf("start unit %q: %w", unit, err)
	}
	return nil
}

// Refused tells whether err is the manager's word, so that nothing more comes of
// what it was asked for. Otherwise it may do that yet.
func Refused(err error) bool {
	return errors.As(err, new(*callError)) || errors.As(err, new(*jobError))
}

// Set changes properties until the next boot, and returns when they are in
// force: the manager applies them after it has answered, and before it reads
// the next call.
func (m *Manager) Set(unit string, properties []Property) error {
	if _, err := m.manager("SetUnitProperties", unit, true, properties); err != nil {
		return fmt.Errorf("set properties of unit %q: %w", unit, err)
	}
	if _, err := m.c.call(managerPath, "org.freedesktop.DBus.Peer", "Ping"); err != nil {
		return fmt.Errorf("set properties of unit %q: %w", unit, err)
	}
	return nil
}

// Attach moves a process into the scope, where the caller may not: into the
// cgroup sub below the scope's ("/a/b"), or with "" its own.
func (m *Manager) Attach(unit, sub string, pid int) error {
	_, err := m.manager("AttachProcessesToUnit", unit, sub, []uint32{uint32(pid)})
	if err != nil {
		return fmt.Errorf("attach process %d to unit %q: %w", pid, unit, err)
	}
	return nil
}

// Stop ends a unit and everything in it, and waits until it is gone. A missing
// one is no error.
func (m *Manager) Stop(unit string) error {
	err := m.job("StopUnit", unit, "replace")
	if is(err, errorNoSuchUnit) {
		return nil
	}
	if err != nil {
		return errors.Join(fmt.Errorf("stop unit %q: %w", unit, err), m.reset(unit))
	}
	return nil
}

// Property reads one of type string from a unit, "" when there is no such
// unit.
func (m *Manager) Property(unit, name string) (string, error) {
	// Unlike the path made from the name, this does not load the unit.
	found, err := m.manager("GetUnit", unit)
	if is(err, errorNoSuchUnit) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("get unit %q: %w", unit, err)
	}
	path, err := one(found)
	if err != nil {
		return "", fmt.Errorf("get unit %q: %w", unit, err)
	}
	return m.property(objectPath(path), unitInterface, name)
}

// reset lets go of a unit that has failed.
func (m *Manager) reset(unit string) error {
	_, err := m.manager("ResetFailedUnit", unit)
	if err != nil && !is(err, errorNoSuchUnit) {
		return fmt.Errorf("reset unit %q: %w", unit, err)
	}
	return nil
}

func (m *Manager) manager(member string, args ...any) ([]any, error) {
	return m.c.call(managerPath, managerInterface, member, args...)
}

func (m *Manager) property(path objectPath, iface, name string) (string, error) {
	v, err := m.c.call(path, propertyInterface, "Get", iface, name)
	if err == nil {
		var text string
		if text, err = one(v); err == nil {
			return text, nil
		}
	}
	return "", fmt.Errorf("systemd: read property %s: %w", name, err)
}

// one is for answers that are a string.
func one(args []any) (string, error) {
	if len(args) == 1 {
		if s, ok := args[0].(string); ok {
			return s, nil
		}
	}
	return "", fmt.Errorf("%w: the answer is no string", errMalformed)
}

// jobError says how a job has ended that was not done.
type jobError struct{ result string }

func (e *jobError) Error() string {
	return fmt.Sprintf("the job ended as %q (systemd's journal says why)", e.result)
}

// job asks for something that takes a job and waits for its end.
func (m *Manager) job(member string, args ...any) error {
	v, err := m.manager(member, args...)
	if err != nil {
		return err
	}
	path, err := one(v)
	if err != nil {
		return err
	}
	result, err := m.c.await(path)
	if err != nil {
		return fmt.Errorf("wait for the job: %w", err)
	}
	if result != "done" {
		return &jobError{result}
	}
	return nil
}
