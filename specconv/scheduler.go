package specconv

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Scheduling policies of linux/sched.h. SCHED_ISO is in the specification's
// list, but Linux never had it.
const (
	schedOther    = 0
	schedFIFO     = 1
	schedRR       = 2
	schedBatch    = 3
	schedISO      = 4
	schedIdle     = 5
	schedDeadline = 6
)

var schedulerPolicies = [...]named[uint32]{
	{"SCHED_OTHER", schedOther},
	{"SCHED_FIFO", schedFIFO},
	{"SCHED_RR", schedRR},
	{"SCHED_BATCH", schedBatch},
	{"SCHED_ISO", schedISO},
	{"SCHED_IDLE", schedIdle},
	{"SCHED_DEADLINE", schedDeadline},
}

var schedulerFlags = [...]named[uint64]{
	{"SCHED_FLAG_RESET_ON_FORK", unix.SCHED_FLAG_RESET_ON_FORK},
	{"SCHED_FLAG_RECLAIM", unix.SCHED_FLAG_RECLAIM},
	{"SCHED_FLAG_DL_OVERRUN", unix.SCHED_FLAG_DL_OVERRUN},
	{"SCHED_FLAG_KEEP_POLICY", unix.SCHED_FLAG_KEEP_POLICY},
	{"SCHED_FLAG_KEEP_PARAMS", unix.SCHED_FLAG_KEEP_PARAMS},
	{"SCHED_FLAG_UTIL_CLAMP_MIN", unix.SCHED_FLAG_UTIL_CLAMP_MIN},
	{"SCHED_FLAG_UTIL_CLAMP_MAX", unix.SCHED_FLAG_UTIL_CLAMP_MAX},
}

// scheduler makes the argument of sched_setattr(2).
func (c *checker) scheduler(s *specs.Scheduler) *unix.SchedAttr {
	if s == nil {
		return nil
	}
	const path = "process.scheduler"
	policy, ok := member(c, path+".policy", schedulerPolicies[:], s.Policy)
	if !ok {
		return nil
	}
	attr := &unix.SchedAttr{
		Size:     unix.SizeofSchedAttr,
		Policy:   policy,
		Nice:     s.Nice,
		Priority: uint32(s.Priority),
		Runtime:  s.Runtime,
		Deadline: s.Deadline,
		Period:   s.Period,
	}
	for i, name := range s.Flags {
		flag, _ := member(c, at(path+".flags", i), schedulerFlags[:], name)
		attr.Flags |= flag
	}
	if policy == schedISO {
		c.fail(path+".policy", "SCHED_ISO is not implemented by Linux")
	}
	if s.Nice < -20 || s.Nice > 19 {
		c.fail(path+".nice", "%d is not between -20 and 19", s.Nice)
	}
	realtime := policy == schedFIFO || policy == schedRR
	if realtime && (s.Priority < 1 || s.Priority > 99) {
		c.fail(path+".priority", "%d is not between 1 and 99, as %s needs", s.Priority, s.Policy)
	}
	if !realtime && s.Priority != 0 {
		c.fail(path+".priority", "is for SCHED_FIFO and SCHED_RR, not for %s", s.Policy)
	}
	c.deadline(path, s, policy)
	return attr
}

// minDeadlineRuntime is the kernel's resolution, 1 << DL_SCALE nanoseconds.
const minDeadlineRuntime = 1 << 10

// deadline checks runtime ≤ deadline ≤ period (sched(7)); the period is the
// deadline when it is not given.
func (c *checker) deadline(path string, s *specs.Scheduler, policy uint32) {
	if policy != schedDeadline {
		if s.Runtime != 0 || s.Deadline != 0 || s.Period != 0 {
			c.fail(path, "runtime, deadline and period are for SCHED_DEADLINE, not for %s", s.Policy)
		}
		return
	}
	period := s.Period
	if period == 0 {
		period = s.Deadline
	}
	switch {
	case s.Runtime < minDeadlineRuntime:
		c.fail(path+".runtime", "%d is below %d nanoseconds", s.Runtime, minDeadlineRuntime)
	case s.Runtime > s.Deadline:
		c.fail(path+".runtime", "%d is above the deadline %d", s.Runtime, s.Deadline)
	case s.Deadline > period:
		c.fail(path+".deadline", "%d is above the period %d", s.Deadline, period)
	case period >= 1<<63:
		c.fail(path+".period", "%d is too large", period)
	}
}

var ioPriorityClasses = [...]named[int]{
	{"IOPRIO_CLASS_RT", 1},
	{"IOPRIO_CLASS_BE", 2},
	{"IOPRIO_CLASS_IDLE", 3},
}

// ioPriority makes the argument of ioprio_set(2).
func (c *checker) ioPriority(s *specs.LinuxIOPriority) *int {
	if s == nil {
		return nil
	}
	class, _ := member(c, "process.ioPriority.class", ioPriorityClasses[:], s.Class)
	if s.Priority < 0 || s.Priority > 7 {
		c.fail("process.ioPriority.priority", "%d is not between 0 and 7", s.Priority)
	}
	const classShift = 13
	value := class<<classShift | s.Priority
	return &value
}
