package cli

import (
	"github.com/urfave/cli/v3"

	"rt/libct"
)

func resumeCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage:     "let the processes of a paused container go on",
		ArgsUsage: "ID",
		Action:    a.onContainer((*libct.Container).Resume),
	}
}
