//go:build !rtfault

package nsexec

// inject is where the tests' build makes calls fail; see fault.go.
func (x *Executor) inject(*Batch) {}
