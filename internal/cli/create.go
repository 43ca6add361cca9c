package cli

import (
	"context"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"rt/libct"
)

func createCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage:       "make a container whose program waits for start",
		ArgsUsage:   "ID",
		Description: "The bundle is a directory with a config.json and a root file system.",
		Flags:       bundleFlags(),
		Action:      a.create,
	}
}

func (a *app) create(_ context.Context, cmd *cli.Command) error {
	o, err := createOptions(cmd)
	if err != nil {
		return err
	}
	return a.rt.Create(cmd.Args().First(), o)
}

// bundleFlags are the flags of the verbs that make a container of a bundle.
func bundleFlags() []cli.Flag {
	return append(ioFlags(),
		&cli.StringFlag{Name: "bundle", Aliases: []string{"b"}, Usage: "path of the bundle (default: the working directory)"},
		&cli.BoolFlag{Name: "no-pivot", Usage: "do not use pivot_root(2), for a rootfs on a ramdisk"},
		&cli.BoolFlag{Name: "no-new-keyring", Usage: "keep the session keyring of the caller"},
		// Older engines still send it.
		&cli.BoolFlag{Name: "no-mount-fallback", Hidden: true},
	)
}

func createOptions(cmd *cli.Command) (libct.CreateOptions, error) {
	io, err := ioOptions(cmd)
	if err != nil {
		return libct.CreateOptions{}, err
	}
	bundle, err := filepath.Abs(cmd.String("bundle"))
	if err != nil {
		return libct.CreateOptions{}, err
	}
	return libct.CreateOptions{
		IO:           io,
		Bundle:       bundle,
		NoPivot:      cmd.Bool("no-pivot"),
		NoNewKeyring: cmd.Bool("no-new-keyring"),
	}, nil
}
