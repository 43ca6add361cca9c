package cli

import (
	"strings"
	"testing"
)

func TestFilterPs(t *testing.T) {
	const table = "UID        PID  PPID CMD\nroot         1     0 init 42\nroot        42     1 sleep 7\n\nroot       142     1 sleep\n"
	tests := []struct {
		name, table string
		pids        []int
		want, err   string
	}{
		{"one", table, []int{42}, "UID        PID  PPID CMD\nroot        42     1 sleep 7\n", ""},
		{"two", table, []int{142, 1}, "UID        PID  PPID CMD\nroot         1     0 init 42\nroot       142     1 sleep\n", ""},
		{"none", table, nil, "UID        PID  PPID CMD\n", ""},
		{"no column", "USER CMD\n", nil, "", `ps: no column PID in "USER CMD"`},
		{"not a number", "PID\nx\n", nil, "", `ps: PID "x": not a number`},
	}
	for _, tt := range tests {
		var b strings.Builder
		err := filterPs(&b, tt.table, tt.pids)
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%s: error %v, want %s", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil || b.String() != tt.want {
			t.Errorf("%s: %v, got %q, want %q", tt.name, err, b.String(), tt.want)
		}
	}
}

func TestRunPsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := runPs(nil); err == nil || !strings.Contains(err.Error(), "--format json") {
		t.Errorf("got %v", err)
	}
}
