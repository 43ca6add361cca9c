package faults

import (
	"fmt"
	"testing"
	"time"
)

// Two hundred containers run at once, made and deleted twenty at a time.
func TestMany(t *testing.T) {
	t.Parallel()
	const atOnce, each = 20, 10
	places := make([]*place, atOnce)
	for i := range places {
		places[i] = newPlace(t, fmt.Sprintf("m%02d", i), plainSpec("sleep", "1000"))
	}
	ids := make([][]string, atOnce)
	began := time.Now()
	side(atOnce, func(worker int) {
		p := places[worker]
		for range each {
			id := p.next()
			ids[worker] = append(ids[worker], id)
			for _, args := range [][]string{{"create", "--bundle", p.bundle, id}, {"start", id}} {
				if r := p.rt(args...); r.err != nil {
					p.fault("%v: %v", args, r)
				}
			}
		}
	})
	made := time.Since(began)
	for worker, p := range places {
		for _, id := range ids[worker] {
			if n := len(p.processesIn(id)); n == 0 {
				p.fault("container %s does not run", id)
			}
		}
	}
	began = time.Now()
	side(atOnce, func(worker int) {
		for _, id := range ids[worker] {
			if r := places[worker].rt("delete", "--force", id); r.err != nil {
				places[worker].fault("delete %s: %v", id, r)
			}
		}
	})
	t.Logf("%d containers: created and started in %v, deleted in %v", atOnce*each, made, time.Since(began))
	for _, p := range places {
		p.gone(p.name, "deletion of many")
	}
}
