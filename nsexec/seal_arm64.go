package nsexec

import _ "embed"

//go:embed executor_arm64.bin
var image []byte
