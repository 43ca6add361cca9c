package specconv

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// The signals that a program may use for itself. Glibc keeps the kernel's
// first two real-time signals, so SIGRTMIN is 34.
const (
	rtMin     = 34
	rtMax     = 64
	maxSignal = 64
)

// ParseSignal reads a signal: a number from 0 to 64, or a name in either case
// with or without "SIG", such as TERM, SIGKILL or RTMIN+3.
func ParseSignal(s string) (unix.Signal, error) {
	if n, err := parseDecimal(s, maxSignal); err == nil {
		return unix.Signal(n), nil
	}
	name := strings.ToUpper(s)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if sig := unix.SignalNum(name); sig != 0 {
		return sig, nil
	}
	if sig, ok := realtimeSignal(name); ok {
		return sig, nil
	}
	return 0, fmt.Errorf("unknown signal %q", s)
}

func realtimeSignal(name string) (unix.Signal, bool) {
	for _, base := range [...]struct {
		name   string
		number int
		sign   byte
	}{{"SIGRTMIN", rtMin, '+'}, {"SIGRTMAX", rtMax, '-'}} {
		rest, ok := strings.CutPrefix(name, base.name)
		if !ok {
			continue
		}
		if rest == "" {
			return unix.Signal(base.number), true
		}
		n, err := strconv.ParseUint(rest[1:], 10, 8)
		if rest[0] != base.sign || err != nil || n > rtMax-rtMin {
			return 0, false
		}
		if base.sign == '-' {
			return unix.Signal(base.number - int(n)), true
		}
		return unix.Signal(base.number + int(n)), true
	}
	return 0, false
}
