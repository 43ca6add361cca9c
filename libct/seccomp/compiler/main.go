//go:build cgo

// Compiler is the part of rt that knows libseccomp, a program of its own that
// rt carries along and starts when a filter is not in the cache.
//
// It reads a profile as package profile writes it down, and writes the filter
// the same way. When the profile cannot be compiled it writes why and exits
// with status 1. It may import the standard library, x/sys/unix, runtime-spec,
// libseccomp-golang and package profile.
package main

import (
	"fmt"
	"io"
	"os"

	libseccomp "github.com/seccomp/libseccomp-golang"

	"rt/libct/seccomp/profile"
)

func main() {
	entry, err := compile(os.Stdin)
	if err == nil {
		_, err = os.Stdout.Write(entry)
	}
	if err != nil {
		fmt.Print(err)
		os.Exit(1)
	}
}

func compile(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("compile linux.seccomp: %w", err)
	}
	major, minor, micro := libseccomp.GetLibraryVersion()
	k := profile.Key(text)
	s, err := k.Read(fmt.Sprintf("%d.%d.%d", major, minor, micro))
	if err != nil {
		return nil, fmt.Errorf("compile linux.seccomp: %w", err)
	}
	p, err := profile.Decide(s)
	if err != nil {
		return nil, err
	}
	f, err := build(p)
	if err != nil {
		return nil, err
	}
	return profile.Encode(k, f), nil
}
