package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// A container exchanges directories of a volume with symbolic links to the
// host, while others are made that have mounts in these directories
// (CVE-2021-30465). Nothing is ever made or mounted outside the containers.
func TestSwappedMountPoint(t *testing.T) {
	t.Parallel()
	attacker := newPlace(t, "swap", plainSpec("attacker", "swap", "/vol/dir", "/vol/link", "/vol/dir2", "/vol/link2"))
	volume, outside := filepath.Join(attacker.dir, "volume"), filepath.Join(machine.dir, "outside")
	for _, dir := range []string{volume + "/dir/there", volume + "/dir2/there", outside + "/there"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"/link": outside, "/link2": strings.Repeat("../", 12) + outside[1:]} {
		if err := os.Symlink(target, volume+link); err != nil {
			t.Fatal(err)
		}
	}
	shared := specs.Mount{Destination: "/vol", Type: "bind", Source: volume, Options: []string{"rbind", "rw"}}
	attacker.spec.Mounts = append(attacker.spec.Mounts, shared)
	id := attacker.launch()
	defer attacker.forced(id, "swap")

	victim := newPlace(t, "victim", plainSpec("sleep", "1000"))
	plain := victim.spec.Mounts
	made := 0
	for i := range 150 {
		victim.spec.Mounts = append(plain[:len(plain):len(plain)], shared,
			specs.Mount{Destination: "/vol/dir/there", Type: "tmpfs", Source: "first"},
			specs.Mount{Destination: "/vol/dir2/there", Type: "tmpfs", Source: "second"},
			specs.Mount{Destination: fmt.Sprintf("/vol/dir/new%d/below", i), Type: "tmpfs", Source: "third"},
			specs.Mount{Destination: fmt.Sprintf("/vol/dir2/file%d", i), Type: "bind", Source: "/etc/passwd", Options: []string{"bind"}},
		)
		id := victim.next()
		if r := victim.rt(victim.create(id)...); r.err == nil {
			made++
			pid, _ := os.ReadFile(victim.pidFile())
			table, _ := os.ReadFile("/proc/" + string(pid) + "/mountinfo")
			for _, source := range []string{"first", "second", "third"} {
				if !strings.Contains(string(table), " - tmpfs "+source+" ") {
					t.Fatalf("mount %q is not in the container but outside:\n%s", source, table)
				}
			}
		}
		if names, _ := filepath.Glob(outside + "/*"); len(names) != 1 {
			t.Fatalf("made outside the container: %q", names)
		}
		victim.forced(id, "create into a volume that changes")
	}
	if made == 0 {
		t.Error("no container was made: the race was none")
	}
	t.Logf("%d of 150 containers were made", made)
}

// What rt's caller has left open leads nowhere from inside (CVE-2024-21626).
func TestInheritedDescriptors(t *testing.T) {
	t.Parallel()
	p := newPlace(t, "inherit", plainSpec("true"))
	root, err := os.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	run := func(id string) (said string, err error) {
		cmd := p.command(machine.rt, nil, "run", "--bundle", p.bundle, id)
		defer closeStreams(cmd)
		for range 12 {
			cmd.ExtraFiles = append(cmd.ExtraFiles, root)
		}
		err = cmd.Run()
		text, _ := os.ReadFile(filepath.Join(p.dir, "err"))
		return string(text), err
	}
	if said, err := run(p.next()); err != nil {
		t.Fatalf("with names of its own: %v: %s", err, said)
	}
	tests := []struct {
		name string
		set  func(process *specs.Process, dir string)
	}{
		{"args", func(process *specs.Process, dir string) { process.Args = []string{dir + machine.busybox, "true"} }},
		{"cwd", func(process *specs.Process, dir string) {
			process.Cwd, process.Args = dir, []string{"/bin/sh", "-c", "test -e ." + machine.attacker}
		}},
	}
	for _, tt := range tests {
		for fd := 3; fd < 16; fd++ {
			dir := fmt.Sprintf("/proc/self/fd/%d", fd)
			tt.set(p.spec.Process, dir)
			id := p.next()
			// Where the program ran after all, it has looked, and found nothing.
			if said, err := run(id); err == nil || said != "" && !strings.Contains(said, dir) {
				t.Errorf("%s: descriptor %d: %v: %s", tt.name, fd, err, said)
			}
			p.gone(id, tt.name)
		}
	}
}

// While a process of the container opens all that it can of others, processes
// enter, and none of them gives it anything of the host (CVE-2016-9962,
// CVE-2019-5736).
func TestPryingIntoExec(t *testing.T) {
	t.Parallel()
	p := newPlace(t, "pry", plainSpec("attacker", "pry"))
	id := p.launch()
	defer p.forced(id, "pry")
	for i := range 300 {
		if r := p.rt("exec", id, "true"); r.err != nil {
			t.Fatalf("exec %d: %v", i, r)
		}
	}
	if err := os.WriteFile(p.bundle+"/rootfs/tmp/stop", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var said string
	if !eventually(func() bool {
		text, _ := os.ReadFile(p.dir + "/first")
		said = string(text)
		return strings.Contains(said, "denied")
	}) {
		t.Fatalf("the attacker does not end; it says %q", said)
	}
	var denied, processes int
	if _, err := fmt.Sscanf(said, "ready\ndenied %d processes %d\n", &denied, &processes); err != nil {
		t.Fatalf("the attacker got hold of something:\n%s", said)
	}
	if denied == 0 || processes < 30 {
		t.Errorf("the attacker was turned away %d times by %d processes: the race was none", denied, processes)
	}
	t.Logf("turned away %d times, of %d processes seen", denied, processes)
}

// launch starts an attacker and waits until it is at work.
func (p *place) launch() string {
	p.t.Helper()
	id := p.next()
	for _, args := range [][]string{p.create(id), {"start", id}} {
		if r := p.rt(args...); r.err != nil {
			p.t.Fatalf("%v: %v", args, r)
		}
		if args[0] == "create" { // start has streams of its own
			if err := os.Rename(p.dir+"/out", p.dir+"/first"); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	if !eventually(func() bool {
		text, _ := os.ReadFile(p.dir + "/first")
		return strings.HasPrefix(string(text), "ready\n")
	}) {
		p.t.Fatal("the attacker does not begin")
	}
	return id
}
