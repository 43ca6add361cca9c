package cgfs

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Counters reads what the kernel counts in one cgroup directory.
//
// Which files there are depends on the kernel and how it was configured, so
// one that is missing counts nothing. The first other error is kept in Err.
type Counters struct {
	Dir string
	Err error
}

// Text gives a file's content.
func (c *Counters) Text(file string) string {
	text, err := Read(c.Dir + "/" + file)
	// Reading a pressure file fails where it is switched off.
	if err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EOPNOTSUPP) {
		c.keep(err)
	}
	return text
}

// Number gives the number in a file; the greatest of all for "max".
func (c *Counters) Number(file string) uint64 {
	text := c.Text(file)
	if text == "" {
		return 0
	}
	return c.Parse(file, text)
}

// Numbers gives the numbers that a file lists.
func (c *Counters) Numbers(file string) []uint64 {
	var list []uint64
	for _, text := range strings.Fields(c.Text(file)) {
		list = append(list, c.Parse(file, text))
	}
	return list
}

// Table gives the numbers of a file of "key value" lines.
func (c *Counters) Table(file string) map[string]uint64 {
	table := map[string]uint64{}
	for line := range strings.Lines(c.Text(file)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			c.Bad(file, line)
			continue
		}
		table[key] = c.Parse(file, value)
	}
	return table
}

// Pids reads the controller pids, the same on v1 and v2.
func (c *Counters) Pids() PidsStats {
	s := PidsStats{Current: c.Number("pids.current"), Limit: c.Number("pids.max")}
	if s.Limit == math.MaxUint64 {
		s.Limit = 0
	}
	return s
}

// Device begins an entry with the device that text, "MAJOR:MINOR", names.
func (c *Counters) Device(file, text string) BlkioEntry {
	major, minor, ok := strings.Cut(text, ":")
	if !ok {
		c.Bad(file, text)
		return BlkioEntry{}
	}
	return BlkioEntry{Major: c.Parse(file, major), Minor: c.Parse(file, minor)}
}

// PageSizes lists the page sizes for which there is a file
// "hugetlb.SIZE"+suffix.
func (c *Counters) PageSizes(suffix string) []string {
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		c.keep(fmt.Errorf("list cgroup: %w", err))
	}
	var sizes []string
	for _, e := range entries {
		size, ok := strings.CutPrefix(e.Name(), "hugetlb.")
		if size, is := strings.CutSuffix(size, suffix); ok && is && pageSize(size) {
			sizes = append(sizes, size)
		}
	}
	return sizes
}

// Parse reads one number of a file.
func (c *Counters) Parse(file, text string) uint64 {
	if text == "max" {
		return math.MaxUint64
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		c.Bad(file, text)
	}
	return n
}

// Bad keeps the error that a file holds what it should not.
func (c *Counters) Bad(file, text string) {
	c.keep(fmt.Errorf("read %s/%s: unexpected %q", c.Dir, file, strings.TrimSpace(text)))
}

func (c *Counters) keep(err error) {
	if c.Err == nil {
		c.Err = err
	}
}
