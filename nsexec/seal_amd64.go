package nsexec

import _ "embed"

//go:embed executor_amd64.bin
var image []byte
