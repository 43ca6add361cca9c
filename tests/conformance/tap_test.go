package main

import (
	"reflect"
	"testing"
)

func TestParseTAP(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want tapResult
	}{
		{"nothing", "", tapResult{}},
		{"plan last", "TAP version 13\nok 1 - a\nok 2 - b\n1..2\n", tapResult{ok: 2}},
		{"plan first", "TAP version 13\n1..1\nok 1 - a\n", tapResult{ok: 1}},
		{"failure", "TAP version 13\nnot ok 1 - a\n1..1\n", tapResult{notOK: []string{"1 - a"}}},
		{"skip and todo", "TAP version 13\nok 1 # SKIP a\nnot ok 2 # TODO b\n1..2\n", tapResult{skipped: 1, todo: 1}},
		{"two documents", "TAP version 13\nok 1 - a\n1..1\nTAP version 13\nok 1 - b\n1..1\n", tapResult{ok: 2}},
		{"no plan", "TAP version 13\nok 1 - a\n", tapResult{ok: 1, broken: "document 1 has no plan"}},
		{"cut short", "TAP version 13\n1..2\nok 1 - a\n", tapResult{ok: 1, broken: "document 1 plans 2 tests and runs 1"}},
		{"noise", "TAP version 13\n<nil>\n# not ok 7\nok 1 - a\n1..1\n", tapResult{ok: 1}},
		{"nested output is no test", "TAP version 13\n  ---\n  \"stdout\": \"\nnot ok\"\n  ...\nok 1 - a\n1..1\n", tapResult{ok: 1}},
		{"diagnostic", "TAP version 13\n  ---\n  {\n    \"error\": \"too early\"\n  }\n  ...\n1..0\n", tapResult{errors: []string{"too early"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := parseTAP(test.in); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
