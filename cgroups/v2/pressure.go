package v2

import (
	"fmt"
	"strings"

	"rt/cgroups/cgfs"
)

// pressure reads a pressure file, with lines such as "some avg10=0.00
// avg60=0.00 avg300=0.00 total=0". It gives nil where the kernel keeps none.
func pressure(c *cgfs.Counters, file string) *cgfs.Pressure {
	text := c.Text(file)
	if text == "" {
		return nil
	}
	var p cgfs.Pressure
	for line := range strings.Lines(text) {
		var who string
		var s cgfs.Stall
		_, err := fmt.Sscanf(line, "%s avg10=%g avg60=%g avg300=%g total=%d", &who, &s.Avg10, &s.Avg60, &s.Avg300, &s.Total)
		switch {
		case err != nil:
			c.Bad(file, line)
		case who == "some":
			p.Some = s
		case who == "full":
			p.Full = s
		}
	}
	return &p
}
