package cli

import (
	"os"
	"path/filepath"
	"testing"
)

func TestParseRootless(t *testing.T) {
	tests := []struct {
		s        string
		want, ok bool
	}{
		{"true", true, true}, {"false", false, true}, {"auto", !initialRoot(), true}, {"maybe", false, false}, {"", !initialRoot(), true},
	}
	for _, tt := range tests {
		got, err := parseRootless(tt.s)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%q: %t, %v", tt.s, got, err)
		}
	}
}

func TestStateRoot(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/session")
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ flag, want string }{
		{"/x/../y", "/y"},
		{"rel", filepath.Join(wd, "rel")},
		{"", defaultRoot}, // the tests run as root: the session does not matter
	}
	for _, tt := range tests {
		if got, err := stateRoot(tt.flag); err != nil || got != tt.want {
			t.Errorf("%q: %q, %v, want %q", tt.flag, got, err, tt.want)
		}
	}
	if _, err := stateRoot("/.."); err == nil {
		t.Error("/..: no error")
	}
}
