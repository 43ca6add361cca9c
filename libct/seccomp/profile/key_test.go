package profile

import (
	"reflect"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

const library = "1.2.3"

// variants gives profiles that differ in what bears on the program.
func variants() []*specs.LinuxSeccomp {
	ret := func(n uint) *uint { return &n }
	changes := []func(*specs.LinuxSeccomp){
		func(s *specs.LinuxSeccomp) {},
		func(s *specs.LinuxSeccomp) { s.DefaultAction = specs.ActKill },
		func(s *specs.LinuxSeccomp) { s.DefaultErrnoRet = ret(0) },
		func(s *specs.LinuxSeccomp) { s.DefaultErrnoRet = ret(1) },
		func(s *specs.LinuxSeccomp) { s.Architectures = []specs.Arch{"a", "b"} },
		func(s *specs.LinuxSeccomp) { s.Architectures = []specs.Arch{"ab"} },
		func(s *specs.LinuxSeccomp) { s.Flags = []specs.LinuxSeccompFlag{} },
		func(s *specs.LinuxSeccomp) { s.Flags = []specs.LinuxSeccompFlag{"a", "b"} },
		func(s *specs.LinuxSeccomp) { s.Syscalls = []specs.LinuxSyscall{{Names: []string{"a", "b"}}} },
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{{Names: []string{"a"}}, {Names: []string{"b"}}}
		},
		func(s *specs.LinuxSeccomp) { s.Syscalls = []specs.LinuxSyscall{{Names: []string{"ab"}}} },
		func(s *specs.LinuxSeccomp) { s.Syscalls = []specs.LinuxSyscall{{Names: []string{"a"}, Action: "b"}} },
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{{Names: []string{"a"}, ErrnoRet: ret(0)}}
		},
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{{Args: []specs.LinuxSeccompArg{{Index: 1}}}}
		},
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{{Args: []specs.LinuxSeccompArg{{Value: 1}}}}
		},
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{{Args: []specs.LinuxSeccompArg{{ValueTwo: 1}}}}
		},
		func(s *specs.LinuxSeccomp) {
			s.Syscalls = []specs.LinuxSyscall{{Args: []specs.LinuxSeccompArg{{Op: "x"}}}}
		},
	}
	var all []*specs.LinuxSeccomp
	for _, change := range changes {
		s := specs.LinuxSeccomp{DefaultAction: specs.ActErrno}
		change(&s)
		all = append(all, &s)
	}
	return all
}

func TestKeysDiffer(t *testing.T) {
	seen := map[string]int{}
	names := map[string]int{}
	for i, s := range variants() {
		k := KeyOf(s, library)
		if j, ok := seen[string(k)]; ok {
			t.Errorf("variants %d and %d have the same key", j, i)
		}
		if j, ok := names[k.Name()]; ok {
			t.Errorf("variants %d and %d have the same name", j, i)
		}
		seen[string(k)], names[k.Name()] = i, i
	}
}

// The key must cover every field that bears on the program: a new field of the
// spec has to be looked at.
func TestKeyKnowsEveryField(t *testing.T) {
	for _, tt := range []struct {
		typ  any
		want int
	}{{specs.LinuxSeccomp{}, 7}, {specs.LinuxSyscall{}, 4}, {specs.LinuxSeccompArg{}, 4}} {
		typ := reflect.TypeOf(tt.typ)
		if typ.NumField() != tt.want {
			t.Errorf("%v has %d fields, KeyOf was written for %d", typ, typ.NumField(), tt.want)
		}
	}
}
