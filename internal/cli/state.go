package cli

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/urfave/cli/v3"

	"rt/libct"
)

func stateCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage:     "show the state of a container as JSON",
		ArgsUsage: "ID",
		Action:    a.onContainer(showState),
	}
}

func showState(c *libct.Container) error {
	s, err := c.State()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(appendState(nil, s))
	return err
}

// appendState writes s as encoding/json would, indented. The first use of
// encoding/json costs 0.15 ms, a tenth of the whole of `rt state`.
func appendState(b []byte, s libct.State) []byte {
	b = appendMember(b, "{\n  ", "ociVersion", s.OCIVersion)
	b = appendMember(b, ",\n  ", "id", s.ID)
	b = strconv.AppendInt(append(b, ",\n  \"pid\": "...), int64(s.Pid), 10)
	b = appendMember(b, ",\n  ", "status", string(s.Status))
	b = appendMember(b, ",\n  ", "bundle", s.Bundle)
	b = appendMember(b, ",\n  ", "rootfs", s.Rootfs)
	b = appendMember(b, ",\n  ", "created", s.Created.Format(time.RFC3339Nano))
	if len(s.Annotations) > 0 {
		b = append(b, ",\n  \"annotations\": "...)
		before := "{\n    "
		for _, key := range slices.Sorted(maps.Keys(s.Annotations)) {
			b = appendMember(b, before, key, s.Annotations[key])
			before = ",\n    "
		}
		b = append(b, "\n  }"...)
	}
	b = appendMember(b, ",\n  ", "owner", s.Owner)
	return append(b, "\n}\n"...)
}

func appendMember(b []byte, before, key, value string) []byte {
	b = appendString(append(b, before...), key)
	return appendString(append(b, ": "...), value)
}

// appendString writes a JSON string (RFC 8259, section 7). What is not UTF-8
// becomes U+FFFD, as text in JSON must be UTF-8.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
