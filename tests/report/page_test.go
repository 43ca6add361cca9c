package main

import (
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	skipped := []outcome{
		{"b", "skip", "no such controller [exit status 1]"},
		{"a", "skip", "no such controller [exit status 2]"},
	}
	page := string(render([]kept{
		{Runtime: "runc 1", Target: "test-cli", Passed: 3, Failed: 1, Seconds: 61.4, Outcomes: []outcome{{"c", "fail", ""}}},
		{Runtime: "runc 1.1.5", Target: "test-cli", Failed: 1, Outcomes: []outcome{{"kill-all", "fail", ""}}},
		{Runtime: "rt 0", Target: "test-cli", Passed: 4, Seconds: 5},
		{Runtime: "rt 0", Target: "vm-lite-6.1-cli", Passed: 2, Skipped: 2, Seconds: 600, Outcomes: skipped},
		{Runtime: "rt 0", Target: "vm-lite-6.12-cli", Error: "no end within 35m0s", Failed: 1},
	}))
	for _, want := range []string{
		"| cli | rt 0 | 4 / 0 / 0, 5s |  | no end within 35m0s | 2 / 0 / 2, 10m0s |  |  |\n",
		"| cli | runc 1 | 3 / 1 / 0, 1m1s |  |  |  |  |  |\n",
		"## rt 0: skipped of cli\n\n- no such controller: a, b (lite 6.1)\n",
		"## runc 1: failed of cli\n\n- c (host)\n",
		"## runc 1.1.5: failed of cli\n\n- kill-all: at times,",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "| unit | runc") {
		t.Error("a row without any result")
	}
}

func TestReason(t *testing.T) {
	for _, tt := range []struct {
		name   string
		output []string
		want   string
	}{
		{"of a test", []string{"=== RUN   T\n", "    x_test.go:3: no veth\n", "--- SKIP: T (0.00s)\n"}, "no veth"},
		{"of a script", []string{"=== CONT  T/a\n", "    script_test.go:111: no veth\n", "    testscript.go:609: WORK=$WORK\n"}, "no veth"},
		{"of a program", []string{"this host lacks cgroup v1\n"}, "this host lacks cgroup v1"},
		{"none", nil, ""},
	} {
		if got := reason(tt.output); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
