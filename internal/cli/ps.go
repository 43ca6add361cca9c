package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"
)

func psCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage:       "show the processes of a container",
		ArgsUsage:   "ID [PS OPTIONS]",
		Description: "A table is what ps(1) says of the container's processes, with the options given or -ef.",
		Flags:       []cli.Flag{formatFlag()},
		Action:      a.ps,
	}
}

func (a *app) ps(_ context.Context, cmd *cli.Command) error {
	c, err := a.rt.Load(cmd.Args().First())
	if err != nil {
		return err
	}
	pids, err := c.Pids()
	if err != nil {
		return err
	}
	switch format := cmd.String("format"); format {
	case "json":
		return json.NewEncoder(os.Stdout).Encode(pids)
	case "table":
		table, err := runPs(cmd.Args().Tail())
		if err != nil {
			return err
		}
		return filterPs(os.Stdout, table, pids)
	default:
		return badFormat(format)
	}
}

// runPs gives what ps(1) says of all processes of the host.
func runPs(options []string) (string, error) {
	if len(options) == 0 {
		options = []string{"-ef"}
	}
	var stderr bytes.Buffer
	ps := exec.Command("ps", options...)
	ps.Stderr = &stderr
	out, err := ps.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%w (--format json does without)", err)
	}
	if err != nil {
		return "", fmt.Errorf("ps %s: %w: %s", strings.Join(options, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return string(out), nil
}

// filterPs writes the heading of a table of ps(1) and the rows whose PID is
// one of pids.
func filterPs(w io.Writer, table string, pids []int) error {
	heading, rows, _ := strings.Cut(table, "\n")
	column := slices.Index(strings.Fields(heading), "PID")
	if column < 0 {
		return fmt.Errorf("ps: no column PID in %q", heading)
	}
	out := []byte(heading + "\n")
	for row := range strings.Lines(rows) {
		fields := strings.Fields(row)
		if len(fields) <= column {
			continue
		}
		pid, err := strconv.Atoi(fields[column])
		if err != nil {
			return fmt.Errorf("ps: PID %q: not a number", fields[column])
		}
		if slices.Contains(pids, pid) {
			out = append(out, row...)
		}
	}
	_, err := w.Write(out)
	return err
}
