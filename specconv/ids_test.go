package specconv

import (
	"fmt"
	"strings"
	"testing"
)

func TestValidateID(t *testing.T) {
	for _, id := range []string{"a", "0", "A_b+c.d-e", "...", "-", ".a", strings.Repeat("x", 1024)} {
		if err := ValidateID(id); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range []string{"", ".", "..", "a/b", "/", "../a", "a b", "a\x00", "é", "a\n", "a:b", strings.Repeat("x", 1025)} {
		if ValidateID(id) == nil {
			t.Errorf("%q is accepted", id)
		}
	}
}

func FuzzValidateID(f *testing.F) {
	f.Add("a.b")
	f.Add("..")
	f.Fuzz(func(t *testing.T, id string) {
		if ValidateID(id) == nil && (id == "" || id == "." || id == ".." || strings.ContainsAny(id, "/\x00 \n")) {
			t.Errorf("%q is accepted", id)
		}
	})
}

func TestParseUser(t *testing.T) {
	for _, tt := range []struct {
		in       string
		uid, gid uint32
		hasGID   bool
	}{
		{"0", 0, 0, false},
		{"1", 1, 0, false},
		{"1:2", 1, 2, true},
		{"0:0", 0, 0, true},
		{"4294967294:4294967294", 4294967294, 4294967294, true},
	} {
		uid, gid, hasGID, err := ParseUser(tt.in)
		if err != nil || uid != tt.uid || gid != tt.gid || hasGID != tt.hasGID {
			t.Errorf("%q: got %d %d %v %v", tt.in, uid, gid, hasGID, err)
		}
	}
	for _, in := range []string{
		"", "-1", "+1", " 1", "1 ", "01", "00", "0x1", "1e3", "1_0", "4294967295", "4294967296", "18446744073709551616",
		":", "1:", ":1", "1:2:3", "1:-2", "1:02", "1:4294967295", "root", "root:root", "1:root", "١", "1\x00",
	} {
		if uid, gid, _, err := ParseUser(in); err == nil {
			t.Errorf("%q is accepted as %d:%d", in, uid, gid)
		}
	}
}

func FuzzParseUser(f *testing.F) {
	f.Add("1:2")
	f.Add("4294967295")
	f.Fuzz(func(t *testing.T, s string) {
		uid, gid, hasGID, err := ParseUser(s)
		if err != nil {
			return
		}
		back := fmt.Sprint(uid)
		if hasGID {
			back += fmt.Sprint(":", gid)
		}
		if back != s {
			t.Errorf("%q is read as %q", s, back)
		}
	})
}
