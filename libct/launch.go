package libct

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"rt/cgroups"
	"rt/libct/inside"
	"rt/nsexec"
	"rt/specconv"
)

// launch is a container being made, from the checked configuration to the
// process that is left behind.
type launch struct {
	*Container
	config  *specconv.Config
	host    specconv.Host
	options CreateOptions
	layout  cgroups.Layout
	manager cgroups.Manager
	made    bool // the cgroup exists
	pidFile bool // it was written
	plan    *inside.Plan
	files   files // held until the executor has its own copies
	x       *nsexec.Executor
	regs    nsexec.Registers
	hookLog *os.File
	notify  *notifier
	console *os.File // our end of the console socket, when the terminal is ours
}

// files are descriptors that are closed together.
type files []*os.File

func (f *files) keep(file *os.File) *os.File {
	*f = append(*f, file)
	return file
}

func (f *files) close() {
	for _, file := range *f {
		file.Close()
	}
	*f = nil
}

// spawn starts the executor where it belongs and builds the container around
// it. What is left to do then is the last batch.
func (l *launch) spawn() error {
	join, err := l.manager.Join()
	if err != nil {
		return err
	}
	defer join.Close()
	l.plan.Tasks = join.Tasks
	l.x, err = nsexec.Spawn(nsexec.Options{
		Namespaces: uintptr(l.plan.Born()),
		Cgroup:     join.Dir,
		Stdio:      [3]*os.File{l.options.Stdin, l.options.Stdout, l.options.Stderr},
	})
	if err != nil {
		return fmt.Errorf("start container init: %w", join.Refused(err))
	}
	if join.Attach != nil {
		if err := join.Attach(l.x.Pid); err != nil {
			return err
		}
	}
	if l.plan.TwoStages() {
		if err := l.x.Split(l.plan.Stage1(&l.regs)); err != nil {
			return explainUserNamespace(err, sysctl)
		}
		l.rec.Setgroups = l.plan.Setgroups
	}
	l.plan.Pid = l.x.Pid
	if err := l.identify(); err != nil {
		return err
	}
	if err := l.bindSources(); err != nil {
		return err
	}
	if err := l.userNamespaceMounts(); err != nil {
		return err
	}
	if l.config.Process != nil {
		l.plan.Acts.Rlimits = rlimits(l.config.Process)
	}
	if err := l.x.Run(l.plan.Build(&l.regs)); err != nil {
		return hookSaid(err, l.hookLog)
	}
	join.Entered()
	l.files.close()
	return nil
}

// identify notes which process the container's is.
func (l *launch) identify() error {
	st, err := readProcStat(l.x.Pid)
	if err != nil {
		return fmt.Errorf("read start time of container init: %w", err)
	}
	l.rec.InitPid, l.rec.InitStart = l.x.Pid, st.start
	return nil
}

// rlimits sets limits from outside: raising one may take a privilege that the
// process has lost in its user namespace.
func rlimits(p *specconv.Process) func(*nsexec.Executor) error {
	return func(x *nsexec.Executor) error {
		for i, l := range p.Rlimits {
			set := unix.Rlimit{Cur: l.Soft, Max: l.Hard}
			if l.Resource == unix.RLIMIT_NOFILE {
				// The executor needs descriptors until the end and then sets the
				// limit itself. What only the host may do is to raise the ceiling.
				var have unix.Rlimit
				if err := unix.Prlimit(x.Pid, l.Resource, nil, &have); err == nil && have.Max >= l.Hard {
					continue
				}
				set.Cur = l.Hard
			}
			if err := unix.Prlimit(x.Pid, l.Resource, &set, nil); err != nil {
				return fmt.Errorf("process.rlimits[%d]: set %s to %d, %d: %w", i, l.Name, l.Soft, l.Hard, err)
			}
		}
		return nil
	}
}
