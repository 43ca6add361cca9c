package cli

import (
	"context"
	"errors"

	"github.com/urfave/cli/v3"

	"rt/libct"
)

func deleteCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage:     "remove what a stopped container leaves on the host",
		ArgsUsage: "ID",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "kill the container first if it runs; no error if there is none"},
		},
		Action: a.delete,
	}
}

func (a *app) delete(_ context.Context, cmd *cli.Command) error {
	force := cmd.Bool("force")
	err := a.rt.Delete(cmd.Args().First(), force)
	// Engines clean up with --force without knowing what there is.
	if force && errors.Is(err, libct.ErrNotExist) {
		return nil
	}
	return err
}
