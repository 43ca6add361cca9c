package systemd

import (
	"bytes"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"rt/cgroups/cgfs"
)

// infinity is systemd's word for no limit.
const infinity = math.MaxUint64

// defaultPeriod is the kernel's of a quota, in microseconds.
const defaultPeriod = 100000

// setting is what a write to a cgroup's file is to systemd.
type setting struct {
	file  string
	since int // the version that has the property, 0 if any has that runs on Linux 5.14
	// properties converts a value; files has the other writes. A value that
	// has no form among properties has none, and is left to the file.
	properties func(value string, files map[string]string) []Property
}

// Equal tells whether both set the same to the same.
func (p Property) Equal(o Property) bool {
	var a, b encoder
	a.value(p.Value)
	b.value(o.Value)
	return p.Name == o.Name && signature(p.Value) == signature(o.Value) && bytes.Equal(a.buf, b.buf)
}

// Host is what decides how systemd is told of limits.
type Host struct {
	Version int    // of systemd
	V2      bool   // cgroup v2 is all there is
	Period  string // of the quota in force, in microseconds; "" for the kernel's default
}

// unified has a row for every file of v2 that systemd has a property for: it
// writes them whenever it applies the unit's properties anew. It also writes
// some that it has none for (memory.oom.group).
var unified = [...]setting{
	{"cpu.weight", 0, number("CPUWeight", 1, 10000)},
	{"cpu.idle", 252, idle},
	{"cpu.max", 0, cpuMax},
	{"cpuset.cpus", 0, mask("AllowedCPUs")},
	{"cpuset.mems", 0, mask("AllowedMemoryNodes")},
	{"memory.min", 0, number("MemoryMin", 0, infinity)},
	{"memory.low", 0, number("MemoryLow", 0, infinity)},
	{"memory.high", 0, number("MemoryHigh", 1, infinity)},
	{"memory.max", 0, number("MemoryMax", 1, infinity)},
	{"memory.swap.max", 0, number("MemorySwapMax", 0, infinity)},
	{"pids.max", 0, number("TasksMax", 1, infinity)},
	{"io.weight", 0, number("IOWeight", 1, 10000)},
	{"io.bfq.weight", 0, bfq},
}

// legacy is the same for v1.
var legacy = [...]setting{
	{"pids.max", 0, number("TasksMax", 1, infinity)},
	{"cpu.shares", 0, number("CPUShares", 2, 262144)},
	{"cpu.cfs_quota_us", 0, cfsQuota},
	{"memory.limit_in_bytes", 0, number("MemoryLimit", 1, infinity)},
	{"blkio.bfq.weight", 0, number("BlockIOWeight", 10, 1000)},
}

// Properties gives what systemd is to be told of limits that are going to be
// written.
func Properties(writes []cgfs.Setting, host Host) []Property {
	files := map[string]string{}
	for _, w := range writes {
		value := w.Value
		switch {
		case strings.Contains(value, ":"):
			continue // a value of one device has no place here
		case w.File == "cpu.max":
			value = withPeriod(value, files["cpu.max"], host.Period)
		}
		files[w.File] = value
	}
	rows := legacy[:]
	if host.V2 {
		rows = unified[:]
	}
	var out []Property
	for _, s := range rows {
		if value, ok := files[s.file]; ok && host.Version >= s.since {
			out = append(out, s.properties(value, files)...)
		}
	}
	return out
}

// withPeriod completes a write to cpu.max, which leaves a period that it does
// not name as it is: that of the write before, or the one in force.
func withPeriod(value, before, inForce string) string {
	if len(strings.Fields(value)) != 1 {
		return value
	}
	if f := strings.Fields(before); len(f) == 2 {
		inForce = f[1]
	}
	return value + " " + inForce
}

// number converts a number that systemd takes from least to most.
func number(name string, least, most uint64) func(string, map[string]string) []Property {
	return func(value string, files map[string]string) []Property {
		n, ok := parse(strings.TrimPrefix(value, "default "))
		if !ok || name == "CPUWeight" && files["cpu.idle"] == "1" {
			return nil
		}
		return []Property{{name, min(max(n, least), most)}}
	}
}

// parse reads a number as the kernel's memparse and kstrtoull do: in base 16
// after "0x", 8 after "0", else 10.
func parse(value string) (uint64, bool) {
	if value == "max" || value == "-1" || value == "infinity" {
		return infinity, true
	}
	suffixes := "kmgtpe"
	if strings.HasPrefix(strings.ToLower(value), "0x") {
		suffixes = "kmgtp" // "e" is a digit
	}
	var shift uint
	if value != "" {
		if i := strings.IndexByte(suffixes, value[len(value)-1]|0x20); i >= 0 {
			shift, value = uint(10*(i+1)), value[:len(value)-1]
		}
	}
	n, err := strconv.ParseUint(value, 0, 64)
	return n << shift, err == nil && n<<shift>>shift == n
}

// bfq converts a weight for the BFQ scheduler to the one that systemd turns
// back into it: equal up to the default of both, steeper by 11 beyond.
func bfq(value string, files map[string]string) []Property {
	n, ok := parse(strings.TrimPrefix(value, "default "))
	if _, plain := files["io.weight"]; plain || !ok {
		return nil
	}
	const usual = 100
	if n = min(max(n, 1), 1000); n > usual {
		n = usual + (n-usual)*11
	}
	return []Property{{"IOWeight", n}}
}

// idle is a weight of its own, and to give it up is to return to the usual one.
func idle(value string, files map[string]string) []Property {
	switch {
	case value == "1":
		return []Property{{"CPUWeight", uint64(0)}}
	case value == "0" && files["cpu.weight"] == "":
		return []Property{{"CPUWeight", uint64(100)}}
	}
	return nil
}

func cpuMax(value string, _ map[string]string) []Property {
	limit, period, _ := strings.Cut(value, " ")
	return quota(limit, strings.TrimSpace(period))
}

func cfsQuota(value string, files map[string]string) []Property {
	return quota(value, files["cpu.cfs_period_us"])
}

// quota converts microseconds in each period to those in each second. Systemd
// writes its unit files in whole percents and cuts off the rest, so that the
// limit would be lower after it has read them again: it is rounded up. The
// exact value is the file's.
func quota(limit, period string) []Property {
	n, err := strconv.ParseUint(limit, 10, 64)
	if limit == "max" || limit == "-1" {
		n, err = infinity, nil
	}
	p := uint64(defaultPeriod)
	if err == nil && period != "" {
		p, err = strconv.ParseUint(period, 10, 64)
	}
	if err != nil || p == 0 {
		return nil
	}
	perSecond := uint64(infinity)
	if n != infinity {
		perSecond = percents(n, p)
	}
	return []Property{{"CPUQuotaPerSecUSec", perSecond}, {"CPUQuotaPeriodUSec", p}}
}

// percents gives quota/period in microseconds of a second, rounded up to whole
// percents.
func percents(quota, period uint64) uint64 {
	const percent, second = 10000, 1000000
	hi, lo := bits.Mul64(quota, second/percent)
	lo, carry := bits.Add64(lo, period-1, 0)
	if hi+carry >= period {
		return infinity
	}
	n, _ := bits.Div64(hi+carry, lo, period)
	if n > infinity/percent {
		return infinity
	}
	return n * percent
}

// mask converts a list of CPUs or nodes ("0-2,7") to a bit for each, the first
// in the lowest bit of the first byte.
func mask(name string) func(string, map[string]string) []Property {
	return func(value string, _ map[string]string) []Property {
		var set []byte
		for part := range strings.SplitSeq(value, ",") {
			first, last, ranged := strings.Cut(strings.TrimSpace(part), "-")
			if !ranged {
				last = first
			}
			from, err := strconv.ParseUint(first, 10, 16)
			to, lastErr := strconv.ParseUint(last, 10, 16)
			if err != nil || lastErr != nil {
				return nil
			}
			for n := from; n <= to; n++ {
				for uint64(len(set)) <= n/8 {
					set = append(set, 0)
				}
				set[n/8] |= 1 << (n % 8)
			}
		}
		return []Property{{name, set}}
	}
}
