package profile

import (
	"bytes"
	"reflect"
	"testing"
)

func TestReadIsWhatWasWritten(t *testing.T) {
	for i, want := range variants() {
		if got, err := KeyOf(want, library).Read(library); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("variant %d: %+v became %+v, %v", i, want, got, err)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	whole := KeyOf(variants()[7], library)
	changed := func(old, new string) Key { return bytes.Replace(whole, []byte(old), []byte(new), 1) }
	for _, tt := range []struct {
		name string
		key  Key
		want string
	}{
		{"nothing", nil, `read profile: it is of generation "", not "` + generation + `"`},
		{"another generation", changed(generation, "tr"+generation[2:]), `read profile: it is of generation "tr` + generation[2:] + `", not "` + generation + `"`},
		{"another library", KeyOf(variants()[0], "9"), `read profile: it is for libseccomp "9", not "1.2.3"`},
		{"another architecture", changed("amd64", "arm64"), "read profile: it is damaged"},
		{"cut", whole[:len(whole)-1], "read profile: it is damaged"},
		{"longer", append(bytes.Clone(whole), 0), "read profile: it is damaged"},
	} {
		if tt.name == "another architecture" && bytes.Equal(tt.key, whole) {
			tt.key = changed("arm64", "amd64")
		}
		if s, err := tt.key.Read(library); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %+v, %v, want %s", tt.name, s, err, tt.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range variants() {
		f.Add([]byte(KeyOf(s, library)))
	}
	f.Fuzz(func(t *testing.T, k []byte) {
		if s, err := Key(k).Read(library); err == nil && !bytes.Equal(KeyOf(s, library), k) {
			t.Errorf("%q became %+v", k, s)
		}
	})
}
