package v2

import (
	"strings"

	"rt/cgroups/cgfs"
)

// ioStats reads io.stat, with lines such as "8:0 rbytes=512 wbytes=0 rios=1
// wios=0 dbytes=0 dios=0" for each device.
func ioStats(c *cgfs.Counters, s *cgfs.Stats) {
	const file = "io.stat"
	b := &s.Blkio
	keys := [...]struct {
		name, op string
		to       *[]cgfs.BlkioEntry
	}{
		{"rbytes", "Read", &b.ServiceBytes}, {"wbytes", "Write", &b.ServiceBytes}, {"dbytes", "Discard", &b.ServiceBytes},
		{"rios", "Read", &b.Serviced}, {"wios", "Write", &b.Serviced}, {"dios", "Discard", &b.Serviced},
	}
	for line := range strings.Lines(c.Text(file)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue // a device without counts has no more than its number
		}
		entry := c.Device(file, f[0])
		for _, pair := range f[1:] {
			name, value, _ := strings.Cut(pair, "=")
			for _, k := range keys {
				if k.name == name {
					entry.Op, entry.Value = k.op, c.Parse(file, value)
					*k.to = append(*k.to, entry)
				}
			}
		}
	}
	b.PSI = pressure(c, "io.pressure")
}
