package specconv

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/jsontext"
)

// fill sets every field that serves Linux to a value of its own, so that a
// property read into the wrong field or not at all is seen.
func fill(v reflect.Value, next *int) {
	*next++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), next)
	case reflect.Struct:
		for i := range v.NumField() {
			if p := v.Type().Field(i).Tag.Get("platform"); p != "" && !strings.Contains(p, "linux") && p != "windows" {
				continue
			}
			if f := v.Type().Field(i); f.Type == reflect.TypeFor[*specs.Windows]() {
				continue
			}
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
		v.SetString(fmt.Sprint("text ", *next))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(-int64(*next))
	case reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*next))
	default:
		panic("unexpected kind " + v.Kind().String())
	}
}

func TestDecodeEverything(t *testing.T) {
	var want specs.Spec
	var next int
	fill(reflect.ValueOf(&want).Elem(), &next)
	data, err := json.MarshalIndent(&want, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	got, err := jsontext.Decode(data, readSpec)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, &want) {
		gotJSON, _ := json.MarshalIndent(got, "", "\t")
		t.Errorf("got\n%s\nwant\n%s", gotJSON, data)
	}
}

func TestDecodeErrors(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", "line 1, column 1: an object is wanted, not the end of the file"},
		{"null", "null", "line 1, column 1: an object is wanted, not null"},
		{"array", "[]", "line 1, column 1: an object is wanted, not an array"},
		{"cut", `{"process": {"args": ["sh"`, `line 1, column 27 (process.args[0]): a comma or ']' is wanted, not the end of the file`},
		{"trailing text", "{}\n{}", "line 2, column 1: nothing may follow the object"},
		{"comma at the end", "{\n\t\"root\": {},\n}", "line 3, column 1: a property in quotes is wanted, not '}'"},
		{"no colon", `{"root" {}}`, `line 1, column 9: a colon is wanted after "root", not an object`},
		{"wrong type", `{"process": {"args": "sh"}}`, "line 1, column 22 (process.args): an array is wanted, not a string"},
		{"wrong type in a list", `{"process": {"args": ["a", 1]}}`, "line 1, column 28 (process.args[1]): a string is wanted, not a number"},
		{"wrong type in a map", `{"annotations": {"a": true}}`, "line 1, column 23 (annotations.a): a string is wanted, not true"},
		{"bool", `{"root": {"readonly": "yes"}}`, "line 1, column 23 (root.readonly): true or false is wanted, not a string"},
		{"uid beyond 32 bits", `{"process": {"user": {"uid": 4294967296}}}`, "line 1, column 30 (process.user.uid): 4294967296 is not a whole number in the range of this property"},
		{"negative uid", `{"process": {"user": {"uid": -1}}}`, "line 1, column 30 (process.user.uid): -1 is not a whole number in the range of this property"},
		{"fraction", `{"process": {"oomScoreAdj": 1.5}}`, "line 1, column 29 (process.oomScoreAdj): 1.5 is not a whole number in the range of this property"},
		{"leading zero", `{"process": {"oomScoreAdj": 01}}`, "line 1, column 31 (process.oomScoreAdj): a number must not begin with 0"},
		{"bare word", `{"root": yes}`, `line 1, column 10 (root): an object is wanted, not yes`},
		{"control character", "{\"hostname\": \"a\nb\"}", `line 1, column 16 (hostname): control character '\n' in a string`},
		{"bad escape", `{"hostname": "a\x"}`, "line 1, column 16 (hostname): invalid escape in a string"},
		{"invalid UTF-8", "{\n\"hostname\": \"é\xff\"}", "line 2, column 15: invalid UTF-8"},
		{"unknown property, bad value", `{"x": {"y": [nope]}}`, "line 1, column 14 (x.y[0]): a value is wanted, not nope"},
		{"number given as a string", `{"process": {"user": {"uid": "0"}}}`, "line 1, column 30 (process.user.uid): a number is wanted, not a string"},
		{"string without end", `{"hostname": "a`, "line 1, column 14 (hostname): a string has no end"},
		{"string without end after an escape", `{"hostname": "\n`, "line 1, column 17 (hostname): a string has no end"},
		{"control character after an escape", "{\"hostname\": \"\\n\t\"}", `line 1, column 17 (hostname): control character '\t' in a string`},
		{"half an escape", `{"hostname": "\u00`, "line 1, column 15 (hostname): invalid escape in a string"},
		{"no digit after the point", `{"x": 1.}`, "line 1, column 9 (x): a digit is wanted, not '}'"},
		{"no digit in the exponent", `{"x": 1e-}`, "line 1, column 10 (x): a digit is wanted, not '}'"},
		{"odd key", `{"annotations": {"a.b": 1}}`, `line 1, column 25 (annotations["a.b"]): a string is wanted, not a number`},
		{"too deep", `{"x": ` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "}", "more than 100 levels"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := jsontext.Decode([]byte(tt.in), readSpec)
			if err == nil || !strings.HasSuffix(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestDecodeAccepts(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"spaces", " \r\n\t{ \"hostname\" : \"a\" }\n", "a"},
		{"escapes", `{"hostname": "\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}`, "\"\\/\b\f\n\r\té😀"},
		{"half a surrogate pair", `{"hostname": "\ud83dx\ude00"}`, "\ufffdx\ufffd"},
		{"escaped name", `{"host\u006eame": "a"}`, "a"},
		{"unknown properties", `{"a": {"b": [1, -2.5e+3, null, true, false, "x", {}, []]}, "hostname": "a"}`, "a"},
		{"name in another case", `{"hostname": "a", "HOSTNAME": "b"}`, "a"},
		{"last one counts", `{"hostname": "a", "hostname": "b"}`, "b"},
		{"null everywhere", `{"hostname": null, "linux": {"devices": [{"major": null}]}, "process": null, "mounts": null, "annotations": null, "root": {"readonly": null}}`, ""},
		{"other platforms", `{"windows": {"layerFolders": 1}, "vm": 7, "hostname": "a"}`, "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec, err := jsontext.Decode([]byte(tt.in), readSpec)
			if err != nil {
				t.Fatal(err)
			}
			if spec.Hostname != tt.want {
				t.Errorf("got %q, want %q", spec.Hostname, tt.want)
			}
		})
	}
}

// specExamples are the configurations that come with runtime-spec.
func specExamples(t testing.TB, kind string) map[string][]byte {
	t.Helper()
	examples := map[string][]byte{}
	err := filepath.WalkDir(filepath.Join("testdata", kind), func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) != ".json" {
			return err
		}
		examples[filepath.Base(path)], err = os.ReadFile(path)
		return err
	})
	if err != nil || len(examples) == 0 {
		t.Fatalf("read examples: %v", err)
	}
	return examples
}

// TestDecodeLikeEncodingJSON reads whole configurations both ways.
func TestDecodeLikeEncodingJSON(t *testing.T) {
	for name, data := range specExamples(t, "configs") {
		want := new(specs.Spec)
		if err := json.Unmarshal(data, want); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want.Solaris, want.Windows, want.VM, want.ZOS, want.FreeBSD = nil, nil, nil, nil, nil
		got, err := jsontext.Decode(data, readSpec)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		gotJSON, _ := json.Marshal(got)
		wantJSON, _ := json.Marshal(want)
		if string(gotJSON) != string(wantJSON) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, gotJSON, wantJSON)
		}
	}
}

// BenchmarkDecode reads what an engine writes with its default profile.
func BenchmarkDecode(b *testing.B) {
	data := specExamples(b, "configs")["docker.json"]
	b.Run("specconv", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := jsontext.Decode(data, readSpec); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := json.Unmarshal(data, new(specs.Spec)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// FuzzLoad decodes and checks whatever comes, and must not panic.
func FuzzLoad(f *testing.F) {
	for _, data := range specExamples(f, "configs") {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		spec, err := jsontext.Decode(data, readSpec)
		if err != nil {
			return
		}
		if cfg, err := Parse(spec, "/bundle", testHost); err != nil && cfg != nil {
			t.Errorf("configuration along with error %v", err)
		}
	})
}
