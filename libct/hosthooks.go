package libct

import (
	"rt/libct/hooks"
	"rt/nsexec"
)

// runtimeHooks gives what runs prestart and createRuntime, nil without any and
// without createContainer hooks, which follow. The state they read says created:
// the environment has been made (runtime.md#lifecycle, step 2).
func (l *launch) runtimeHooks() func(*nsexec.Executor) error {
	h := l.config.Spec.Hooks
	//lint:ignore SA1019 deprecated, and still used
	if h == nil || len(h.Prestart) == 0 && len(h.CreateRuntime) == 0 && len(h.CreateContainer) == 0 {
		return nil
	}
	return func(*nsexec.Executor) error {
		// Hooks look the container up by its pid, and so do kill and delete
		// --force, when one hangs.
		if err := l.save(); err != nil {
			return err
		}
		state := l.hookState(Created, l.rec.InitPid)
		for _, list := range [...]hooks.List{
			//lint:ignore SA1019 deprecated, and still used
			{Kind: "prestart", Hooks: h.Prestart, Dir: l.rec.Bundle, State: state},
			{Kind: "createRuntime", Hooks: h.CreateRuntime, Dir: l.rec.Bundle, State: state},
		} {
			if err := hooks.Run(list); err != nil {
				return err
			}
		}
		return nil
	}
}

func (c *Container) poststop() {
	for _, err := range hooks.RunAll(hooks.List{
		Kind:  "poststop",
		Hooks: c.rec.Poststop,
		Dir:   c.rec.Bundle,
		State: c.hookState(Stopped, 0),
	}) {
		c.rt.Warn(err.Error())
	}
}
