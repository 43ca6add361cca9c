package specconv

import "testing"

func TestDefaultIsValid(t *testing.T) {
	for _, rootless := range []bool{false, true} {
		cfg, err := Parse(Default(rootless), "/bundle", testHost)
		if err != nil {
			t.Fatalf("rootless %v: %v", rootless, err)
		}
		if cfg.Warnings != nil {
			t.Errorf("rootless %v: warnings %q", rootless, cfg.Warnings)
		}
	}
}

var testHost = Host{LastCap: 40, CgroupV2: true}
