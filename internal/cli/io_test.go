package cli

import "testing"

func TestListenFDs(t *testing.T) {
	tests := []struct {
		name, pid, fds string
		want           int
	}{
		{"ours", "7", "2", 2},
		{"of another process", "8", "2", 0},
		{"unset", "", "", 0},
		{"without a process", "", "2", 0},
		{"negative", "7", "-1", 0},
		{"no number", "7", "x", 0},
	}
	for _, tt := range tests {
		if got := listenFDs(tt.pid, tt.fds, 7); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
