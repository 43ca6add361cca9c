package faults

import (
	"fmt"
	"testing"
	"time"
)

// rt is killed at moments spread over the time each command takes; then
// delete --force leaves nothing.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	tests := []struct {
		verb   string
		before func(p *place, id string) [][]string // what is done first, undisturbed
		args   func(p *place, id string) []string
	}{
		{"create", nothing, (*place).create},
		{"run", nothing, func(p *place, id string) []string { return []string{"run", "--detach", "--bundle", p.bundle, id} }},
		{"start", created, func(_ *place, id string) []string { return []string{"start", id} }},
		{"exec", started, func(_ *place, id string) []string { return []string{"exec", id, "true"} }},
		{"kill", started, func(_ *place, id string) []string { return []string{"kill", id, "KILL"} }},
		{"delete", created, func(_ *place, id string) []string { return []string{"delete", id} }},
		{"delete-force", started, func(_ *place, id string) []string { return []string{"delete", "--force", id} }},
	}
	for _, tt := range tests {
		t.Run(tt.verb, func(t *testing.T) {
			p := newPlace(t, "k-"+tt.verb, fullSpec(t, "sleep", "1000"))
			took := p.killed(time.Minute, tt.before, tt.args) // undisturbed
			const moments = 24
			for i := range moments {
				p.killed(took*time.Duration(i)*5/4/moments, tt.before, tt.args)
			}
		})
	}
}

func nothing(*place, string) [][]string      { return nil }
func created(p *place, id string) [][]string { return [][]string{p.create(id)} }
func started(p *place, id string) [][]string { return [][]string{p.create(id), {"start", id}} }

// killed runs rt on a new container, kills it after a while, and deletes the
// container.
func (p *place) killed(after time.Duration, before func(*place, string) [][]string, args func(*place, string) []string) time.Duration {
	p.t.Helper()
	id := p.next()
	for _, b := range before(p, id) {
		if r := p.rt(b...); r.err != nil {
			p.t.Fatalf("%v: %v", b, r)
		}
	}
	cmd := p.command(machine.rt, nil, args(p, id)...)
	defer closeStreams(cmd)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { cmd.Process.Kill() })
	cmd.Wait()
	timer.Stop()
	took := time.Since(began)
	p.forced(id, fmt.Sprintf("%v killed after %v", args(p, id), after))
	return took
}
