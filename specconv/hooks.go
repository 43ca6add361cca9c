package specconv

import "github.com/opencontainers/runtime-spec/specs-go"

// HookNames returns the known hooks, in the order they run.
func HookNames() []string {
	return []string{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"}
}

// hooks checks config.md#posix-platform-hooks.
func (c *checker) hooks(h *specs.Hooks) {
	if h == nil {
		return
	}
	//lint:ignore SA1019 prestart is deprecated, and engines still use it
	lists := [...][]specs.Hook{h.Prestart, h.CreateRuntime, h.CreateContainer, h.StartContainer, h.Poststart, h.Poststop}
	for i, name := range HookNames() {
		for j := range lists[i] {
			c.hook(at("hooks."+name, j), &lists[i][j])
		}
	}
}

func (c *checker) hook(path string, h *specs.Hook) {
	c.absolute(path+".path", h.Path)
	c.texts(path+".args", h.Args)
	c.environment(path+".env", h.Env)
	if h.Timeout != nil && *h.Timeout <= 0 {
		c.fail(path+".timeout", "%d is not greater than zero", *h.Timeout)
	}
}
