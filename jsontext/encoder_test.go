package jsontext

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestEncoder(t *testing.T) {
	for _, tt := range []struct {
		name, indent string
		write        func(*Encoder)
		want         string
	}{
		{"text", "", func(e *Encoder) { e.Text("a\"\\\n\x7f<é\xff") }, "\"a\\\"\\\\\\u000a\x7f<é\ufffd\""},
		{"numbers", "", func(e *Encoder) {
			e.Array(func() { e.Int(math.MinInt); e.Uint(math.MaxUint64); e.Int(0) })
		}, `[-9223372036854775808,18446744073709551615,0]`},
		{"words", "", func(e *Encoder) { e.Array(func() { e.Bool(true); e.Bool(false); e.Null() }) }, `[true,false,null]`},
		{"time", "", func(e *Encoder) { e.Time(time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)) }, `"2026-01-02T03:04:05.000006Z"`},
		{"empty", "  ", func(e *Encoder) {
			e.Object(func() { e.Name("a").List(nil); e.Name("b").Dict(nil) })
		}, "{\n  \"a\": [],\n  \"b\": {}\n}"},
		{"text that looks like structure", "", func(e *Encoder) { e.List([]string{"{", "[", ":", "", " "}) }, `["{","[",":",""," "]`},
		{"nested", "", func(e *Encoder) {
			e.Object(func() {
				e.Name("z").Dict(map[string]string{"b": "2", "a": "1"})
				e.Name("y").Array(func() { e.Object(func() {}); e.List([]string{"c"}) })
			})
		}, `{"z":{"a":"1","b":"2"},"y":[{},["c"]]}`},
		{"indented", "\t", func(e *Encoder) {
			e.Array(func() { e.Object(func() { e.Name("a").Int(1); e.Name("b").List([]string{"c", "d"}) }); e.Int(2) })
		}, "[\n\t{\n\t\t\"a\": 1,\n\t\t\"b\": [\n\t\t\t\"c\",\n\t\t\t\"d\"\n\t\t]\n\t},\n\t2\n]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := Encoder{Indent: tt.indent}
			tt.write(&e)
			if got := string(e.Bytes()); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !json.Valid(e.Bytes()) {
				t.Error("not valid")
			}
		})
	}
}

// FuzzText holds the encoder against encoding/json: it reads the text as it
// would read its own, and so does the decoder.
func FuzzText(f *testing.F) {
	f.Add("plain")
	f.Add("quote\" back\\slash line\nfeed\ttab\x00nul\x7f")
	f.Add("é\u2028\U0001f600\xff<a href=\"x\">&</a>")
	f.Fuzz(func(t *testing.T, s string) {
		var e Encoder
		e.Object(func() { e.Name("s").Text(s) })
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var want string
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		var got struct{ S string }
		if err := json.Unmarshal(e.Bytes(), &got); err != nil || got.S != want {
			t.Errorf("got %q, %v, want %q", got.S, err, want)
		}
		own, err := Decode(e.Bytes(), func(d *Decoder, v *string) {
			for range d.Members() {
				Text(d, v)
			}
		})
		if err != nil || *own != want {
			t.Errorf("got %q, %v, want %q", *own, err, want)
		}
	})
}
