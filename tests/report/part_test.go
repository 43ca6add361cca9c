package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The two guests wait for each other; the part after them finds that both have ended.
const meeting = `
before:
	mkfifo fifo
vm-writes:
	echo x >fifo; touch wrote
vm-reads:
	read x <fifo; touch read; false
after:
	test -e wrote -a -e read
`

func TestGuestsRunBesideEachOther(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte(meeting), 0o644); err != nil {
		t.Fatal(err)
	}
	targets := []string{"before", "vm-writes", "vm-reads", "after"}
	done := make(map[string]bool)
	parts := runAll(t.Context(), targets, 2, func(p part) { done[p.target] = true })
	want := []counts{{passed: 1}, {passed: 1}, {failed: 1}, {passed: 1}}
	for i, p := range parts {
		if p.target != targets[i] || p.counts != want[i] {
			t.Errorf("part %d: %s, %v; want %s, %v", i, p.target, p.counts, targets[i], want[i])
		}
		if !done[p.target] {
			t.Errorf("%s was not handed over", p.target)
		}
	}
}
