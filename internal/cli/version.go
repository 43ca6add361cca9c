package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v3"

	"rt/libct/seccomp"
)

// printVersion writes lines of "key: value"; dockerd parses them.
func (a *app) printVersion(cmd *cli.Command) {
	fmt.Fprintf(cmd.Writer, "rt version %s\ncommit: %s\nspec: %s\ngo: %s\nlibseccomp: %s\n",
		a.build.Version, a.build.commit(), specs.Version, runtime.Version(), seccomp.LibraryVersion())
}

// Build is what the linker was told of the source.
type Build struct{ Version, Commit string }

// commit is the commit rt was built from; `go build` records it when the
// linker was not told.
func (b Build) commit() string {
	if b.Commit != "" {
		return b.Commit
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}
