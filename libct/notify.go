package libct

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/jsontext"
)

// notifyState is what a seccomp agent reads with the listener: the state of
// the container process (config-linux.md#containerprocessstate).
func (c *Container) notifyState(status Status, pid int, metadata string) []byte {
	var e jsontext.Encoder
	e.Object(func() {
		e.Name("ociVersion").Text(c.rec.OCIVersion)
		e.Name("fds").List([]string{specs.SeccompFdName})
		e.Name("pid").Int(pid)
		if metadata != "" {
			e.Name("metadata").Text(metadata)
		}
		e.Name("state")
		c.encodeState(&e, status, c.rec.InitPid)
	})
	return e.Bytes()
}
