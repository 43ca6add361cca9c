// Rt is a low-level container runtime after the specifications of the Open
// Container Initiative. It takes the place of runc.
package main

import (
	"os"

	"rt/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args))
}
