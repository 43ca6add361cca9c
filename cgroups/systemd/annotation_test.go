package systemd

import (
	"reflect"
	"strings"
	"testing"
)

func TestAnnotated(t *testing.T) {
	got, err := Annotated(map[string]string{
		"org.example.other":                               "anything",
		"org.systemd.property.TimeoutStopUSec":            "uint64 123456789",
		"org.systemd.property.RuntimeMaxSec":              "1.5",
		"org.systemd.property.CollectMode":                "'inactive-or-failed'",
		"org.systemd.property.DefaultDependencies":        "true",
		"org.systemd.property.KillSignal":                 "int32 15",
		"org.systemd.property.After":                      `['crio.service', "b\\c@d.service"]`,
		"org.systemd.property.SendSIGHUP":                 " false ",
		"org.systemd.property.RuntimeRandomizedExtraUSec": "7",
	})
	want := []Property{
		{"After", []string{"crio.service", `b\c@d.service`}},
		{"CollectMode", "inactive-or-failed"},
		{"DefaultDependencies", true},
		{"KillSignal", int32(15)},
		{"RuntimeMaxUSec", uint64(1500000)},
		{"RuntimeRandomizedExtraUSec", uint64(7)},
		{"SendSIGHUP", false},
		{"TimeoutStopUSec", uint64(123456789)},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, %v\nwant %#v", got, err, want)
	}
	if got, err := Annotated(map[string]string{"org.systemd.property.After": "@as []"}); err != nil || len(got) != 1 {
		t.Errorf("an empty list: %v, %v", got, err)
	}
}

// A container does not hold up a shutdown for ever.
func TestAnnotatedStop(t *testing.T) {
	for name, value := range map[string]string{"TimeoutStopUSec": "18446744073709551615", "TimeoutStopSec": "7200"} {
		got, err := Annotated(map[string]string{AnnotationPrefix + name: value})
		if want := []Property{{"TimeoutStopUSec", uint64(maxStop)}}; err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s=%s: %v, %v", name, value, got, err)
		}
	}
	if got, err := Annotated(map[string]string{AnnotationPrefix + "SendSIGKILL": "true"}); err != nil || len(got) != 1 {
		t.Errorf("SendSIGKILL: %v, %v", got, err)
	}
}

func TestAnnotatedRefuses(t *testing.T) {
	for name, value := range map[string]string{
		"Slice":           "'-.slice'",
		"MemoryMax":       "uint64 18446744073709551615",
		"MemoryMaxSec":    "1",
		"PIDs":            "[uint32 1]",
		"FailureAction":   "'reboot-force'",
		"":                "1",
		"Sec":             "1",
		"TimeoutStopUSec": "'text'",
		"TimeoutStopSec":  "-1",
		"RuntimeMaxSec":   "NaN",
		"CollectMode":     "inactive",
		"SendSIGKILL":     "1",
		"SendSIGHUP":      "'true'",
		"KillSignal":      "uint64 4294967296",
		"After":           "['a'",
	} {
		key := AnnotationPrefix + name
		if got, err := Annotated(map[string]string{key: value}); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s=%s: %v, %v; want an error that names it", key, value, got, err)
		}
	}
	for name, value := range map[string]string{
		"SendSIGKILL": "false",
		"After":       "['a/b.service']",
	} {
		if got, err := Annotated(map[string]string{AnnotationPrefix + name: value}); err == nil {
			t.Errorf("%s=%s: %v", name, value, got)
		}
	}
	many := "['a.service'" + strings.Repeat(", 'a.service'", maxAfter) + "]"
	if got, err := Annotated(map[string]string{AnnotationPrefix + "After": many}); err == nil {
		t.Errorf("many units: %v", got)
	}
	twice := map[string]string{AnnotationPrefix + "TimeoutStopSec": "1", AnnotationPrefix + "TimeoutStopUSec": "1"}
	if got, err := Annotated(twice); err == nil {
		t.Errorf("set twice: %v", got)
	}
	for _, value := range []string{"['a' 'b']", "[,]", "['a',,]", "'a'", "[a]", "['a\\n']", "'", "[", "]", "['a']x", "@as"} {
		if got, err := textList(value); err == nil {
			t.Errorf("textList(%q) = %v", value, got)
		}
	}
}
