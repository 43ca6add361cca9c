package seccomp

import _ "embed"

//go:embed compiler_amd64.bin
var image []byte

//go:embed compiler_amd64.version
var version string
