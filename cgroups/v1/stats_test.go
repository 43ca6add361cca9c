package v1

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rt/cgroups/cgfs"
)

func TestReadStats(t *testing.T) {
	const free = "9223372036854771712\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string // part of the JSON, or of the error
	}{
		{"nothing", nil, `{"cpu":{"usage":{"kernel":0,"user":0},"throttling":{}},"cpuset":`},
		{"cpu", map[string]string{
			"cpu.stat":             "nr_periods 1\nnr_throttled 2\nthrottled_time 3\nnr_bursts 4\nburst_time 5\n",
			"cpuacct.usage":        "900\n",
			"cpuacct.usage_percpu": "400 500 \n",
			"cpuacct.stat":         "user 2\nsystem 3\n",
			"cpuacct.usage_all":    "cpu user system\n0 10 20\n1 30 40\n",
		}, `{"usage":{"total":900,"percpu":[400,500],"percpu_kernel":[20,40],"percpu_user":[10,30],"kernel":30000000,"user":20000000},` +
			`"throttling":{"periods":1,"throttledPeriods":2,"throttledTime":3}}`},
		{"cpuset", map[string]string{
			"cpuset.cpus": "0-2,5\n", "cpuset.mems": "0\n", "cpuset.mem_exclusive": "1\n", "cpuset.sched_relax_domain_level": "-1\n",
		}, `"cpuset":{"cpus":[0,1,2,5],"cpu_exclusive":0,"mems":[0],"mem_hardwall":0,"mem_exclusive":1,"memory_migrate":0,` +
			`"memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":0,"sched_relax_domain_level":-1}`},
		{"no cpus", map[string]string{"cpuset.cpus": "\n"}, `"cpuset":{"cpu_exclusive":0,`},
		{"memory", map[string]string{
			"memory.stat": "cache 7\nrss 8\n", "memory.limit_in_bytes": "100\n", "memory.usage_in_bytes": "50\n",
			"memory.max_usage_in_bytes": "60\n", "memory.failcnt": "3\n",
			"memory.memsw.limit_in_bytes": free, "memory.kmem.usage_in_bytes": "4\n", "memory.kmem.tcp.failcnt": "5\n",
		}, `"memory":{"cache":7,"usage":{"limit":100,"usage":50,"max":60,"failcnt":3},"swap":{"limit":9223372036854771712,"failcnt":0},` +
			`"kernel":{"limit":0,"usage":4,"failcnt":0},"kernelTCP":{"limit":0,"failcnt":5},"raw":{"cache":7,"rss":8}}`},
		{"pids", map[string]string{"pids.current": "3\n", "pids.max": "9\n"}, `"pids":{"current":3,"limit":9}`},
		{"unlimited pids", map[string]string{"pids.current": "3\n", "pids.max": "max\n"}, `"pids":{"current":3}`},
		{"blkio of the throttling layer", map[string]string{
			"blkio.bfq.io_serviced_recursive":               "Total 0\n",
			"blkio.throttle.io_serviced_recursive":          "8:16 Read 1\n8:16 Total 1\nTotal 1\n",
			"blkio.throttle.io_service_bytes_recursive":     "8:16 Write 512\nTotal 512\n",
			"blkio.throttle.io_service_bytes_something_new": "?",
		}, `"blkio":{"ioServiceBytesRecursive":[{"major":8,"minor":16,"op":"Write","value":512}],` +
			`"ioServicedRecursive":[{"major":8,"minor":16,"op":"Read","value":1},{"major":8,"minor":16,"op":"Total","value":1}]}`},
		{"blkio of bfq", map[string]string{
			"blkio.bfq.io_serviced_recursive":      "8:0 Read 7\nTotal 7\n",
			"blkio.throttle.io_serviced_recursive": "8:0 Read 8\nTotal 8\n",
			"blkio.bfq.sectors_recursive":          "8:0 11\n",
		}, `"blkio":{"ioServicedRecursive":[{"major":8,"op":"Read","value":7}],"sectorsRecursive":[{"major":8,"value":11}]}`},
		{"hugetlb", map[string]string{
			"hugetlb.2MB.rsvd.usage_in_bytes": "1\n", "hugetlb.2MB.rsvd.max_usage_in_bytes": "2\n", "hugetlb.2MB.rsvd.failcnt": "3\n",
			"hugetlb.2MB.usage_in_bytes": "4\n",
		}, `"hugetlb":{"2MB":{"usage":1,"max":2,"failcnt":3}}`},
		{"not a number", map[string]string{"pids.current": "many\n"}, `/pids.current: unexpected "many"`},
		{"not a table", map[string]string{"memory.stat": "cache\n"}, `/memory.stat: unexpected "cache"`},
		{"not a list of CPUs", map[string]string{"cpuset.cpus": "0-x\n"}, `/cpuset.cpus: unexpected "0-x"`},
		{"not a device", map[string]string{"blkio.bfq.sectors_recursive": "sda 1\n"}, `/blkio.bfq.sectors_recursive: unexpected "sda"`},
	} {
		dir := t.TempDir()
		for name, text := range tt.files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := &cgfs.Stats{Hugetlb: map[string]cgfs.HugetlbStats{}}
		got := ""
		if err := ReadStats(func(string) string { return dir }, s); err != nil {
			got = err.Error()
		} else if b, err := json.Marshal(s); err == nil {
			got = string(b)
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}
