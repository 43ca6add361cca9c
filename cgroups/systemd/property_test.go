package systemd

import (
	"math"
	"reflect"
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
	} {
		got := Properties([]cgfs.Setting{{File: c.file, Value: c.value}}, 252)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %q: %v, want %v", c.file, c.value, got, c.want)
		}
	}
}

func TestPropertiesTogether(t *testing.T) {
	writes := []cgfs.Setting{
		{File: "cpu.weight", Value: "20"},
		{File: "cpu.idle", Value: "1"},
		{File: "cpu.cfs_period_us", Value: "50000"},
		{File: "cpu.cfs_quota_us", Value: "25000"},
		{File: "io.bfq.weight", Value: "500", Else: "io.weight", ElseValue: "4950"},
		{File: "pids.max", Value: "7"},
		{File: "pids.max", Value: "9"}, // the last is what counts
	}
	want := []Property{
		{"CPUWeight", uint64(0)}, {"TasksMax", uint64(9)}, {"IOWeight", uint64(4950)},
		{"CPUQuotaPerSecUSec", uint64(500000)}, {"CPUQuotaPeriodUSec", uint64(50000)},
	}
	if got := Properties(writes, 252); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	// Older ones have no idle cgroups, and would take 0 for an error.
	want[0].Value = uint64(20)
	if got := Properties(append(writes[:1:1], writes[2:]...), 249); !reflect.DeepEqual(got, want) {
		t.Errorf("version 249: got %v, want %v", got, want)
	}
	if got := Properties(writes[1:2], 249); got != nil {
		t.Errorf("version 249: got %v for an idle cgroup", got)
	}
}
