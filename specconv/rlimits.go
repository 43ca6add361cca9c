package specconv

import (
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// RLIMIT_* numbers; x/sys/unix lacks some of them.
var rlimitTypes = [...]named[int]{
	{"RLIMIT_AS", unix.RLIMIT_AS},
	{"RLIMIT_CORE", unix.RLIMIT_CORE},
	{"RLIMIT_CPU", unix.RLIMIT_CPU},
	{"RLIMIT_DATA", unix.RLIMIT_DATA},
	{"RLIMIT_FSIZE", unix.RLIMIT_FSIZE},
	{"RLIMIT_LOCKS", unix.RLIMIT_LOCKS},
	{"RLIMIT_MEMLOCK", unix.RLIMIT_MEMLOCK},
	{"RLIMIT_MSGQUEUE", unix.RLIMIT_MSGQUEUE},
	{"RLIMIT_NICE", unix.RLIMIT_NICE},
	{"RLIMIT_NOFILE", unix.RLIMIT_NOFILE},
	{"RLIMIT_NPROC", unix.RLIMIT_NPROC},
	{"RLIMIT_RSS", unix.RLIMIT_RSS},
	{"RLIMIT_RTPRIO", unix.RLIMIT_RTPRIO},
	{"RLIMIT_RTTIME", unix.RLIMIT_RTTIME},
	{"RLIMIT_SIGPENDING", unix.RLIMIT_SIGPENDING},
	{"RLIMIT_STACK", unix.RLIMIT_STACK},
}

// rlimits decides process.rlimits (config.md#posix-process).
func (c *checker) rlimits(list []specs.POSIXRlimit) []Rlimit {
	limits := make([]Rlimit, 0, len(list))
	for i, s := range list {
		path := at("process.rlimits", i)
		resource, ok := member(c, path+".type", rlimitTypes[:], s.Type)
		if !ok {
			continue
		}
		if slices.ContainsFunc(limits, func(r Rlimit) bool { return r.Resource == resource }) {
			c.fail(path+".type", "%q is listed twice", s.Type)
			continue
		}
		if s.Soft > s.Hard {
			c.fail(path+".soft", "%d is above the hard limit %d", s.Soft, s.Hard)
		}
		limits = append(limits, Rlimit{resource, s.Type, s.Soft, s.Hard})
	}
	return limits
}
