package seccomp

import _ "embed"

//go:embed compiler_arm64.bin
var image []byte

//go:embed compiler_arm64.version
var version string
