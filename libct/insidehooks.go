package libct

import (
	"errors"
	"os"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/libct/inside"
	"rt/nsexec"
)

// hookFiles makes what hooks inside read and write.
func (l *launch) hookFiles() error {
	h := l.config.Spec.Hooks
	if h == nil {
		return nil
	}
	state := map[string]int{}
	for _, k := range [...]struct {
		kind   string
		hooks  []specs.Hook
		status Status
	}{
		{"createContainer", h.CreateContainer, Created},
		{"startContainer", h.StartContainer, Created},
	} {
		if len(k.hooks) == 0 {
			continue
		}
		file, err := l.memfd("state", l.hookState(k.status, l.pidInside()))
		if err != nil {
			return err
		}
		state[k.kind] = int(file.Fd())
	}
	if len(state) == 0 {
		return nil
	}
	output, err := memfd("hook output", nil)
	if err != nil {
		return err
	}
	l.hookLog = output
	l.plan.HookFiles = inside.HookFiles{State: state, Output: int(output.Fd())}
	return nil
}

// pidInside is what the container's process sees itself as. Hooks that run
// inside see it so too. Where the pid namespace is not new the pid is not
// known yet, and 0 says so.
func (l *launch) pidInside() int {
	if l.rec.OwnPids {
		return 1
	}
	return 0
}

// hookSaid adds the end of what hooks have written to the error of one that
// has failed. log may be nil.
func hookSaid(err error, log *os.File) error {
	var call *nsexec.CallError
	if log == nil || !errors.As(err, &call) || !call.ChildEnded() {
		return err
	}
	if said := strings.TrimSpace(tail(log)); said != "" {
		call.Detail += ": " + said
	}
	return err
}

// tail is the end of what hooks have written.
func tail(f *os.File) string {
	const enough = 4096
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	text := make([]byte, min(info.Size(), enough))
	n, _ := f.ReadAt(text, info.Size()-int64(len(text)))
	return string(text[:n])
}
