package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestParseSize(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int64 // below -1 for an error
	}{
		{"0", 0}, {"1", 1}, {"-1", -1}, {"33554432", 33554432},
		{"50M", 50 << 20}, {"50m", 50 << 20}, {"50MB", 50 << 20}, {"50MiB", 50 << 20}, {"50 mb", 50 << 20},
		{"1k", 1 << 10}, {"1.5g", 3 << 29}, {"2T", 2 << 40}, {"1P", 1 << 50}, {"7b", 7}, {".5k", 512},
		{"9223372036854775807", 1<<63 - 1}, {"8191P", 8191 << 50},
		{"", -9}, {"bogus", -9}, {"-2", -9}, {"-1M", -9}, {"M", -9}, {"1X", -9}, {"1MM", -9}, {"1kk", -9}, {"1  k", -9},
		{"1.2.3", -9}, {"+1", -9}, {"0x10", -9}, {"1e3", -9}, {"inf", -9}, {"1k ", -9}, {".", -9},
		{"9223372036854775808", -9}, {"8192P", -9}, {"99999999999.5T", -9},
	} {
		got, err := parseSize(tt.text)
		if (err != nil) != (tt.want < -1) || err == nil && got != tt.want {
			t.Errorf("parseSize(%q) = %d, %v, want %d", tt.text, got, err, tt.want)
		}
	}
}

func TestLimitFlags(t *testing.T) {
	for _, tt := range []struct{ flag, text, want string }{
		{"memory", "1k", `{"memory":{"limit":1024},"cpu":{},"pids":{},"blockIO":{}}`},
		{"memory-reservation", "-1", `{"memory":{"reservation":-1},"cpu":{},"pids":{},"blockIO":{}}`},
		{"memory-swap", "-1", `{"memory":{"swap":-1},"cpu":{},"pids":{},"blockIO":{}}`},
		{"cpu-share", "7", `{"memory":{},"cpu":{"shares":7},"pids":{},"blockIO":{}}`},
		{"cpu-quota", "-1", `{"memory":{},"cpu":{"quota":-1},"pids":{},"blockIO":{}}`},
		{"cpu-period", "9", `{"memory":{},"cpu":{"period":9},"pids":{},"blockIO":{}}`},
		{"cpu-burst", "0", `{"memory":{},"cpu":{"burst":0},"pids":{},"blockIO":{}}`},
		{"cpu-rt-runtime", "5", `{"memory":{},"cpu":{"realtimeRuntime":5},"pids":{},"blockIO":{}}`},
		{"cpu-rt-period", "5", `{"memory":{},"cpu":{"realtimePeriod":5},"pids":{},"blockIO":{}}`},
		{"cpu-idle", "1", `{"memory":{},"cpu":{"idle":1},"pids":{},"blockIO":{}}`},
		{"cpuset-cpus", "0-1", `{"memory":{},"cpu":{"cpus":"0-1"},"pids":{},"blockIO":{}}`},
		{"cpuset-mems", "0", `{"memory":{},"cpu":{"mems":"0"},"pids":{},"blockIO":{}}`},
		{"pids-limit", "0", `{"memory":{},"cpu":{},"pids":{"limit":0},"blockIO":{}}`},
		{"blkio-weight", "500", `{"memory":{},"cpu":{},"pids":{},"blockIO":{"weight":500}}`},
		{"blkio-weight", "65536", "not a natural number in range"},
		{"cpu-share", "-1", "not a natural number in range"},
		{"pids-limit", "1.5", "not a whole number in range"},
		{"memory", "much", "not a size"},
	} {
		r := newResources()
		for _, l := range limits(r) {
			if l.flag != tt.flag {
				continue
			}
			got := ""
			if err := l.read(tt.text); err != nil {
				got = err.Error()
			} else if b, err := json.Marshal(r); err == nil {
				got = string(b)
			}
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("--%s %s: %s, want %s", tt.flag, tt.text, got, tt.want)
			}
		}
	}
}
