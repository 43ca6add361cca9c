package cli

import (
	"os"

	"github.com/urfave/cli/v3"

	"rt/jsontext"
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
	e := jsontext.Encoder{Indent: "  "}
	encodeState(&e, &s)
	_, err = os.Stdout.Write(append(e.Bytes(), '\n'))
	return err
}

func encodeState(e *jsontext.Encoder, s *libct.State) {
	e.Object(func() {
		e.Name("ociVersion").Text(s.OCIVersion)
		e.Name("id").Text(s.ID)
		e.Name("pid").Int(s.Pid)
		e.Name("status").Text(string(s.Status))
		e.Name("bundle").Text(s.Bundle)
		e.Name("rootfs").Text(s.Rootfs)
		e.Name("created").Time(s.Created)
		if len(s.Annotations) > 0 {
			e.Name("annotations").Dict(s.Annotations)
		}
		e.Name("owner").Text(s.Owner)
	})
}
