package cgroups

import (
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"rt/nsexec"
)

// placeholder starts an executor that gets no command. It ends when end is
// called, and when rt does.
func placeholder() (*nsexec.Executor, error) {
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	x, err := nsexec.Spawn(nsexec.Options{Stdio: [3]*os.File{null, null, null}})
	if err != nil {
		return nil, fmt.Errorf("hold the place of the container's process: %w", err)
	}
	return x, nil
}

func end(x *nsexec.Executor) {
	if x != nil {
		x.Kill()
		x.Close()
	}
}

// mayEnter tells whether a process of ours can enter a v2 cgroup. Who is not
// root needs to own the cgroup above both, which a session has not delegated.
func mayEnter(dir string) bool {
	l, err := Detect()
	if err != nil || l.V2 == nil {
		return true
	}
	own := path.Join(l.V2.Mount, l.V2.Own)
	common := dir
	for common != "/" && own != common && !strings.HasPrefix(own, common+"/") {
		common = path.Dir(common)
	}
	return unix.Access(common+"/cgroup.procs", unix.W_OK) == nil
}
