package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestWriteSpec(t *testing.T) {
	for _, rootless := range []bool{false, true} {
		dir := t.TempDir()
		if err := writeSpec(dir, rootless); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, configName))
		if err != nil {
			t.Fatal(err)
		}
		var spec specs.Spec
		if err := json.Unmarshal(data, &spec); err != nil || spec.Version != specs.Version {
			t.Errorf("rootless %t: %v, version %q", rootless, err, spec.Version)
		}
		if !strings.HasPrefix(string(data), "{\n\t\"ociVersion\"") {
			t.Errorf("rootless %t: not indented with tabs: %.30q", rootless, data)
		}
		if err := writeSpec(dir, rootless); err == nil || err.Error() != "File config.json exists. Remove it first" {
			t.Errorf("rootless %t, second time: %v", rootless, err)
		}
	}
}
