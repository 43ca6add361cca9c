package cli

import (
	"context"

	"github.com/urfave/cli/v3"

	"rt/libct"
)

func runCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage:       "make a container and run its program",
		ArgsUsage:   "ID",
		Description: "The bundle is a directory with a config.json and a root file system.\nThe exit status is that of the program, 128+N if signal N ended it.",
		Flags: append(bundleFlags(),
			&cli.BoolFlag{Name: "detach", Aliases: []string{"d"}, Usage: "do not wait for the program"},
			&cli.BoolFlag{Name: "keep", Usage: "do not delete the container after it has ended"},
			&cli.BoolFlag{Name: "no-subreaper", Usage: "do not adopt the orphans of the container"},
		),
		Action: a.run,
	}
}

func (a *app) run(_ context.Context, cmd *cli.Command) error {
	o, err := createOptions(cmd)
	if err != nil {
		return err
	}
	code, err := a.rt.Run(cmd.Args().First(), libct.RunOptions{
		CreateOptions: o,
		Detach:        cmd.Bool("detach"),
		Keep:          cmd.Bool("keep"),
		NoSubreaper:   cmd.Bool("no-subreaper"),
	})
	if err != nil {
		return err
	}
	a.status = code
	return nil
}
