package v1

import (
	"strings"

	"rt/cgroups/cgfs"
)

// blkioStats reads what the BFQ scheduler counts, or, for what it does not,
// what the throttling layer counts before any scheduler. BFQ counts most of it
// only in kernels built for debugging it.
func blkioStats(c *cgfs.Counters, s *cgfs.Stats) {
	b := &s.Blkio
	for _, part := range [...]struct {
		to    *[]cgfs.BlkioEntry
		files []string
	}{
		{&b.ServiceBytes, []string{"blkio.bfq.io_service_bytes_recursive", "blkio.throttle.io_service_bytes_recursive"}},
		{&b.Serviced, []string{"blkio.bfq.io_serviced_recursive", "blkio.throttle.io_serviced_recursive"}},
		{&b.Queued, []string{"blkio.bfq.io_queued_recursive"}},
		{&b.ServiceTime, []string{"blkio.bfq.io_service_time_recursive"}},
		{&b.WaitTime, []string{"blkio.bfq.io_wait_time_recursive"}},
		{&b.Merged, []string{"blkio.bfq.io_merged_recursive"}},
		{&b.Time, []string{"blkio.bfq.time_recursive"}},
		{&b.Sectors, []string{"blkio.bfq.sectors_recursive"}},
	} {
		for _, file := range part.files {
			if *part.to == nil {
				*part.to = blkioEntries(c, file)
			}
		}
	}
}

// blkioEntries reads lines of "MAJOR:MINOR OPERATION VALUE", some of which name
// no operation. The sum of all devices in the last line is left out.
func blkioEntries(c *cgfs.Counters, file string) []cgfs.BlkioEntry {
	var list []cgfs.BlkioEntry
	for line := range strings.Lines(c.Text(file)) {
		f := strings.Fields(line)
		if len(f) == 2 && f[0] == "Total" {
			continue
		}
		if len(f) < 2 || len(f) > 3 {
			c.Bad(file, line)
			return list
		}
		e := c.Device(file, f[0])
		if len(f) == 3 {
			e.Op = f[1]
		}
		e.Value = c.Parse(file, f[len(f)-1])
		list = append(list, e)
	}
	return list
}
