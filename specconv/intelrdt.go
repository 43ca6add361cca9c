package specconv

import (
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// intelRdt checks config-linux.md#intelrdt.
func (c *checker) intelRdt(r *specs.LinuxIntelRdt) {
	if r == nil {
		return
	}
	const path = "linux.intelRdt"
	switch r.ClosID {
	case "", "/":
	case ".", "..", "info", "mon_groups", "mon_data":
		c.fail(path+".closID", "%q is not the name of a group", r.ClosID)
	default:
		if strings.ContainsAny(r.ClosID, "/\n\x00") {
			c.fail(path+".closID", "%q is not the name of a group", r.ClosID)
		}
	}
	c.schema(path+".l3CacheSchema", r.L3CacheSchema)
	c.schema(path+".memBwSchema", r.MemBwSchema)
	if r.MemBwSchema != "" && !strings.HasPrefix(r.MemBwSchema, "MB:") {
		c.fail(path+".memBwSchema", "%q does not begin with MB:", r.MemBwSchema)
	}
	for i, line := range r.Schemata {
		c.schema(at(path+".schemata", i), line)
	}
}

// schema checks one line of a schemata file.
func (c *checker) schema(path, line string) {
	if strings.ContainsAny(line, "\n\x00") {
		c.fail(path, "%q is more than one line", line)
	}
}
