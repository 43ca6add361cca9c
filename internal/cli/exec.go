package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v3"

	"rt/libct"
	"rt/specconv"
)

// exitExecFailed tells a failed exec from a program that ended with 1.
const exitExecFailed = 255

func execCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage:       "run another process in a container",
		UsageText:   "rt exec [options] ID COMMAND [ARGUMENTS]\nrt exec [options] --process FILE ID",
		Description: "Flags after ID belong to COMMAND.\nThe exit status is that of the process, 128+N if signal N ended it, 255 for an error.",
		Flags: append(ioFlags(),
			&cli.StringFlag{Name: "cwd", Usage: "working directory in the container"},
			&cli.StringSliceFlag{Name: "env", Aliases: []string{"e"}, Usage: "add a variable, NAME=VALUE"},
			&cli.BoolFlag{Name: "tty", Aliases: []string{"t"}, Usage: "allocate a terminal"},
			&cli.StringFlag{Name: "user", Aliases: []string{"u"}, Usage: "UID[:GID] in the container"},
			&cli.StringSliceFlag{Name: "additional-gids", Aliases: []string{"g"}, Usage: "add a supplementary group"},
			&cli.StringFlag{Name: "process", Aliases: []string{"p"}, Usage: "take the whole process from a JSON file"},
			&cli.BoolFlag{Name: "detach", Aliases: []string{"d"}, Usage: "do not wait for the process"},
			&cli.StringFlag{Name: "process-label", Usage: "SELinux label"},
			&cli.StringFlag{Name: "apparmor", Usage: "AppArmor profile"},
			&cli.BoolFlag{Name: "no-new-privs", Usage: "set no_new_privs"},
			&cli.StringSliceFlag{Name: "cap", Aliases: []string{"c"}, Usage: "add a capability"},
			&cli.StringSliceFlag{Name: "cgroup", Usage: "run in a cgroup below the container's, [CONTROLLER[,CONTROLLER]:]PATH"},
			&cli.BoolFlag{Name: "ignore-paused", Usage: "allow it in a paused container, where it waits for resume"},
			&cli.BoolFlag{Name: "no-subreaper", Hidden: true},
		),
		Action: a.exec,
	}
}

func (a *app) exec(_ context.Context, cmd *cli.Command) error {
	a.status = exitExecFailed
	io, err := ioOptions(cmd)
	if err != nil {
		return err
	}
	c, err := a.rt.Load(cmd.Args().First())
	if err != nil {
		return err
	}
	p, err := execProcess(c, cmd)
	if err != nil {
		return err
	}
	code, err := c.Exec(libct.ExecOptions{
		IO:           io,
		Process:      p,
		Detach:       cmd.Bool("detach"),
		IgnorePaused: cmd.Bool("ignore-paused"),
		NoSubreaper:  cmd.Bool("no-subreaper"),
		Cgroup:       cmd.StringSlice("cgroup"),
	})
	if err != nil {
		return err
	}
	a.status = code
	return nil
}

// execProcess is the process of --process, or that of the container with the
// other flags over it.
func execProcess(c *libct.Container, cmd *cli.Command) (*specs.Process, error) {
	spec, err := c.Spec()
	if err != nil {
		return nil, err
	}
	if file := cmd.String("process"); file != "" {
		p, err := specconv.LoadProcess(file)
		if err != nil {
			return nil, err
		}
		confine(p, spec.Process)
		return p, nil
	}
	if spec.Process == nil {
		return nil, errors.New("process: not set in the container's configuration, --process is needed")
	}
	return overlay(*spec.Process, cmd)
}

// confine gives p what it leaves out of what confines the container's own
// process, as runc does: without a profile it would be confined less than the
// container is.
func confine(p, own *specs.Process) {
	if own == nil {
		return
	}
	if p.Capabilities == nil {
		p.Capabilities = own.Capabilities
	}
	p.ApparmorProfile = cmp.Or(p.ApparmorProfile, own.ApparmorProfile)
	p.SelinuxLabel = cmp.Or(p.SelinuxLabel, own.SelinuxLabel)
}

// overlay puts the flags over p, the process of the container, whose slices
// stay as they are.
func overlay(p specs.Process, cmd *cli.Command) (*specs.Process, error) {
	p.Args = cmd.Args().Tail()
	if len(p.Args) == 0 {
		return nil, errors.New("process args cannot be empty")
	}
	p.Terminal = cmd.Bool("tty") // never inherited: the caller of exec has a terminal or not
	p.Env = slices.Concat(p.Env, cmd.StringSlice("env"))
	for _, f := range [...]struct {
		flag string
		to   *string
	}{
		{"cwd", &p.Cwd}, {"apparmor", &p.ApparmorProfile}, {"process-label", &p.SelinuxLabel},
	} {
		if v := cmd.String(f.flag); v != "" {
			*f.to = v
		}
	}
	if cmd.IsSet("no-new-privs") {
		p.NoNewPrivileges = cmd.Bool("no-new-privs")
	}
	if caps := cmd.StringSlice("cap"); len(caps) > 0 {
		p.Capabilities = addCaps(p.Capabilities, caps)
	}
	err := overlayUser(&p.User, cmd)
	return &p, err
}

// addCaps gives the process more capabilities. Inheritable is left alone: a set
// that is not empty survives the execve of a file with inheritable capabilities
// (CVE-2022-29162). Ambient can hold only what inheritable holds too, so it
// gains what the container was given as inheritable.
func addCaps(have *specs.LinuxCapabilities, add []string) *specs.LinuxCapabilities {
	var c specs.LinuxCapabilities
	if have != nil {
		c = *have
	}
	c.Bounding = slices.Concat(c.Bounding, add)
	c.Effective = slices.Concat(c.Effective, add)
	c.Permitted = slices.Concat(c.Permitted, add)
	c.Ambient = slices.Clone(c.Ambient)
	for _, name := range add {
		if slices.Contains(c.Inheritable, name) {
			c.Ambient = append(c.Ambient, name)
		}
	}
	return &c
}

// overlayUser puts --user and --additional-gids over u. The group stays that of
// the container unless --user names one.
func overlayUser(u *specs.User, cmd *cli.Command) error {
	if cmd.IsSet("user") {
		uid, gid, hasGID, err := specconv.ParseUser(cmd.String("user"))
		if err != nil {
			return err
		}
		u.UID = uid
		if hasGID {
			u.GID = gid
		}
	}
	u.AdditionalGids = slices.Clone(u.AdditionalGids)
	for _, s := range cmd.StringSlice("additional-gids") {
		// One strict reader of ids is enough.
		_, gid, _, err := specconv.ParseUser("0:" + s)
		if err != nil {
			return fmt.Errorf("--additional-gids %q: not a group id", s)
		}
		u.AdditionalGids = append(u.AdditionalGids, gid)
	}
	return nil
}
