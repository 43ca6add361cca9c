package cli

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v3"
)

// firstOperand gives the index of the first argument from i on that is neither
// a flag nor a flag's value, or len(args). A flag is spelled with one dash or
// two; "--" ends the flags.
func firstOperand(flags []cli.Flag, args []string, i int) int {
	for ; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return min(i+1, len(args))
		}
		if len(arg) < 2 || arg[0] != '-' {
			return i
		}
		name, _, inline := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !inline && takesValue(flags, name) {
			i++
		}
	}
	return len(args)
}

// endFlags puts "--" before the first operand from i on, so that no argument
// after it is read as a flag of ours, dropped or trimmed: `rt exec ID -- -x`
// runs "--". StopOnNthArg of the flag parser still interprets an empty
// argument and "--" right after the ID.
func endFlags(flags []cli.Flag, args []string, i int) []string {
	at := firstOperand(flags, args, i)
	if at == len(args) || args[at-1] == "--" {
		return args
	}
	return slices.Insert(slices.Clone(args), at, "--")
}

func takesValue(flags []cli.Flag, name string) bool {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			_, toggle := f.(*cli.BoolFlag)
			return !toggle
		}
	}
	return false
}
