package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// commandDeadline ends a command that hangs, and an engine that does not start.
// It is set once, by a flag.
var commandDeadline = 90 * time.Second

// suite is a file of cases: shell functions, then the cases that use them. Of
// several files, a later one replaces functions and cases of the same name.
type suite struct {
	prelude string
	cases   []testCase
	// current is the case whose lines follow, -1 before the file's first.
	current int
}

type testCase struct {
	file  string
	title string
	needs []string
	steps []step
}

// step is a command with what it must print and its exit code.
type step struct {
	place   string // file:line
	command string
	want    []pattern
	code    int
}

// pattern is a line of output: a text, or an expression for the whole line.
type pattern struct {
	text string
	re   *regexp.Regexp
}

func (p pattern) matches(line string) bool {
	if p.re != nil {
		return p.re.MatchString(line)
	}
	return p.text == line
}

// parse reads a file of cases and adds it to those there are:
//
//	shell functions
//	-- title
//	? condition
//	$ command
//	> more of the command
//	a line of output
//	~ expression for a line of output
//	[exit code]
func (s *suite) parse(name, text string) error {
	s.current = -1
	for i, line := range strings.Split(text, "\n") {
		if err := s.add(name, i+1, line); err != nil {
			return fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
	}
	return nil
}

// add takes one line of a file.
func (s *suite) add(file string, number int, line string) error {
	if title, ok := strings.CutPrefix(line, "-- "); ok {
		return s.begin(testCase{file: file, title: title})
	}
	if s.current < 0 {
		s.prelude += line + "\n"
		return nil
	}
	c := &s.cases[s.current]
	if command, ok := strings.CutPrefix(line, "$ "); ok {
		c.steps = append(c.steps, step{place: fmt.Sprintf("%s:%d", file, number), command: command})
		return nil
	}
	if need, ok := strings.CutPrefix(line, "? "); ok {
		c.needs = append(c.needs, need)
		return nil
	}
	if line == "" {
		return nil
	}
	if len(c.steps) == 0 {
		return fmt.Errorf("%q stands before a command", line)
	}
	return c.steps[len(c.steps)-1].expect(line)
}

// begin adds a case, in the place of an earlier file's if that has the title.
func (s *suite) begin(c testCase) error {
	s.current = slices.IndexFunc(s.cases, func(other testCase) bool { return other.title == c.title })
	if s.current < 0 {
		s.current = len(s.cases)
		s.cases = append(s.cases, c)
		return nil
	}
	if s.cases[s.current].file == c.file {
		return fmt.Errorf("case %q: there twice", c.title)
	}
	s.cases[s.current] = c
	return nil
}

// expect adds a line that follows a command.
func (s *step) expect(line string) error {
	if more, ok := strings.CutPrefix(line, "> "); ok {
		s.command += "\n" + more
		return nil
	}
	if expression, ok := strings.CutPrefix(line, "~ "); ok {
		re, err := regexp.Compile("^(?:" + expression + ")$")
		s.want = append(s.want, pattern{re: re})
		return err
	}
	if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
		if code, err := strconv.Atoi(line[1 : len(line)-1]); err == nil {
			s.code = code
			return nil
		}
	}
	s.want = append(s.want, pattern{text: line})
	return nil
}

// unmet returns the first condition that does not hold here. A condition is a
// shell command, and true when it succeeds.
func (c *testCase) unmet(prelude string, env []string) string {
	for _, need := range c.needs {
		if _, code := shell(prelude, need, env); code != 0 {
			return need
		}
	}
	return ""
}

func (c *testCase) run(prelude string, env []string) outcome {
	if need := c.unmet(prelude, env); need != "" {
		return outcome{unmet: need}
	}
	defer shell(prelude, "cleanup", env)
	for _, s := range c.steps {
		out, code := shell(prelude, s.command, env)
		if why := s.compare(out, code); why != "" {
			return outcome{failure: fmt.Sprintf("%s: %s\n%s\nit printed:\n%s", s.place, s.command, why, out)}
		}
	}
	return outcome{}
}

func (s *step) compare(out string, code int) string {
	if code != s.code {
		return fmt.Sprintf("exit code %d, want %d", code, s.code)
	}
	lines := slices.DeleteFunc(strings.Split(strings.ReplaceAll(out, "\r", ""), "\n"),
		func(line string) bool { return line == "" })
	for i, want := range s.want {
		if i >= len(lines) || !want.matches(lines[i]) {
			return fmt.Sprintf("line %d of the output is not %q", i+1, want)
		}
	}
	if len(lines) > len(s.want) {
		return fmt.Sprintf("more output than the %d lines wanted", len(s.want))
	}
	return ""
}

func (p pattern) String() string {
	if p.re != nil {
		return "~ " + p.re.String()
	}
	return p.text
}

// shell runs a command with the prelude's functions. Its output goes to a
// file: a pipe would be held open by what a command leaves running.
func shell(prelude, command string, env []string) (string, int) {
	out, err := os.CreateTemp("", "output")
	if err != nil {
		return err.Error(), -1
	}
	defer os.Remove(out.Name())
	defer out.Close()
	ctx, cancel := context.WithTimeout(context.Background(), commandDeadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", prelude+"\n"+command)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	runErr := cmd.Run()
	data, err := os.ReadFile(out.Name())
	if err != nil {
		return err.Error(), -1
	}
	if ctx.Err() != nil {
		data = fmt.Appendf(data, "\nno end within %v\n", commandDeadline)
	}
	if cmd.ProcessState == nil {
		return runErr.Error(), -1
	}
	return string(bytes.TrimRight(data, "\n")), cmd.ProcessState.ExitCode()
}
