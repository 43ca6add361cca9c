package cli

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"rt/libct"
)

func TestAppendState(t *testing.T) {
	s := libct.State{
		OCIVersion: "1.3.0", ID: "c1", Pid: 42, Status: libct.Running, Bundle: "/b", Rootfs: "/b/rootfs",
		Created:     time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC),
		Annotations: map[string]string{"z": "<last>", "a.b/c": "first"},
		Owner:       "root",
	}
	want := `{
  "ociVersion": "1.3.0",
  "id": "c1",
  "pid": 42,
  "status": "running",
  "bundle": "/b",
  "rootfs": "/b/rootfs",
  "created": "2026-01-02T03:04:05.000006Z",
  "annotations": {
    "a.b/c": "first",
    "z": "<last>"
  },
  "owner": "root"
}
`
	if got := string(appendState(nil, s)); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Whatever the strings hold, a reader of JSON gets them back, and every field
// of State is written.
func FuzzAppendState(f *testing.F) {
	f.Add("plain", "value")
	f.Add("quote\" back\\slash", "line\nfeed\ttab\x00nul\x7f")
	f.Add("é\u2028\U0001f600", "<a href=\"x\">&</a>")
	f.Fuzz(func(t *testing.T, key, value string) {
		want := libct.State{
			OCIVersion: value, ID: key, Pid: 1 << 20, Status: libct.Status(value), Bundle: value, Rootfs: key,
			Created:     time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC),
			Annotations: map[string]string{key: value, "other": key}, Owner: value,
		}
		for i := range reflect.TypeFor[libct.State]().NumField() {
			if reflect.ValueOf(want).Field(i).IsZero() && key != "" && value != "" {
				t.Fatalf("field %d is not tested", i)
			}
		}
		var got libct.State
		if err := json.Unmarshal(appendState(nil, want), &got); err != nil {
			t.Fatal(err)
		}
		if valid := strings.ToValidUTF8(key+value, ""); valid == key+value && !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}
