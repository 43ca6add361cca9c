package tests

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// patience bounds every wait of the suite: for a call of the runtime to
// return, for a state or a text to appear. Emulated machines take more.
var patience = patienceOf(os.Getenv("RT_TESTS_PATIENCE"))

func patienceOf(text string) time.Duration {
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	return 20 * time.Second
}

// Exit codes of the command rt when it is not the runtime's to say.
const (
	tooLate = 124
	noCall  = 125
)

// redirection is a word like <in, >out or 3<file.
var redirection = regexp.MustCompile(`^([0-9]*)([<>])([^<>].*)$`)

// rtMain is the command rt: it runs the runtime under test with the state root of
// the script. Words that begin like a shell's redirection (<in, >out, 3<file)
// are redirections; >out takes standard output and error. Unless redirected, or
// a terminal, output passes through a file, since a container that outlives
// the call would hold a pipe open. Signals are passed on, and the runtime does not
// outlive its caller: killing rt with SIGKILL kills the runtime the same way.
func rtMain() {
	os.Exit(runRuntime(os.Args[1:]))
}

func runRuntime(words []string) int {
	runtime.LockOSThread() // Pdeathsig is tied to the thread
	args := []string{"--root", os.Getenv("RT_ROOT")}
	cmd := exec.Command(os.Getenv("RT"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if id, err := strconv.ParseUint(os.Getenv("RT_USER"), 10, 32); err == nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(id), Gid: uint32(id)}
	}
	cmd.Stdin = os.Stdin
	var out, errs *os.File
	for _, w := range words {
		m := redirection.FindStringSubmatch(w)
		if m == nil {
			args = append(args, w)
			continue
		}
		f, err := openRedirection(m[2], m[3])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return noCall
		}
		switch {
		case m[2] == ">":
			cmd.Stdout, cmd.Stderr = f, f
		case m[1] == "":
			cmd.Stdin = f
		default:
			fd, _ := strconv.Atoi(m[1])
			cmd.ExtraFiles = append(cmd.ExtraFiles, make([]*os.File, max(0, fd-2-len(cmd.ExtraFiles)))...)
			cmd.ExtraFiles[fd-3] = f
		}
	}
	if _, err := unix.IoctlGetTermios(1, unix.TCGETS); err == nil && cmd.Stdout == nil {
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	}
	if cmd.Stdout == nil {
		out, errs = spool("out"), spool("err")
		cmd.Stdout, cmd.Stderr = out, errs
	}
	cmd.Args = append(cmd.Args, args...)
	if os.Getenv("LISTEN_FDS") != "" { // whoever passes sockets says to which pid
		listen := []string{"/bin/sh", "-c", `LISTEN_PID=$$ exec "$0" "$@"`}
		cmd.Path, cmd.Args = listen[0], append(listen, cmd.Args...)
	}
	code := superviseRuntime(cmd)
	if out != nil {
		show(os.Stdout, out)
		show(os.Stderr, errs)
	}
	return code
}

func openRedirection(op, name string) (*os.File, error) {
	if op == ">" {
		return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	}
	return os.Open(name)
}

func superviseRuntime(cmd *exec.Cmd) int {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH,
		syscall.SIGABRT, syscall.SIGTRAP, signalNumber("RTMIN+3"))
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return noCall
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	late, killed := time.After(patience), false
	for {
		select {
		case s := <-signals:
			cmd.Process.Signal(s)
		case <-late:
			fmt.Fprintf(os.Stderr, "%v has not returned after %v\n", cmd.Args, patience)
			cmd.Process.Kill()
			killed = true
		case <-done:
			if killed {
				return tooLate
			}
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if status.Signaled() {
				return 128 + int(status.Signal())
			}
			return status.ExitStatus()
		}
	}
}

func spool(name string) *os.File {
	f, err := os.CreateTemp("", name)
	if err != nil {
		panic(err)
	}
	os.Remove(f.Name())
	return f
}

func show(to io.Writer, from *os.File) {
	io.Copy(to, io.NewSectionReader(from, 0, 1<<30))
}

// tryMain is the command try: "try rt run $ID" lets the call succeed or fail,
// as long as it returns by itself.
func tryMain() {
	if code := runRuntime(os.Args[2:]); code == noCall || code == tooLate {
		os.Exit(code)
	}
}

// codeMain is the command code: "code 42 rt run $ID" succeeds if the exit
// code is 42.
func codeMain() {
	want, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	got := 0
	if os.Args[2] == "rt" {
		got = runRuntime(os.Args[3:])
	} else {
		cmd := exec.Command(os.Args[2], os.Args[3:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		var exit *exec.ExitError
		if err := cmd.Run(); errors.As(err, &exit) {
			got = exit.ExitCode()
		} else if err != nil {
			panic(err)
		}
	}
	if got != want {
		fmt.Fprintf(os.Stderr, "exit code %d, want %d\n", got, want)
		os.Exit(1)
	}
}

// awaitMain is the command await: "await running [id]" waits until rt state
// says so.
func awaitMain() {
	id := os.Getenv("ID")
	if len(os.Args) > 2 {
		id = os.Args[2]
	}
	var state struct{ Status string }
	poll(func() bool {
		out, err := exec.Command(os.Getenv("RT"), "--root", os.Getenv("RT_ROOT"), "state", id).CombinedOutput()
		state.Status = "unknown: " + string(bytes.TrimSpace(out))
		return err == nil && json.Unmarshal(out, &state) == nil && state.Status == os.Args[1]
	}, func() string { return fmt.Sprintf("%s is %s, want %s", id, state.Status, os.Args[1]) })
}

// waitforMain is the command waitfor: "waitfor file regexp" waits until the
// file exists and matches; "waitfor -gone file…" until none of them exists.
func waitforMain() {
	if os.Args[1] == "-gone" {
		poll(func() bool {
			return !slices.ContainsFunc(os.Args[2:], func(name string) bool { _, err := os.Lstat(name); return err == nil })
		}, func() string { return fmt.Sprintf("%q still there", os.Args[2:]) })
		return
	}
	pattern := regexp.MustCompile("(?m)" + os.Args[2])
	var text []byte
	poll(func() bool {
		var err error
		text, err = os.ReadFile(os.Args[1])
		return err == nil && pattern.Match(text) // the empty pattern waits for the file
	}, func() string { return fmt.Sprintf("%s holds %q, want %q", os.Args[1], text, os.Args[2]) })
}

// poll tries ok until it holds; there is nothing to wait on that every
// runtime would signal.
func poll(ok func() bool, complaint func() string) {
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			fmt.Fprintln(os.Stderr, complaint())
			os.Exit(1)
		}
	}
}
