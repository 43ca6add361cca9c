// Rt is a low-level container runtime after the specifications of the Open
// Container Initiative. It takes the place of runc.
package main

import (
	"os"

	"rt/internal/cli"
)

// Set by the linker (-X main.version=…).
var (
	version = "unknown"
	commit  = ""
)

func main() {
	os.Exit(cli.Main(os.Args, cli.Build{Version: version, Commit: commit}))
}
