package cli

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"rt/jsontext"
	"rt/libct"
)

func TestEncodeState(t *testing.T) {
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
}`
	e := jsontext.Encoder{Indent: "  "}
	if encodeState(&e, &s); string(e.Bytes()) != want {
		t.Errorf("got %s\nwant %s", e.Bytes(), want)
	}
}

// Every field of State is written, and a reader of JSON gets it back.
func TestEncodeStateWhole(t *testing.T) {
	want := libct.State{
		OCIVersion: "1.3.0", ID: "c1", Pid: 42, Status: libct.Paused, Bundle: "/b", Rootfs: "/r",
		Created:     time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC),
		Annotations: map[string]string{"<k>": "v"}, Owner: "root",
	}
	for i := range reflect.TypeFor[libct.State]().NumField() {
		if reflect.ValueOf(want).Field(i).IsZero() {
			t.Fatalf("field %d is not tested", i)
		}
	}
	var e jsontext.Encoder
	encodeState(&e, &want)
	var got libct.State
	if err := json.Unmarshal(e.Bytes(), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}
