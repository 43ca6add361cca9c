package cli

import (
	"encoding/json"
	"os"

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
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(append(b, '\n'))
	return err
}
