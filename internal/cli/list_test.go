package cli

import (
	"strings"
	"testing"
	"time"

	"rt/libct"
)

func testRuntime() libct.Runtime { return libct.Runtime{Warn: func(string) {}} }

func TestWriteList(t *testing.T) {
	one := []libct.State{{
		OCIVersion: "1.3.0", ID: "c1", Pid: 42, Status: libct.Running, Bundle: "/b", Rootfs: "/b/rootfs",
		Created: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), Owner: "root",
	}}
	tests := []struct {
		name, format string
		states       []libct.State
		want         string
	}{
		{"empty table", "table", nil, "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n"},
		{"table", "table", one,
			"ID          PID         STATUS      BUNDLE      CREATED                       OWNER\n" +
				"c1          42          running     /b          2026-01-02T03:04:05.000006Z   root\n"},
		{"empty json", "json", nil, "null\n"},
		{"json", "json", one, `[{"ociVersion":"1.3.0","id":"c1","pid":42,"status":"running","bundle":"/b","rootfs":"/b/rootfs","created":"2026-01-02T03:04:05.000006Z","owner":"root"}]` + "\n"},
		{"quiet", "quiet", one, "c1\n"},
	}
	for _, tt := range tests {
		var b strings.Builder
		if err := writeList(&b, tt.format, tt.states); err != nil || b.String() != tt.want {
			t.Errorf("%s: %v\ngot  %q\nwant %q", tt.name, err, b.String(), tt.want)
		}
	}
	if err := writeList(new(strings.Builder), "xml", nil); err == nil || !strings.Contains(err.Error(), "invalid format option") {
		t.Errorf("xml: %v", err)
	}
}
