package systemd

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"rt/cgroups/cgfs"
)

func TestProperties(t *testing.T) {
	const max = uint64(math.MaxUint64)
	for _, c := range []struct {
		file, value string
		want        []Property
	}{
		{"cpu.weight", "100", []Property{{"CPUWeight", uint64(100)}}},
		{"cpu.idle", "1", []Property{{"CPUWeight", uint64(0)}}},
		{"cpu.idle", "0", []Property{{"CPUWeight", uint64(100)}}},
		{"cpu.max", "50000 100000", []Property{{"CPUQuotaPerSecUSec", uint64(500000)}, {"CPUQuotaPeriodUSec", uint64(100000)}}},
		{"cpu.max", "12345 50000", []Property{{"CPUQuotaPerSecUSec", uint64(250000)}, {"CPUQuotaPeriodUSec", uint64(50000)}}},
		{"cpu.max", "10000", []Property{{"CPUQuotaPerSecUSec", uint64(100000)}, {"CPUQuotaPeriodUSec", uint64(100000)}}},
		{"cpu.max", "max 20000", []Property{{"CPUQuotaPerSecUSec", max}, {"CPUQuotaPeriodUSec", uint64(20000)}}},
		{"cpu.max", "9223372036854775807 1", []Property{{"CPUQuotaPerSecUSec", max}, {"CPUQuotaPeriodUSec", uint64(1)}}},
		{"cpu.max", "1000 0", nil},
		{"cpuset.cpus", "0-2,9", []Property{{"AllowedCPUs", []byte{0b111, 0b10}}}},
		{"cpuset.mems", "0", []Property{{"AllowedMemoryNodes", []byte{1}}}},
		{"cpuset.cpus", "0-7:2/4", nil},
		{"cpuset.cpus", "all", nil},
		{"memory.max", "1048576", []Property{{"MemoryMax", uint64(1 << 20)}}},
		{"memory.max", "0", []Property{{"MemoryMax", uint64(1)}}},
		{"memory.high", "2M", []Property{{"MemoryHigh", uint64(2 << 20)}}},
		{"memory.high", "18446744073709551615k", nil},
		{"memory.low", "max", []Property{{"MemoryLow", max}}},
		{"memory.min", "5", []Property{{"MemoryMin", uint64(5)}}},
		{"memory.swap.max", "0", []Property{{"MemorySwapMax", uint64(0)}}},
		{"pids.max", "0", []Property{{"TasksMax", uint64(1)}}},
		{"pids.max", "max", []Property{{"TasksMax", max}}},
		{"io.weight", "default 300", []Property{{"IOWeight", uint64(300)}}},
		{"io.weight", "8:0 300", nil},
		{"io.max", "8:0 rbps=1", nil},
		{"cpu.shares", "512", []Property{{"CPUShares", uint64(512)}}},
		{"cpu.cfs_quota_us", "-1", []Property{{"CPUQuotaPerSecUSec", max}, {"CPUQuotaPeriodUSec", uint64(100000)}}},
		{"memory.limit_in_bytes", "-1", []Property{{"MemoryLimit", max}}},
		{"blkio.bfq.weight", "500", []Property{{"BlockIOWeight", uint64(500)}}},
		{"hugetlb.2MB.max", "0", nil},
		{"memory.max", "0x4000000", []Property{{"MemoryMax", uint64(64 << 20)}}},
		{"memory.max", "0x1e", []Property{{"MemoryMax", uint64(30)}}},
		{"memory.max", "010M", []Property{{"MemoryMax", uint64(8 << 20)}}},
		{"memory.max", "1p", []Property{{"MemoryMax", uint64(1 << 50)}}},
		{"memory.max", "1E", []Property{{"MemoryMax", uint64(1 << 60)}}},
		{"memory.max", "16E", nil},
		{"io.bfq.weight", "1", []Property{{"IOWeight", uint64(1)}}},
		{"io.bfq.weight", "100", []Property{{"IOWeight", uint64(100)}}},
		{"io.bfq.weight", "default 173", []Property{{"IOWeight", uint64(903)}}},
		{"io.bfq.weight", "1000", []Property{{"IOWeight", uint64(10000)}}},
	} {
		v2 := !slices.Contains([]string{"cpu.shares", "cpu.cfs_quota_us", "memory.limit_in_bytes", "blkio.bfq.weight"}, c.file)
		got := Properties([]cgfs.Setting{{File: c.file, Value: c.value}}, Host{Version: 252, V2: v2})
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %q: %v, want %v", c.file, c.value, got, c.want)
		}
	}
}

func TestPropertiesTogether(t *testing.T) {
	writes := []cgfs.Setting{
		{File: "cpu.weight", Value: "20"},
		{File: "cpu.idle", Value: "1"},
		{File: "io.bfq.weight", Value: "500", Else: "io.weight", ElseValue: "4950"},
		{File: "pids.max", Value: "7"},
		{File: "pids.max", Value: "9"}, // the last is what counts
	}
	want := []Property{{"CPUWeight", uint64(0)}, {"TasksMax", uint64(9)}, {"IOWeight", uint64(4500)}}
	if got := Properties(writes, Host{Version: 252, V2: true}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// Older ones have no idle cgroups, and would take 0 for an error.
	want[0].Value = uint64(20)
	if got := Properties(append(writes[:1:1], writes[2:]...), Host{Version: 249, V2: true}); !reflect.DeepEqual(got, want) {
		t.Errorf("version 249: got %v, want %v", got, want)
	}
	if got := Properties(writes[1:2], Host{Version: 249, V2: true}); got != nil {
		t.Errorf("version 249: got %v for an idle cgroup", got)
	}
}

// On v1 systemd knows shares and nothing of idle cgroups, and a file of v2 is
// none of its.
func TestPropertiesV1(t *testing.T) {
	writes := []cgfs.Setting{
		{File: "cpu.shares", Value: "512"},
		{File: "cpu.cfs_period_us", Value: "50000"},
		{File: "cpu.cfs_quota_us", Value: "25000"},
		{File: "cpu.idle", Value: "0"},
		{File: "pids.max", Value: "5"},
		{File: "memory.max", Value: "5"},
	}
	want := []Property{
		{"TasksMax", uint64(5)}, {"CPUShares", uint64(512)},
		{"CPUQuotaPerSecUSec", uint64(500000)}, {"CPUQuotaPeriodUSec", uint64(50000)},
	}
	if got := Properties(writes, Host{Version: 252}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A quota without a period has the one in force.
func TestPropertiesPeriod(t *testing.T) {
	for _, c := range []struct {
		writes []string
		period uint64
	}{
		{[]string{"25000"}, 50000},
		{[]string{"25000 20000"}, 20000},
		{[]string{"max 80000", "25000"}, 80000},
		{[]string{"max 80000", "25000 20000"}, 20000},
	} {
		var writes []cgfs.Setting
		for _, w := range c.writes {
			writes = append(writes, cgfs.Setting{File: "cpu.max", Value: w})
		}
		got := Properties(writes, Host{Version: 252, V2: true, Period: "50000"})
		if len(got) != 2 || got[1].Value != c.period {
			t.Errorf("%q: %v, want a period of %d", c.writes, got, c.period)
		}
	}
}
