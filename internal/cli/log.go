package cli

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rt/jsontext"
)

// logger writes one line per entry to the log that the engine named, or to
// standard error.
//
// Podman reads the whole log as one JSON object, the error. In JSON warnings
// are therefore held back: a success writes them at its end, a failure carries
// them inside the error's object.
type logger struct {
	fd        int
	file      bool // fd is not standard error
	json      bool
	debugging bool
	held      []string
}

const stderr = 2

// entry is one line of the log. The first three keys are what engines read.
type entry struct {
	Level string
	Msg   string
	Time  time.Time
	detail
	Warnings []string
}

// open is called once, before anything is logged. The file is made now, so
// that a path that cannot be written is found before there is a container.
func (l *logger) open(path, format string, debug bool) error {
	l.debugging = debug
	switch format {
	case "text", "":
	case "json":
		l.json = true
	default:
		return fmt.Errorf("--log-format %q: not text or json", format)
	}
	if path == "" || path == "/dev/stderr" {
		return nil
	}
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	l.fd, l.file = fd, true
	return nil
}

func (l *logger) debug(msg string) {
	if l.debugging {
		l.write(entry{Level: "debug", Msg: msg})
	}
}

func (l *logger) warn(msg string) {
	if l.json {
		l.held = append(l.held, msg)
		return
	}
	l.write(entry{Level: "warning", Msg: msg})
}

// flush writes the warnings that were held back for the sake of an error that
// did not come.
func (l *logger) flush() {
	for _, msg := range l.held {
		l.write(entry{Level: "warning", Msg: msg})
	}
	l.held = nil
}

// fail writes the error, and also to standard error if the log is elsewhere:
// Podman reads the one, containerd the other.
func (l *logger) fail(err error) {
	msg := err.Error()
	l.write(entry{Level: "error", Msg: msg, detail: describe(err), Warnings: l.held})
	if l.file {
		fmt.Fprintln(os.Stderr, msg)
	}
}

func (l *logger) write(e entry) {
	e.Time = time.Now().UTC().Truncate(time.Second)
	line := e.text()
	if l.json {
		line = e.line()
	}
	// One write per line keeps lines of several processes whole. There is no
	// place left to report that the log itself cannot be written.
	_, _ = unix.Write(l.fd, line)
}

// line is the entry as JSON; what is empty, but for the first three, is left
// out.
func (e entry) line() []byte {
	var b jsontext.Encoder
	b.Object(func() {
		b.Name("level").Text(e.Level)
		b.Name("msg").Text(e.Msg)
		b.Name("time").Time(e.Time)
		for _, f := range e.fields() {
			if f.value != "" {
				b.Name(f.key).Text(f.value)
			}
		}
		if len(e.Warnings) > 0 {
			b.Name("warnings").List(e.Warnings)
		}
	})
	return append(b.Bytes(), '\n')
}

// text is the line in key=value form, values quoted where they need it.
func (e entry) text() []byte {
	var b strings.Builder
	b.WriteString("time=" + strconv.Quote(e.Time.Format(time.RFC3339)))
	b.WriteString(" level=" + e.Level)
	b.WriteString(" msg=" + strconv.Quote(e.Msg))
	for _, f := range e.fields() {
		switch {
		case f.value == "":
		case strings.ContainsAny(f.value, " \"\n"):
			b.WriteString(" " + f.key + "=" + strconv.Quote(f.value))
		default:
			b.WriteString(" " + f.key + "=" + f.value)
		}
	}
	b.WriteByte('\n')
	return []byte(b.String())
}
