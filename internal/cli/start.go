package cli

import (
	"context"

	"github.com/urfave/cli/v3"

	"rt/libct"
)

func startCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage:     "run the program of a created container",
		ArgsUsage: "ID",
		Action:    a.onContainer((*libct.Container).Start),
	}
}

// onContainer is the action of a verb that does one thing to one container.
func (a *app) onContainer(do func(*libct.Container) error) cli.ActionFunc {
	return func(_ context.Context, cmd *cli.Command) error {
		c, err := a.rt.Load(cmd.Args().First())
		if err != nil {
			return err
		}
		return do(c)
	}
}
