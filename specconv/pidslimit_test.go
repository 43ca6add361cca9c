package specconv

import (
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// What a pids limit of 0 means depends on the version that a configuration is
// written for.
func TestPidsLimitZero(t *testing.T) {
	zero, one := int64(0), int64(1)
	tests := []struct {
		version string
		limit   *int64
		kept    bool
	}{
		{"1.0.2-dev", &zero, false},
		{"1.2.1", &zero, false},
		{"1.3.0", &zero, true},
		{"1.10.0", &zero, true},
		{"1.0.2", &one, true},
	}
	for _, tt := range tests {
		r := &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: tt.limit}}
		c := &Config{Spec: &specs.Spec{Version: tt.version, Linux: &specs.Linux{Resources: r}}}
		if got := c.Resources().Pids != nil; got != tt.kept {
			t.Errorf("%s, limit %d: kept %v, want %v", tt.version, *tt.limit, got, tt.kept)
		}
		if r.Pids == nil {
			t.Errorf("%s: the configuration was changed", tt.version)
		}
	}
}
