package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/opencontainers/runtime-spec/specs-go"
	libseccomp "github.com/seccomp/libseccomp-golang"
	"github.com/urfave/cli/v3"
)

// Set by the linker (-X rt/internal/cli.version=…).
var (
	version = "0.1.0"
	commit  = ""
)

// printVersion writes lines of "key: value"; dockerd parses them.
func printVersion(cmd *cli.Command) {
	fmt.Fprintf(cmd.Writer, "rt version %s\ncommit: %s\nspec: %s\ngo: %s\nlibseccomp: %s\n",
		version, revision(), specs.Version, runtime.Version(), libseccompVersion())
}

// revision is the commit rt was built from.
func revision() string {
	if commit != "" {
		return commit
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

func libseccompVersion() string {
	major, minor, micro := libseccomp.GetLibraryVersion()
	return fmt.Sprintf("%d.%d.%d", major, minor, micro)
}
