package nsexec

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unsafe"
)

// The compiler that built the executor tells what executor.h says; the Go side
// must agree.
func TestABI(t *testing.T) {
	want := map[string]uint64{
		"BASE": base, "ANY_ERRNO": anyErrno, "NREG": nreg, "FD_SOCK": fdSock, "FD_MEM": fdMem,
		"REG_SOCK": uint64(RegSock), "REG_MEM": uint64(RegMem),
		"OP_SPLIT": opSplit, "OP_FORK": opFork, "OP_WAIT": opWait, "OP_RECVFDS": opRecvFDs,
		"OP_SENDFD": opSendFD, "OP_AWAIT": opAwait, "OP_STORE": opStore, "OP_REQUIRE": opRequire, "OP_FAIL": opFail,
		"sizeof(struct op)":              uint64(unsafe.Sizeof(op{})),
		"sizeof(struct header)":          uint64(unsafe.Sizeof(header{})),
		"sizeof(struct command)":         uint64(unsafe.Sizeof(command{})),
		"offsetof(struct op, regs)":      uint64(unsafe.Offsetof(op{}.regs)),
		"offsetof(struct op, skip)":      uint64(unsafe.Offsetof(op{}.skip)),
		"offsetof(struct op, ok)":        uint64(unsafe.Offsetof(op{}.ok)),
		"offsetof(struct op, out)":       uint64(unsafe.Offsetof(op{}.out)),
		"offsetof(struct op, err)":       uint64(unsafe.Offsetof(op{}.err)),
		"offsetof(struct op, ns)":        uint64(unsafe.Offsetof(op{}.ns)),
		"offsetof(struct op, arg)":       uint64(unsafe.Offsetof(op{}.arg)),
		"offsetof(struct header, trace)": uint64(unsafe.Offsetof(header{}.trace)),
		"offsetof(struct header, reg)":   uint64(unsafe.Offsetof(header{}.reg)),
	}
	var source strings.Builder
	source.WriteString("#include <stddef.h>\n#include <stdio.h>\n#include \"executor.h\"\nint main(void) {\n")
	for expr := range want {
		fmt.Fprintf(&source, "printf(\"%%lu %%s\\n\", (unsigned long)(%s), %q);\n", expr, expr)
	}
	source.WriteString("}\n")

	dir := t.TempDir()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "abi.c")
	if err := os.WriteFile(file, []byte(source.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "abi")
	if out, err := exec.Command("gcc", "-I", here, "-o", program, file).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d", len(lines), len(want))
	}
	for _, line := range lines {
		value, expr, _ := strings.Cut(line, " ")
		got, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if got != want[expr] {
			t.Errorf("%s: C says %d, Go says %d", expr, got, want[expr])
		}
	}
}

// The header must lie within its part of the shared memory.
func TestHeaderFits(t *testing.T) {
	if size := unsafe.Sizeof(header{}); size > opsStart {
		t.Errorf("header has %d bytes, room is %d", size, opsStart)
	}
	if unsafe.Sizeof(op{}) != 64 {
		t.Errorf("op has %d bytes, want 64", unsafe.Sizeof(op{}))
	}
}
