// Package seccomp turns linux.seccomp of config.json into the program and the
// flags that seccomp(2) takes (config-linux.md#seccomp).
//
// It runs on the host only; the program is data by the time it is applied
// inside the container. It may import the standard library, x/sys/unix,
// runtime-spec and nsexec.
//
// Compiling is slow (10 ms for the profile engines send by default, more than
// the rest of creating a container), so programs are kept in a cache, and is
// left to a program that is embedded: libseccomp needs a C library, whose start
// every verb would pay for.
//
// The cache never gives a program for another profile: an entry holds the whole
// of what it was compiled from, and is taken only if that equals, byte for
// byte, what is asked for. Its file's name is no more than a place to look, for
// which any hash will do; where two profiles meet there, each use compiles
// anew. Nor does a hash protect the program: who could change an entry could
// write one with the right sum. It is safe because nobody but its owner can
// reach into the directory, which is checked before each use.
package seccomp

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/libct/seccomp/profile"
)

// Filter is a compiled profile.
type Filter = profile.Filter

// Compile compiles the profile. The errors name the property of config.json.
//
// Rules. Conditions of one entry must all hold, unless two of them look at the
// same argument: then each condition is a rule of its own and any of them is
// enough, as engines know it from runc. Of the entries for one system call, the
// first without conditions prevails over all others. An entry whose action is
// the default action changes nothing. System calls that libseccomp does not
// know are left out, since profiles name the calls of kernels yet to come.
//
// Architectures. The native one is always included. One that the machine
// cannot execute is accepted and left out: there are no calls to filter. A call
// of an architecture that the profile does not list kills the thread.
//
// Newer system calls. When the default action denies (ERRNO, KILL, TRAP), a
// call with a number above all those the profile mentions for its architecture
// is answered with ENOSYS: the profile's author cannot have meant to deny what
// did not exist, and C libraries fall back on ENOSYS only.
//
// Flags. Without a list of flags it is SPEC_ALLOW alone, for the mitigation it
// switches off is costly and not the container's business; an empty list is no
// flags. WAIT_KILLABLE_RECV is dropped when nothing is notified, for the kernel
// refuses it without a listener.
//
// cacheDir holds compiled programs. It is created when missing, and used only
// if it is a directory, no symbolic link, that belongs to the effective user
// with mode 0700. A directory that cannot be used, or is "", costs time and is
// no error.
func Compile(s *specs.LinuxSeccomp, cacheDir string) (*Filter, error) {
	c := openCache(cacheDir)
	defer c.close()
	k := profile.KeyOf(s, version)
	if f := c.load(k); f != nil {
		return f, nil
	}
	f, err := embedded().compile(k)
	if err != nil {
		return nil, err
	}
	c.store(k, f)
	return f, nil
}

// LibraryVersion is the version of libseccomp, such as "2.5.4".
func LibraryVersion() string { return version }

// Actions, Operators, Archs and Flags list what Compile takes, for features.
func Actions() []string   { return profile.Actions() }
func Operators() []string { return profile.Operators() }
func Archs() []string     { return profile.Archs() }
func Flags() []string     { return profile.Flags() }
