package cli

import (
	"github.com/urfave/cli/v3"

	"rt/libct"
)

func pauseCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage:     "suspend all processes of a container",
		ArgsUsage: "ID",
		Action:    a.onContainer((*libct.Container).Pause),
	}
}
