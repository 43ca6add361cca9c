package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v3"

	"rt/jsontext"
	"rt/libct"
)

func formatFlag() cli.Flag {
	return &cli.StringFlag{Name: "format", Aliases: []string{"f"}, Value: "table", Usage: "table or json"}
}

func listCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage: "list the containers under the state root",
		Flags: []cli.Flag{
			formatFlag(),
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "only the IDs"},
		},
		Action: a.list,
	}
}

func (a *app) list(_ context.Context, cmd *cli.Command) error {
	states, err := a.rt.List()
	if err != nil {
		return err
	}
	format := cmd.String("format")
	if cmd.Bool("quiet") {
		format = "quiet"
	}
	return writeList(os.Stdout, format, states)
}

func writeList(w io.Writer, format string, states []libct.State) error {
	switch format {
	case "quiet":
		for _, s := range states {
			if _, err := fmt.Fprintln(w, s.ID); err != nil {
				return err
			}
		}
		return nil
	case "table":
		t := tabwriter.NewWriter(w, 12, 1, 3, ' ', 0)
		fmt.Fprint(t, "ID\tPID\tSTATUS\tBUNDLE\tCREATED\tOWNER\n")
		for _, s := range states {
			fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\n",
				s.ID, s.Pid, s.Status, s.Bundle, s.Created.Format(time.RFC3339Nano), s.Owner)
		}
		return t.Flush()
	case "json":
		_, err := w.Write(encodeList(states))
		return err
	}
	return badFormat(format)
}

// encodeList writes null for no containers, as runc does.
func encodeList(states []libct.State) []byte {
	var e jsontext.Encoder
	if states == nil {
		e.Null()
	} else {
		e.Array(func() {
			for i := range states {
				encodeState(&e, &states[i])
			}
		})
	}
	return append(e.Bytes(), '\n')
}

func badFormat(format string) error { return fmt.Errorf("invalid format option %q", format) }
