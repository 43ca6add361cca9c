package inside

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// runHooks has children of the executor run hooks of one kind, in order. The
// state is their standard input. Their output is kept in a file of the host's,
// which cannot block them.
func runHooks(p *Plan, in *nsexec.Batch, kind string, list []specs.Hook, before func()) {
	state := p.passed.hookState[kind]
	for i, h := range list {
		property := fmt.Sprintf("hooks.%s[%d]", kind, i)
		in.Step("run hook", property, h.Path)
		ms := int64(-1)
		if h.Timeout != nil {
			ms = int64(*h.Timeout) * 1000
		}
		args := h.Args
		if len(args) == 0 {
			args = []string{h.Path}
		}
		status := in.Fork(ms, func() {
			in.Dup3(state, 0, 0)
			in.Lseek(0, 0)
			in.Dup3(p.passed.hookOutput, 1, 0)
			in.Dup3(p.passed.hookOutput, 2, 0)
			if before != nil {
				before()
				in.Step("run hook", property, h.Path)
			}
			in.Prctl(unix.PR_SET_PDEATHSIG, 0)
			in.Execve(h.Path, args, h.Env)
		})
		in.Require(status, 0)
	}
}

// createContainerHooks run in the container's namespaces but still see the
// host's files, and begin in the bundle and with the umask of the host's own
// (runtime.md#lifecycle, config.md#createcontainer-hooks).
func createContainerHooks(p *Plan, in *nsexec.Batch) {
	h := p.Config.Spec.Hooks
	if h == nil {
		return
	}
	bundle, given := p.passed.sources[BundleSource]
	runHooks(p, in, "createContainer", h.CreateContainer, func() {
		in.RestoreUmask(p.umask) // what they make on the host is not for everybody to write
		if given {
			in.Fchdir(bundle)
		} else {
			in.Chdir(p.Config.Bundle)
		}
	})
	if given {
		in.Close(bundle) // process.args and cwd can name descriptors (CVE-2024-21626)
	}
}

// startContainerHooks run as what the container's process will be.
func startContainerHooks(p *Plan, in *nsexec.Batch) {
	h := p.Config.Spec.Hooks
	if h == nil {
		return
	}
	var before func()
	if p.capsLate() {
		before = func() { capabilities(p, in) }
	}
	runHooks(p, in, "startContainer", h.StartContainer, before)
}
