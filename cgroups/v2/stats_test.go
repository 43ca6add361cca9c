package v2

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rt/cgroups/cgfs"
)

func TestReadStats(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string // part of the JSON, or of the error
	}{
		{"cpu", map[string]string{
			"cpu.stat":     "usage_usec 5\nuser_usec 3\nsystem_usec 2\nnr_periods 7\nnr_throttled 6\nthrottled_usec 4\n",
			"cpu.pressure": "some avg10=0.50 avg60=1.25 avg300=0.00 total=77\nfull avg10=0.00 avg60=0.00 avg300=2.00 total=5\n",
		}, `"cpu":{"usage":{"total":5000,"kernel":2000,"user":3000},"throttling":{"periods":7,"throttledPeriods":6,"throttledTime":4000},` +
			`"psi":{"some":{"avg10":0.5,"avg60":1.25,"avg300":0,"total":77},"full":{"avg10":0,"avg60":0,"avg300":2,"total":5}}}`},
		{"memory", map[string]string{
			"memory.stat": "anon 1\nfile 2\n", "memory.max": "100\n", "memory.current": "50\n", "memory.peak": "60\n",
			"memory.events": "low 0\nhigh 0\nmax 9\noom 1\noom_kill 1\n", "memory.swap.max": "20\n", "memory.swap.current": "5\n",
		}, `"memory":{"cache":2,"usage":{"limit":100,"usage":50,"max":60,"failcnt":9},"swap":{"limit":120,"usage":55,"failcnt":0},` +
			`"kernel":{"limit":0,"failcnt":0},"kernelTCP":{"limit":0,"failcnt":0},"raw":{"anon":1,"file":2}}`},
		{"unlimited memory", map[string]string{"memory.max": "max\n", "memory.swap.max": "0\n"},
			`"usage":{"limit":18446744073709551615,"failcnt":0},"swap":{"limit":18446744073709551615,"failcnt":0}`},
		{"unlimited swap", map[string]string{"memory.max": "10\n", "memory.swap.max": "max\n"},
			`"usage":{"limit":10,"failcnt":0},"swap":{"limit":18446744073709551615,"failcnt":0}`},
		{"pids", map[string]string{"pids.current": "3\n", "pids.max": "max\n"}, `"pids":{"current":3}`},
		{"io", map[string]string{"io.stat": "8:0\n8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.usage=7\n"},
			`"blkio":{"ioServiceBytesRecursive":[{"major":8,"minor":16,"op":"Read","value":1},{"major":8,"minor":16,"op":"Write","value":2},` +
				`{"major":8,"minor":16,"op":"Discard","value":5}],"ioServicedRecursive":[{"major":8,"minor":16,"op":"Read","value":3},` +
				`{"major":8,"minor":16,"op":"Write","value":4},{"major":8,"minor":16,"op":"Discard","value":6}]}`},
		{"hugetlb", map[string]string{"hugetlb.1GB.rsvd.current": "8\n", "hugetlb.1GB.current": "7\n", "hugetlb.1GB.events": "max 2\n"},
			`"hugetlb":{"1GB":{"usage":8,"failcnt":2}}`},
		{"not a pressure", map[string]string{"io.pressure": "some much\n"}, `/io.pressure: unexpected "some much"`},
		{"not a count", map[string]string{"io.stat": "8:0 rbytes=x\n"}, `/io.stat: unexpected "x"`},
	} {
		dir := t.TempDir()
		for name, text := range tt.files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := &cgfs.Stats{Hugetlb: map[string]cgfs.HugetlbStats{}}
		got := ""
		if err := ReadStats(dir, s); err != nil {
			got = err.Error()
		} else if b, err := json.Marshal(s); err == nil {
			got = string(b)
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}
