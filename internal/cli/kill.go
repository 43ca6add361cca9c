package cli

import (
	"context"

	"github.com/urfave/cli/v3"
	"golang.org/x/sys/unix"

	"rt/specconv"
)

func killCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage:       "send a signal to the init process of a container",
		ArgsUsage:   "ID [SIGNAL]",
		Description: "SIGNAL is a name, with or without SIG, or a number. The default is SIGTERM.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "all", Aliases: []string{"a"}, Hidden: true, Usage: "send it to all processes; no error if there is none"},
		},
		Action: a.kill,
	}
}

func (a *app) kill(_ context.Context, cmd *cli.Command) error {
	c, err := a.rt.Load(cmd.Args().First())
	if err != nil {
		return err
	}
	sig := unix.SIGTERM
	if name := cmd.Args().Get(1); name != "" {
		if sig, err = specconv.ParseSignal(name); err != nil {
			return err
		}
	}
	return c.Kill(sig, cmd.Bool("all"))
}
