package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"rt/specconv"
)

const configName = "config.json"

func specCommand(*app) *cli.Command {
	return &cli.Command{
		Usage:       "write a config.json to begin with",
		Description: "It runs sh in rootfs, a directory beside it.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "bundle", Aliases: []string{"b"}, Usage: "path of the bundle (default: the working directory)"},
			&cli.BoolFlag{Name: "rootless", Usage: "for a user without privilege"},
		},
		Action: func(_ context.Context, cmd *cli.Command) error {
			return writeSpec(cmd.String("bundle"), cmd.Bool("rootless"))
		},
	}
}

func writeSpec(bundle string, rootless bool) (err error) {
	data, err := json.MarshalIndent(specconv.Default(rootless), "", "\t")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(bundle, configName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		//lint:ignore ST1005 scripts match runc's text
		return fmt.Errorf("File %s exists. Remove it first", configName)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.Write(append(data, '\n'))
	return err
}
