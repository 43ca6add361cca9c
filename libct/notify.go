package libct

import (
	"encoding/json"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// notifyState is what a seccomp agent reads with the listener: the state of
// the container process (config-linux.md#containerprocessstate).
func (c *Container) notifyState(pid int, metadata string) []byte {
	data, err := json.Marshal(specs.ContainerProcessState{
		Version:  c.rec.OCIVersion,
		Fds:      []string{specs.SeccompFdName},
		Pid:      pid,
		Metadata: metadata,
		State: specs.State{
			Version:     c.rec.OCIVersion,
			ID:          c.rec.ID,
			Status:      specs.StateCreating,
			Pid:         c.rec.InitPid,
			Bundle:      c.rec.Bundle,
			Annotations: c.rec.Annotations,
		},
	})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return data
}
