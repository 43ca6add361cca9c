package main

import (
	"context"
	"errors"
	"slices"
	"time"
)

// A benchCase is one thing that engines do with a runtime. before and after
// are not timed; once says that they stand around the whole series, not
// around every run.
type benchCase struct {
	name   string
	once   bool
	before func(*container) error
	timed  func(*container) (time.Duration, error)
	after  func(*container) error
}

var cases = []benchCase{
	{name: "run", timed: (*container).runToEnd},
	{name: "create + start + delete", timed: (*container).life},
	{name: "exec", once: true, before: (*container).begin, after: (*container).remove,
		timed: func(c *container) (time.Duration, error) { return c.command("exec", c.id, "/bin/true") }},
	{name: "state", once: true, before: (*container).begin, after: (*container).remove,
		timed: func(c *container) (time.Duration, error) { return c.command("state", c.id) }},
	{name: "delete --force, running", before: (*container).begin, after: (*container).reapLast,
		timed: func(c *container) (time.Duration, error) { return c.command("delete", "--force", c.id) }},
}

// container is one runtime's container in a series.
type container struct {
	*program
	bundle bundle
	id     string
	pid    int
}

func (c *container) command(args ...string) (time.Duration, error) {
	u, err := c.run(args...)
	return u.time, err
}

func (c *container) runToEnd() (time.Duration, error) {
	return c.command("run", "--bundle", c.bundle.short, c.id)
}

// life is a container's whole life in three commands. The wait for the end of
// its process is not part of it.
func (c *container) life() (time.Duration, error) {
	made, pid, err := c.create(c.bundle.short, c.id)
	if err != nil {
		return 0, err
	}
	started, err := c.run("start", c.id)
	if err != nil {
		return 0, err
	}
	if err := reap(pid); err != nil {
		return 0, err
	}
	gone, err := c.run("delete", c.id)
	return made.time + started.time + gone.time, err
}

// begin brings up a container that stays.
func (c *container) begin() error {
	var err error
	if _, c.pid, err = c.create(c.bundle.long, c.id); err != nil {
		return err
	}
	_, err = c.run("start", c.id)
	return err
}

func (c *container) remove() error {
	_, err := c.run("delete", "--force", c.id)
	return errors.Join(err, c.reapLast())
}

func (c *container) reapLast() error { return reap(c.pid) }

// series is one case in one bundle, hot or cold, with every runtime's times.
type series struct {
	bundle, name string
	cold         bool
	times        map[string][]time.Duration // by runtime
	errs         map[string]error           // a runtime that could not do it
}

// idleness is what a cold run is preceded by.
const idleness = time.Second

func measure(ctx context.Context, bc benchCase, b bundle, runtimes []*program, cold bool, o options) series {
	s := series{b.name, bc.name, cold, make(map[string][]time.Duration), make(map[string]error)}
	n := o.hot
	if cold {
		n = o.cold
	}
	var all []*container
	for _, p := range runtimes {
		all = append(all, &container{program: p, bundle: b, id: "bench-" + p.name})
	}
	// A failed runtime is taken out of the series with what it left.
	try := func(c *container, f func(*container) error) {
		if f == nil || s.errs[c.name] != nil {
			return
		}
		if err := f(c); err != nil {
			s.errs[c.name] = err
			c.remove()
		}
	}
	each := func(f func(*container) error) {
		for _, c := range all {
			try(c, f)
		}
	}
	if bc.once {
		each(bc.before)
	}
	for range n {
		if ctx.Err() != nil {
			break
		}
		each(func(c *container) error {
			if !bc.once && bc.before != nil {
				if err := bc.before(c); err != nil {
					return err
				}
			}
			if cold {
				time.Sleep(idleness)
			}
			took, err := bc.timed(c)
			if err != nil {
				return err
			}
			s.times[c.name] = append(s.times[c.name], took)
			if !bc.once && bc.after != nil {
				return bc.after(c)
			}
			return nil
		})
	}
	if bc.once {
		each(bc.after)
	}
	for _, times := range s.times {
		slices.Sort(times)
	}
	return s
}

// quantile is of sorted times; 0 when there are none.
func quantile(times []time.Duration, q float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	at := q * float64(len(times)-1)
	i := int(at)
	if i+1 == len(times) {
		return times[i]
	}
	return times[i] + time.Duration((at-float64(i))*float64(times[i+1]-times[i]))
}
