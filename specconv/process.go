package specconv

import (
	"math"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// ParseProcess checks a process, of exec or of the container
// (config.md#process). The error is Violations; the warnings are what the
// specification tells us to say and go on.
func ParseProcess(s *specs.Process, host Host) (*Process, []string, error) {
	c := checker{host: host}
	p := c.process(s)
	if err := c.err(); err != nil {
		return nil, c.warnings, err
	}
	return p, c.warnings, nil
}

func (c *checker) process(s *specs.Process) *Process {
	c.command(s)
	c.user(&s.User)
	c.securityLabels(s)
	if b := s.ConsoleSize; b != nil && s.Terminal && (b.Height > math.MaxUint16 || b.Width > math.MaxUint16) {
		c.fail("process.consoleSize", "%d by %d is more than a terminal can have", b.Height, b.Width)
	}
	if a := s.OOMScoreAdj; a != nil && (*a < -1000 || *a > 1000) {
		c.fail("process.oomScoreAdj", "%d is not between -1000 and 1000", *a)
	}
	p := &Process{
		Spec:       s,
		Caps:       c.capabilities(s.Capabilities),
		Rlimits:    c.rlimits(s.Rlimits),
		Scheduler:  c.scheduler(s.Scheduler),
		IOPriority: c.ioPriority(s.IOPriority),
	}
	if a := s.ExecCPUAffinity; a != nil {
		p.CPUInitial = c.cpuMask("process.execCPUAffinity.initial", a.Initial)
		p.CPUFinal = c.cpuMask("process.execCPUAffinity.final", a.Final)
	}
	return p
}

func (c *checker) command(s *specs.Process) {
	switch {
	case len(s.Args) == 0:
		c.fail("process.args", "needs at least one entry")
	case s.Args[0] == "":
		c.fail("process.args[0]", "must not be empty")
	}
	c.texts("process.args", s.Args)
	c.absolute("process.cwd", s.Cwd)
	c.environment("process.env", s.Env)
}

// environment checks that each entry has the form name=value, as environ(7)
// demands.
func (c *checker) environment(path string, env []string) {
	c.texts(path, env)
	for i, e := range env {
		if strings.IndexByte(e, '=') < 1 {
			c.fail(at(path, i), "%q does not have the form name=value", e)
		}
	}
}

func (c *checker) user(u *specs.User) {
	c.userID("process.user.uid", u.UID)
	c.userID("process.user.gid", u.GID)
	for i, gid := range u.AdditionalGids {
		c.userID(at("process.user.additionalGids", i), gid)
	}
	if u.Umask != nil && *u.Umask > 0o777 {
		c.fail("process.user.umask", "%d is not between 0 and %d (0777)", *u.Umask, 0o777)
	}
}

// userID refuses the id that chown(2) and setresuid(2) take for "leave it".
func (c *checker) userID(path string, id uint32) {
	if id == math.MaxUint32 {
		c.fail(path, "%d is not a valid id", id)
	}
}

// securityLabels refuses a label that the host could not enforce: a process
// that was to be confined must not run unconfined.
func (c *checker) securityLabels(s *specs.Process) {
	c.text("process.apparmorProfile", s.ApparmorProfile)
	if s.ApparmorProfile != "" && s.ApparmorProfile != "unconfined" && !c.host.AppArmor {
		c.fail("process.apparmorProfile", "profile %q cannot be applied: AppArmor is not enabled on this host", s.ApparmorProfile)
	}
	c.text("process.selinuxLabel", s.SelinuxLabel)
	if s.SelinuxLabel != "" && !c.host.SELinux {
		c.fail("process.selinuxLabel", "label %q cannot be applied: SELinux is not enabled on this host", s.SelinuxLabel)
	}
}
