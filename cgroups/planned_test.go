package cgroups

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestPlanned(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "there"), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		dirs []string
		want []string
	}{
		{"exists", []string{"there"}, nil},
		{"new", []string{"there/new"}, []string{"there/new"}},
		{"with ancestors", []string{"there/a/b/c"}, []string{"there/a", "there/a/b", "there/a/b/c"}},
		{"two controllers, one directory", []string{"x/y", "x/y"}, []string{"x", "x/y"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := State{Paths: map[string]string{}}
			for i, d := range tt.dirs {
				s.Paths[string(rune('a'+i))] = filepath.Join(dir, d)
			}
			var want []string
			for _, d := range tt.want {
				want = append(want, filepath.Join(dir, d))
			}
			if got := s.Planned().Made; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
