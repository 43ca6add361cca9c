package cli

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"rt/libct/seccomp"
	"rt/specconv"
)

// What the configuration is checked against and what is carried out must be
// the same for features to be true.
func TestSeccompTablesAgree(t *testing.T) {
	tests := []struct {
		name             string
		checked, carried []string
	}{
		{"actions", specconv.SeccompActions(), seccomp.Actions()},
		{"operators", specconv.SeccompOperators(), seccomp.Operators()},
		{"archs", specconv.SeccompArchs(), seccomp.Archs()},
		{"flags", specconv.SeccompFlags(), seccomp.Flags()},
	}
	for _, tt := range tests {
		slices.Sort(tt.checked)
		slices.Sort(tt.carried)
		if !slices.Equal(tt.checked, tt.carried) {
			t.Errorf("%s: checked %q, carried out %q", tt.name, tt.checked, tt.carried)
		}
	}
}

// Engines refuse pods that need what these say.
func TestFeaturesForEngines(t *testing.T) {
	f := supported(Build{Version: "1", Commit: "c"})
	if f.OCIVersionMax != "1.3.0" || !*f.Linux.MountExtensions.IDMap.Enabled {
		t.Errorf("version %q, idmap %t", f.OCIVersionMax, *f.Linux.MountExtensions.IDMap.Enabled)
	}
	if !slices.Contains(f.MountOptions, "rro") || !slices.Contains(f.Linux.Namespaces, "user") {
		t.Errorf("mount options %q, namespaces %q", f.MountOptions, f.Linux.Namespaces)
	}
	for name, list := range map[string][]string{
		"hooks": f.Hooks, "capabilities": f.Linux.Capabilities, "modes": f.Linux.MemoryPolicy.Modes, "flags": f.Linux.MemoryPolicy.Flags,
	} {
		if len(list) == 0 {
			t.Errorf("%s: none", name)
		}
	}
	b, err := json.Marshal(f)
	if err != nil || !strings.Contains(string(b), `"intelRdt":{"enabled":false}`) {
		t.Errorf("%v: %s", err, b)
	}
}
