package main

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// bzImage is a boot sector, setup sectors, and a payload after a gap.
func bzImage(sectors byte, gap, length int, rest string) []byte {
	real := max(int(sectors), 0)
	if real == 0 {
		real = defaultSetupSize
	}
	image := make([]byte, (real+1)*sectorSize+gap)
	image[setupSectsAt] = sectors
	copy(image[magicAt:], "HdrS")
	binary.LittleEndian.PutUint32(image[payloadOffsetAt:], uint32(gap))
	binary.LittleEndian.PutUint32(image[payloadLengthAt:], uint32(length))
	return append(image, rest...)
}

func TestFindPayload(t *testing.T) {
	for _, tt := range []struct {
		name  string
		image []byte
		want  string // "" is an error
	}{
		{"a payload", bzImage(2, 0, 11, "payload\x07\x00\x00\x00"), "payload"},
		{"after a gap, and not the last", bzImage(2, 100, 11, "payload\x07\x00\x00\x00more"), "payload"},
		{"no setup sectors means four", bzImage(0, 0, 11, "payload\x07\x00\x00\x00"), "payload"},
		{"cut off", bzImage(2, 0, 11, "pay"), ""},
		{"empty payload", bzImage(2, 0, 0, "payload"), ""},
		{"short file", []byte("\x7fELF"), ""},
		{"no magic", bytes.Replace(bzImage(2, 0, 11, "payload\x07\x00\x00\x00"), []byte("HdrS"), []byte("none"), 1), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := findPayload(tt.image)
			if (err != nil) != (tt.want == "") || string(got) != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestUnpackLeavesWhatIsNotPacked(t *testing.T) {
	got, err := unpack([]byte("\x7fELF…"))
	if err != nil || string(got) != "\x7fELF…" {
		t.Errorf("got %q, %v", got, err)
	}
}
