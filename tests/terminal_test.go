package tests

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// terminal log words... runs a command in the background as the leader of a
// session on a new terminal, as a person would from a shell. What the
// terminal prints goes to the log; type and resize act on it. The command is
// killed at the end of the script if it is still there.
func cmdTerminal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: terminal log words...")
	}
	p := ts.Value(peersKey{}).(*peers)
	log, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	p.keep(log)
	master, tty, err := openTerminal()
	ts.Check(err)
	p.keep(master)
	defer tty.Close()

	cmd := exec.Command(args[1], args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = os.Environ()
	for _, name := range []string{"WORK", "ID", "RT_ROOT"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	ts.Check(cmd.Start())
	p.keep(process{cmd.Process})
	p.wg.Go(func() { cmd.Wait() })
	p.setConsole(master)
	p.wg.Go(func() { copyTerminal(log, master) })
}

// process is a running command that Close ends.
type process struct{ *os.Process }

func (p process) Close() error { return p.Kill() }

// openTerminal returns the two ends of a new pseudo terminal.
func openTerminal() (master, tty *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	if err == nil {
		err = unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	var n int
	if err == nil {
		n, err = unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	}
	if err == nil {
		tty, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
		return nil, nil, fmt.Errorf("open a terminal: %v", err)
	}
	unix.SetNonblock(int(master.Fd()), true) // Fd made it block, and Close is to end a Read
	return master, tty, nil
}
