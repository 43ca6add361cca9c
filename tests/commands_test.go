package tests

import (
	"os/exec"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// atend words... runs a command when the script has ended, however it did: it
// undoes what the script is about to do to the machine.
func cmdAtend(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: atend words...")
	}
	ts.Defer(func() { exec.Command(args[0], args[1:]...).Run() })
}

// capture NAME keeps the last standard output, without the space around it,
// in the environment variable NAME.
func cmdCapture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: capture NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// equal a b compares two texts.
func cmdEqual(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] equal a b")
	}
	if (args[0] == args[1]) == neg {
		ts.Fatalf("%q and %q", args[0], args[1])
	}
}

// signal NAME sends a signal to all background commands of the script.
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 || signalNumber(args[0]) == 0 {
		ts.Fatalf("usage: signal TERM")
	}
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(signalNumber(args[0])))
	}
}

func signalNumber(name string) unix.Signal {
	if name == "RTMIN+3" { // which stops systemd
		return 37
	}
	return unix.SignalNum("SIG" + name)
}
