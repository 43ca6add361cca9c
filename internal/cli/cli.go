// Package cli is the command line of rt: verbs, flags, output and exit codes,
// as the engines that start runc expect them. It runs on the host, decides
// what was asked for and calls libct; it may import libct and what lies below.
package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v3"

	"rt/libct"
)

// app is one invocation of rt.
type app struct {
	build  Build
	log    logger
	rt     libct.Runtime
	ready  bool // log and rt are set up
	status int  // exit status; 0 stands for 1 when there is an error
}

// verb is one command of the command line.
type verb struct {
	name     string
	min, max int  // number of operands; max < 0 means any
	foreign  bool // what follows the container ID belongs to another program
	build    func(*app) *cli.Command
}

var verbs = [...]verb{
	{"create", 1, 1, false, createCommand},
	{"delete", 1, 1, false, deleteCommand},
	{"events", 1, 1, false, eventsCommand},
	{"exec", 1, -1, true, execCommand},
	{"features", 0, 0, false, featuresCommand},
	{"kill", 1, 2, false, killCommand},
	{"list", 0, 0, false, listCommand},
	{"pause", 1, 1, false, pauseCommand},
	{"ps", 1, -1, true, psCommand},
	{"resume", 1, 1, false, resumeCommand},
	{"run", 1, 1, false, runCommand},
	{"spec", 0, 0, false, specCommand},
	{"start", 1, 1, false, startCommand},
	{"state", 1, 1, false, stateCommand},
	{"update", 1, 1, false, updateCommand},
}

// Main runs the command line, args[0] being the program, and returns the exit
// status: of the container's process for a foreground run or exec, else 0, 1
// for an error, 255 for an error of exec.
func Main(args []string, build Build) int {
	a := &app{build: build, log: logger{fd: stderr}}
	cli.VersionPrinter = a.printVersion

	root, args := a.command(args)
	err := root.Run(context.Background(), args)
	if err == nil {
		a.log.flush()
		return a.status
	}
	if !a.ready {
		// The command line was refused before it was prepared: the engine
		// still looks for the reason in its log. A log that cannot be had is
		// no better reason than the one at hand.
		_ = a.prepare(root)
	}
	a.log.fail(err)
	if a.status == 0 {
		return 1
	}
	return a.status
}

// command builds the commands that args may need: the one asked for, or all of
// them when it is help or an error. Building all takes longer than `rt state`.
func (a *app) command(args []string) (*cli.Command, []string) {
	root := &cli.Command{
		Name:            "rt",
		Usage:           "run containers as the Open Container Initiative specifies",
		Version:         a.build.Version,
		Flags:           globalFlags(),
		HideHelpCommand: true, // it would be a verb, and every verb would have one
		Before: func(_ context.Context, cmd *cli.Command) (context.Context, error) {
			return nil, a.prepare(cmd.Root())
		},
		Action:         noVerb,
		OnUsageError:   incorrectUsage,
		ExitErrHandler: func(context.Context, *cli.Command, error) {}, // Main decides
	}
	if at := firstOperand(root.Flags, args, 1); at < len(args) {
		for _, v := range verbs {
			if v.name != args[at] {
				continue
			}
			cmd := v.command(a)
			root.Commands = []*cli.Command{cmd}
			if v.foreign {
				args = endFlags(cmd.Flags, args, at+1)
			}
			return root, args
		}
	}
	for _, v := range verbs {
		root.Commands = append(root.Commands, v.command(a))
	}
	return root, args
}

// command adds to the verb's own flags and action what all verbs share.
func (v verb) command(a *app) *cli.Command {
	cmd := v.build(a)
	cmd.Name = v.name
	cmd.HideHelpCommand = true
	cmd.DisableSliceFlagSeparator = true // --env A=1,2 is one variable
	cmd.OnUsageError = incorrectUsage
	cmd.ArgValidator = func(_ context.Context, cmd *cli.Command) error {
		n := cmd.NArg()
		switch {
		case v.min == v.max && n != v.min:
			return wrongArgs(cmd, "exactly", v.min)
		case n < v.min:
			return wrongArgs(cmd, "a minimum of", v.min)
		case v.max >= 0 && n > v.max:
			return wrongArgs(cmd, "a maximum of", v.max)
		}
		return nil
	}
	return cmd
}

func wrongArgs(cmd *cli.Command, limit string, n int) error {
	fmt.Fprint(cmd.Writer, "Incorrect Usage.\n\n")
	return errors.Join(
		fmt.Errorf("rt: %q requires %s %d argument(s)", cmd.Name, limit, n),
		cli.ShowSubcommandHelp(cmd),
	)
}

func incorrectUsage(_ context.Context, cmd *cli.Command, err error, isVerb bool) error {
	fmt.Fprintf(cmd.Writer, "Incorrect Usage: %v\n\n", err)
	if isVerb {
		return errors.Join(err, cli.ShowSubcommandHelp(cmd))
	}
	return errors.Join(err, cli.ShowRootCommandHelp(cmd))
}

// noVerb answers a command line without a known verb.
func noVerb(ctx context.Context, cmd *cli.Command) error {
	switch name := cmd.Args().First(); {
	case name == "help" && cmd.NArg() > 1:
		return cli.ShowCommandHelp(ctx, cmd, cmd.Args().Get(1))
	case name == "help" || name == "":
		return cli.ShowRootCommandHelp(cmd)
	default:
		return fmt.Errorf("unknown command %q", name)
	}
}
