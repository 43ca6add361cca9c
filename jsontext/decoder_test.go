package jsontext

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// point stands for a struct that somebody reads.
type point struct {
	X     int
	Label string
	Peer  *point
	When  time.Time
}

func readPoint(d *Decoder, v *point) {
	for name := range d.Members() {
		switch name {
		case "x":
			Int(d, &v.X)
		case "label":
			Text(d, &v.Label)
		case "peer":
			Pointer(d, &v.Peer, readPoint)
		case "when":
			Time(d, &v.When)
		}
	}
}

func TestDecode(t *testing.T) {
	want := &point{X: -1, Label: "é\n", Peer: &point{X: 2}, When: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}
	in := ` {"x": -1, "other": [{}, 1e3], "label": "\u00e9\n", "peer": {"x": 2, "peer": null}, "when": "2026-01-02T03:04:05.000000006Z"} `
	got, err := Decode([]byte(in), readPoint)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"no object", `[]`, "line 1, column 1: an object is wanted, not an array"},
		{"place", "{\n\t\"peer\": {\"x\": \"é\"}}", "line 2, column 16 (peer.x): a number is wanted, not a string"},
		{"time", `{"when": "noon"}`, `line 1, column 10 (when): "noon" is not a time`},
		{"trailing text", `{}{}`, "line 1, column 3: nothing may follow the object"},
		{"several kinds", "{\"x\": [{}], \"when\": \"noon\",\n\"peer\": {\"x\": 1.5, \"label\": {\"a\": [1]}}, \"label\": \"a\"}",
			"line 1, column 7 (x): a number is wanted, not an array; " +
				`line 1, column 21 (when): "noon" is not a time; ` +
				"line 2, column 15 (peer.x): 1.5 is not a whole number in the range of this property; " +
				"line 2, column 29 (peer.label): a string is wanted, not an object"},
		{"kind, then no JSON", `{"x": "a", "label": }`,
			"line 1, column 7 (x): a number is wanted, not a string; line 1, column 21 (label): a string is wanted, not '}'"},
		{"no JSON in what is stepped over", `{"x": {"a": [1,}}`, "line 1, column 7 (x): a number is wanted, not an object"},
		{"nothing", ``, "line 1, column 1: an object is wanted, not the end of the file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Decode([]byte(tt.in), readPoint); err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

// Each error counts the lines before it: of a large file that is wrong
// everywhere, only some are reported.
func TestDecodeErrorsBounded(t *testing.T) {
	in := `{` + strings.Repeat(`"x": "",`, 1000) + `"x": 1}`
	_, err := Decode([]byte(in), readPoint)
	if err == nil || strings.Count(err.Error(), ";") != maxFaults || !strings.HasSuffix(err.Error(), "and perhaps more") {
		t.Errorf("got %v", err)
	}
}

// A loop over members may end early; the rest is checked all the same.
func TestMembersBreak(t *testing.T) {
	for _, tt := range []struct {
		in string
		ok bool
	}{
		{`{"first": [1], "second": {"x": 2}}`, true},
		{`{"first": [1], "second": {"x": }}`, false},
	} {
		var names []string
		_, err := Decode([]byte(tt.in), func(d *Decoder, _ *struct{}) {
			for name := range d.Members() {
				names = append(names, name)
				break
			}
		})
		if (err == nil) != tt.ok || fmt.Sprint(names) != "[first]" {
			t.Errorf("%s: got %v, error %v, want ok %v", tt.in, names, err, tt.ok)
		}
	}
}

func TestPaths(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{At("process.args", 2), "process.args[2]"},
		{Under("", "process"), "process"},
		{Under("linux", "uidMappings"), "linux.uidMappings"},
		{Under("annotations", "a.b"), `annotations["a.b"]`},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}

// FuzzGrammar holds the decoder against encoding/json: what one takes for
// JSON, the other does.
func FuzzGrammar(f *testing.F) {
	f.Add([]byte(`{"a":[1,-0.5e-7,"\u00e9\n",null,true,false,{}]}`))
	f.Add([]byte("{\n\t\"a\": {\"b\": [[], {}, \"\\ud83d\\ude00\"]}\r\n}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := Decode(data, func(d *Decoder, _ *struct{}) { d.skip(0) })
		if err != nil && strings.Contains(err.Error(), "levels") {
			return
		}
		object := strings.HasPrefix(strings.TrimLeft(string(data), " \t\r\n"), "{")
		want := json.Valid(data) && utf8.Valid(data) && object
		if (err == nil) != want {
			t.Errorf("%q: got error %v, valid is %v", data, err, want)
		}
	})
}
