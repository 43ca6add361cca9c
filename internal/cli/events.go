package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v3"

	"rt/libct"
)

func eventsCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage:       "tell how much a container uses, and when it runs out of memory",
		ArgsUsage:   "ID",
		Description: "Each event is a line of JSON. It goes on until the container has ended.",
		Flags: []cli.Flag{
			&cli.DurationFlag{Name: "interval", Value: 5 * time.Second, Usage: "time between two counts"},
			&cli.BoolFlag{Name: "stats", Usage: "count once and exit"},
		},
		Action: a.events,
	}
}

func (a *app) events(_ context.Context, cmd *cli.Command) error {
	interval := cmd.Duration("interval")
	if interval <= 0 {
		return fmt.Errorf("--interval %v: not above 0", interval)
	}
	c, err := a.rt.Load(cmd.Args().First())
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	if !cmd.Bool("stats") {
		return c.Events(interval, func(e libct.Event) error { return out.Encode(e) })
	}
	e, err := c.Stats()
	if err != nil {
		return err
	}
	return out.Encode(e)
}
