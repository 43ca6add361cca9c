package main

import (
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	for _, tt := range []struct {
		name  string
		times []time.Duration
		q     float64
		want  time.Duration
	}{
		{"none", nil, 0.5, 0},
		{"one", []time.Duration{7}, 0.75, 7},
		{"odd", []time.Duration{1, 2, 9}, 0.5, 2},
		{"even", []time.Duration{10, 20}, 0.5, 15},
		{"quartile", []time.Duration{0, 10, 20, 30, 40}, 0.25, 10},
		{"last", []time.Duration{1, 2, 3}, 1, 3},
	} {
		if got := quantile(tt.times, tt.q); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRow(t *testing.T) {
	rt, crun := &program{name: "rt"}, &program{name: "crun"}
	s := series{name: "run", times: map[string][]time.Duration{
		"rt":   {2 * time.Millisecond},
		"crun": {4 * time.Millisecond},
	}}
	want := "| run | hot | 2.00 (2.00–2.00) | 4.00 (4.00–4.00) | 0.50 |"
	if got := s.row([]*program{rt, crun}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDockerSpec(t *testing.T) {
	spec, err := dockerSpec(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if len(spec.Linux.Seccomp.Syscalls) == 0 {
		t.Error("the seccomp profile is empty")
	}
}
