package libct

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/jsontext"
)

// fill sets every field to a value of its own, so that one kept under the
// wrong name or not at all is seen.
func fill(v reflect.Value, next *int) {
	*next++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(0, int64(*next)).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), next)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), next)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), next)
		fill(v.Index(1), next)
	case reflect.Map:
		e := reflect.New(v.Type().Elem()).Elem()
		fill(e, next)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf(fmt.Sprint("key", *next)), e)
	case reflect.String:
		v.SetString(fmt.Sprintf("text \"%d\"\n", *next))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(-int64(*next))
	case reflect.Uint64:
		v.SetUint(1<<63 + uint64(*next))
	default:
		panic("unexpected kind " + v.Kind().String())
	}
}

func filledRecord() record {
	var rec record
	var next int
	fill(reflect.ValueOf(&rec).Elem(), &next)
	return rec
}

func TestRecordIsKeptWhole(t *testing.T) {
	for _, tt := range []struct {
		name string
		rec  record
	}{
		{"full", filledRecord()},
		{"empty", record{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &Container{dir: t.TempDir(), rec: tt.rec}
			if err := c.save(); err != nil {
				t.Fatal(err)
			}
			got, err := readRecord(c.dir)
			if err != nil || !reflect.DeepEqual(got, tt.rec) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, tt.rec)
			}
		})
	}
}

// What the tags of the fields promise is what state.json holds.
func TestRecordLikeEncodingJSON(t *testing.T) {
	want := filledRecord()
	var got record
	if err := json.Unmarshal(want.encode(), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("reads %+v, %v\nwant %+v", got, err, want)
	}
	data, err := json.Marshal(&want)
	if err != nil {
		t.Fatal(err)
	}
	own, err := jsontext.Decode(data, decodeRecord)
	if err != nil || !reflect.DeepEqual(*own, want) {
		t.Errorf("decodes %+v, %v\nwant %+v", own, err, want)
	}
}

// Hooks and seccomp agents read the states of the specification.
func TestStatesForOthers(t *testing.T) {
	c := &Container{rec: record{
		ID: "c1", OCIVersion: "1.3.0", Bundle: "/b", InitPid: 42, Annotations: map[string]string{"k": "v"},
	}}
	state := specs.State{
		Version: "1.3.0", ID: "c1", Status: specs.StateCreating, Pid: 42, Bundle: "/b",
		Annotations: map[string]string{"k": "v"},
	}
	stopped := state
	stopped.Status, stopped.Pid = specs.StateStopped, 0
	agent := specs.ContainerProcessState{
		Version: "1.3.0", Fds: []string{specs.SeccompFdName}, Pid: 43, Metadata: "m", State: state,
	}
	for _, tt := range []struct {
		name string
		got  []byte
		want any
	}{
		{"hook", c.hookState(Creating, 42), state},
		{"hook of a stopped container", c.hookState(Stopped, 0), stopped},
		{"agent", c.notifyState(Creating, 43, "m"), agent},
	} {
		want, err := json.Marshal(tt.want)
		if err != nil {
			t.Fatal(err)
		}
		if string(tt.got) != string(want) {
			t.Errorf("%s: got %s\nwant %s", tt.name, tt.got, want)
		}
	}
}

// FuzzDecodeRecord reads whatever comes, and must not panic; what it accepts
// is kept as it is.
func FuzzDecodeRecord(f *testing.F) {
	full := filledRecord()
	f.Add(full.encode())
	f.Add(new(record).encode())
	f.Add([]byte(`{"cgroup": null, "tail": [null, {}], "poststop": [{"timeout": null}], "created": ""}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := jsontext.Decode(data, decodeRecord)
		if err != nil {
			return
		}
		again, err := jsontext.Decode(rec.encode(), decodeRecord)
		if err != nil || string(again.encode()) != string(rec.encode()) {
			t.Errorf("%q: got %+v, %v, want %+v", data, again, err, rec)
		}
	})
}
