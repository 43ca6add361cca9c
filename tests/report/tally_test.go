package main

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestTally(t *testing.T) {
	broken := errors.New("exit status 2")
	for _, tt := range []struct {
		name  string
		lines string
		err   error
		want  counts
	}{
		{"a command that passed", "gcc -c x.c\n", nil, counts{1, 0, 0}},
		{"a command that failed", "x.c:1: error\n", broken, counts{0, 1, 0}},
		{"a part that states its own", "3 passed, 0 failed, 1 skipped\n", nil, counts{3, 0, 1}},
		{"other kinds are skips", "3 passed, 0 failed; apart: 1 wrong, 4 that need another host\n", nil, counts{3, 0, 5}},
		{"no statement", "1 passed\n2 failed, 3 passed\n", nil, counts{1, 0, 0}},
		{"the last statement counts", "3 passed, 0 failed, 1 skipped\n4 passed, 1 failed, 0 skipped\n", broken, counts{4, 1, 0}},
		{"subtests stand for their parent",
			`{"Action":"pass","Package":"p","Test":"T/a"}
			{"Action":"skip","Package":"p","Test":"T/b"}
			{"Action":"pass","Package":"p","Test":"T"}
			{"Action":"pass","Package":"p"}
			`, nil, counts{1, 0, 1}},
		{"a failed test, not its package", `{"Action":"fail","Package":"p","Test":"T"}
			{"Action":"fail","Package":"p"}
			`, broken, counts{0, 1, 0}},
		{"a package that does not build", `{"Action":"pass","Package":"p","Test":"T"}
			{"Action":"pass","Package":"p"}
			{"Action":"fail","Package":"q"}
			`, broken, counts{1, 1, 0}},
		{"a failure after all tests passed", `{"Action":"pass","Package":"p","Test":"T"}
			`, broken, counts{1, 1, 0}},
		{"a package without tests", `{"Action":"skip","Package":"p"}
			`, nil, counts{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tally := newTally(io.Discard)
			for line := range strings.Lines(tt.lines) {
				tally.line(strings.TrimLeft(line, "\t"))
			}
			if got := tally.counts(tt.err); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
