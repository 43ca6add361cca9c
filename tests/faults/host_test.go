package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hostCalls are those by which rt acts on the host.
const hostCalls = "?mkdir,mkdirat,?open,openat,write,?rename,renameat,?renameat2,?unlink,unlinkat,?rmdir," +
	"clone,clone3,socket,socketpair,bind,listen,connect,sendto,sendmsg,recvfrom,recvmsg,flock,memfd_create," +
	"ftruncate,fcntl,pidfd_open,pidfd_send_signal,wait4,prlimit64,close_range,getdents64,newfstatat,kill"

// Every nth of the calls that rt itself makes on the host fails, or is its
// last. What such a command leaves, delete --force takes away. Reads are not
// among them: one that Go makes of a pipe cannot fail, and it hangs if it does.
func TestHostCalls(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("no strace to make calls fail")
	}
	const nth = 3
	tests := []struct {
		verb   string
		before func(p *place, id string) [][]string
		args   func(p *place, id string) []string
	}{
		{"create", nothing, (*place).create},
		{"start", created, func(_ *place, id string) []string { return []string{"start", id} }},
		{"exec", started, func(_ *place, id string) []string { return []string{"exec", id, "true"} }},
		{"delete", created, func(_ *place, id string) []string { return []string{"delete", id} }},
	}
	for _, tt := range tests {
		t.Run(tt.verb, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, "h-"+tt.verb, plainSpec("sleep", "1000"))
			trace := filepath.Join(p.dir, "trace")
			traced := func(how ...string) {
				id := p.next()
				for _, b := range tt.before(p, id) {
					if r := p.rt(b...); r.err != nil {
						t.Fatalf("%v: %v", b, r)
					}
				}
				// -D makes rt, and not strace, the child that is waited for.
				flags := append([]string{"-D", "-f", "-qq", "-o", trace}, how...)
				cmd := p.command(strace, nil, append(append(flags, machine.rt, "--root", p.state), tt.args(p, id)...)...)
				cmd.Args = append(cmd.Args[:1], cmd.Args[3:]...) // --root is rt's
				defer closeStreams(cmd)
				timer := time.AfterFunc(time.Minute, func() {
					p.fault("%s with %q hangs", tt.verb, how)
					cmd.Process.Kill()
				})
				cmd.Run()
				timer.Stop()
				p.forced(id, fmt.Sprintf("%s with %q", tt.verb, how))
			}
			traced("-e", "trace="+hostCalls)
			n := mostCalls(t, trace)
			for i := 1; i <= n && !p.spoilt(); i += nth {
				for _, fault := range []string{"error=EIO", "signal=KILL"} {
					traced("-e", "trace="+hostCalls, "-e", "inject="+hostCalls+":"+fault+":when="+strconv.Itoa(i))
				}
			}
			t.Logf("%d calls", n)
		})
	}
}

// mostCalls counts the calls of the thread that has made most: strace counts
// them by thread.
func mostCalls(t *testing.T, trace string) int {
	t.Helper()
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	calls, most := map[string]int{}, 0
	for line := range strings.Lines(string(text)) {
		if thread, rest, _ := strings.Cut(line, " "); !strings.Contains(rest, "resumed>") {
			calls[thread]++
			most = max(most, calls[thread])
		}
	}
	return most
}
