package main

import (
	"errors"
	"testing"
)

func TestJudge(t *testing.T) {
	pass := tapResult{ok: 1}
	fail := tapResult{notOK: []string{"1 - a"}}
	diagnostic := tapResult{errors: []string{"too early"}}
	tests := []struct {
		name string
		in   result
		of   verdict
		want state
	}{
		{"sound passes", result{tap: pass}, verdict{}, passed},
		{"sound fails", result{tap: fail}, verdict{}, failed},
		{"sound exits", result{tap: pass, super: supervision{Exit: 1}}, verdict{}, failed},
		{"sound hangs", result{tap: pass, super: supervision{TimedOut: true}}, verdict{}, failed},
		{"sound without plan", result{tap: tapResult{ok: 1, broken: "no plan"}}, verdict{}, failed},
		{"sound says nothing", result{}, verdict{}, failed},
		{"silent passes", result{}, verdict{kind: silent}, passed},
		{"silent fails", result{tap: diagnostic}, verdict{kind: silent}, failed},
		{"a sound program's diagnostic is no failure", result{tap: tapResult{ok: 1, errors: []string{"a"}}}, verdict{}, passed},
		{"status passes", result{}, verdict{kind: status}, passed},
		{"status fails", result{super: supervision{Exit: 1}}, verdict{kind: status}, failed},
		{"wrong is shown apart", result{tap: fail}, verdict{kind: wrong}, unjust},
		{"wrong could not be run", result{err: errors.New("no space")}, verdict{kind: wrong}, failed},
		{"wrong may pass", result{tap: pass}, verdict{kind: wrong}, passed},
		{"deviation is shown apart", result{tap: fail}, verdict{kind: deviation}, declined},
		{"host lacks", result{lack: "a controller"}, verdict{kind: host}, unfitted},
		{"host lacks nothing", result{tap: fail}, verdict{kind: host}, failed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, why := judge(test.in, test.of); got != test.want {
				t.Errorf("got %s (%s), want %s", stateNames[got], why, stateNames[test.want])
			}
		})
	}
}

func TestVerdictsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range verdicts {
		if seen[v.program] {
			t.Errorf("%q has two verdicts", v.program)
		}
		seen[v.program] = true
		if v.reason == "" {
			t.Errorf("%q has no reason", v.program)
		}
		if (v.kind == host) != (v.lacks != nil) {
			t.Errorf("%q: kind host and lacks go together", v.program)
		}
	}
}
