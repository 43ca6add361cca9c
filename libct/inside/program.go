package inside

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// program finds process.args[0] as the container's user would, so that create
// can say that it is missing. Its name is resolved with the container's PATH.
// The words are those that engines make exit codes of.
func program(p *Plan, in *nsexec.Batch) {
	name := p.Config.Process.Spec.Args[0]
	list := candidates(name, p.Config.Process.Spec.Env)
	var first error // worth telling, when none can be run
	for len(list) > 0 {
		n := min(len(list), 64) // a PATH may be longer than there are registers
		probe(p, in, list[:n], &first)
		list = list[n:]
	}
	in.Host(func(*nsexec.Executor) error {
		if p.program == "" {
			return notExecutable(name, first)
		}
		return nil
	})
}

// probe takes the first of list that can be run, if none was found yet.
func probe(p *Plan, in *nsexec.Batch, list []string, first *error) {
	stats := make([]nsexec.Buffer, len(list))
	access := make([]nsexec.Reg, len(list))
	found := make([]nsexec.Reg, len(list))
	for i, path := range list {
		stats[i], found[i] = in.StatxResult(path)
		access[i] = in.Faccessat2(path, unix.X_OK)
	}
	in.Host(func(x *nsexec.Executor) error {
		for i, path := range list {
			if p.program != "" {
				return nil
			}
			err := executable(x, found[i], access[i], stats[i])
			if err == nil {
				p.program = path
			} else if *first == nil && err != unix.ENOENT {
				*first = err
			}
		}
		return nil
	})
	in.FreeAll(found...)
	in.FreeAll(access...)
}

func candidates(name string, env []string) []string {
	if strings.Contains(name, "/") {
		return []string{name}
	}
	path := ""
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, "PATH="); ok {
			path = v
		}
	}
	var list []string
	for _, dir := range strings.Split(path, ":") {
		if strings.HasPrefix(dir, "/") { // what is relative would depend on cwd
			list = append(list, strings.TrimSuffix(dir, "/")+"/"+name)
		}
	}
	return list
}

func executable(x *nsexec.Executor, found, access nsexec.Reg, stat nsexec.Buffer) error {
	if r := x.Reg(found); r < 0 {
		return unix.Errno(-r)
	}
	if x.Statx(stat).Mode&unix.S_IFMT == unix.S_IFDIR {
		return unix.EISDIR
	}
	if r := x.Reg(access); r < 0 {
		return unix.Errno(-r)
	}
	return nil
}

func notExecutable(name string, cause error) error {
	switch {
	case cause == unix.EISDIR:
		cause = fmt.Errorf("%w: is a directory", unix.EACCES)
	case cause == nil && strings.Contains(name, "/"):
		cause = fmt.Errorf("stat %s: %w", name, unix.ENOENT)
	case cause == nil:
		cause = ErrNoProgram
	case cause != unix.EACCES && strings.Contains(name, "/"):
		cause = fmt.Errorf("stat %s: %w", name, cause)
	}
	return &ProgramError{name, cause}
}

// ProgramError says that process.args[0] cannot be run.
type ProgramError struct {
	Name string
	Err  error
}

func (e *ProgramError) Error() string { return fmt.Sprintf("exec: %q: %v", e.Name, e.Err) }
func (e *ProgramError) Unwrap() error { return e.Err }

// Property is the place in config.json.
func (e *ProgramError) Property() string { return "process.args[0]" }

// ErrNoProgram is matched by its text.
var ErrNoProgram = programError("executable file not found in $PATH")

type programError string

func (e programError) Error() string { return string(e) }

// home sets HOME from the container's /etc/passwd when the environment has
// none, or an empty one. It is the only thing ever looked up by id, and no id
// is looked up.
func home(p *Plan, in *nsexec.Batch) {
	given := ""
	for _, e := range p.Config.Process.Spec.Env {
		if v, ok := strings.CutPrefix(e, "HOME="); ok {
			given = v
		}
	}
	if given != "" {
		return
	}
	const enough = 64 << 10
	file := in.Openat2(nsexec.AtFDCWD, "/etc/passwd", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0, unix.RESOLVE_NO_MAGICLINKS)
	in.ExpectAny()
	text, n := in.Read(file, enough)
	in.ExpectAny()
	in.Host(func(x *nsexec.Executor) error {
		p.home = "/"
		if x.Reg(file) >= 0 {
			p.home = homeOf(x.Text(text, n), p.Config.Process.Spec.User.UID)
		}
		return nil
	})
}

func homeOf(passwd string, uid uint32) string {
	want := fmt.Sprint(uid)
	for line := range strings.Lines(passwd) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if len(fields) >= 6 && fields[2] == want && fields[5] != "" {
			return fields[5]
		}
	}
	return "/"
}
