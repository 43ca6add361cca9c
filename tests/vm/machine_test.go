package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestListen(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status string
		want   ending
	}{
		{"nothing", "", ending{false, -1}},
		{"started, and died", "start\n", ending{true, -1}},
		{"ended well", "start\nexit 0\n", ending{true, 0}},
		{"ended badly", "start\nexit 139\n", ending{true, 139}},
		{"no number", "start\nexit \n", ending{true, -1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clock := time.AfterFunc(time.Hour, func() {})
			if got := listen(strings.NewReader(tt.status), clock); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if clock.Stop() {
				t.Error("the clock still runs")
			}
		})
	}
}

func TestProblem(t *testing.T) {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	killed := errors.New("signal: killed")
	for _, tt := range []struct {
		name string
		end  ending
		ctx  context.Context
		want string // "" is none
	}{
		{"an exit code", ending{true, 3}, context.Background(), ""},
		{"an exit code in the last moment", ending{true, 0}, over, ""},
		{"too late", ending{true, -1}, over, "stop the guest (command started: true): context canceled"},
		{"died at work", ending{true, -1}, context.Background(), "the guest died while the command ran: qemu: signal: killed"},
		{"died before", ending{false, -1}, context.Background(), "the guest died while it booted: qemu: signal: killed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := tt.end.problem(tt.ctx, killed); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLastLines(t *testing.T) {
	for _, tt := range []struct {
		text string
		n    int
		want string
	}{
		{"", 2, ""},
		{"a\nb", 2, "a\nb"},
		{"a\nb\nc", 2, "b\nc"},
	} {
		if got := string(lastLines([]byte(tt.text), tt.n)); got != tt.want {
			t.Errorf("%q, %d: got %q, want %q", tt.text, tt.n, got, tt.want)
		}
	}
}
