package main

import (
	"bytes"
	"os/exec"
	"testing"
)

func TestArchiveIsReadByCpio(t *testing.T) {
	var archive bytes.Buffer
	writeArchive(&archive, []entry{
		{"dir", directory, nil},
		{"dir/odd", plain, []byte("12345")},
		{"dir/run", executable, []byte("12345678")},
	})
	dir := t.TempDir()
	cpio := exec.Command("busybox", "cpio", "-idm")
	cpio.Dir = dir
	cpio.Stdin = &archive
	if out, err := cpio.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	list := exec.Command("stat", "-c", "%n %A %s", "dir/odd", "dir/run")
	list.Dir = dir
	got, err := list.CombinedOutput()
	want := "dir/odd -rw-r--r-- 5\ndir/run -rwxr-xr-x 8\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}
