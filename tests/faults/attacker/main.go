// Command attacker is what hostile containers run. It races with rt and
// prints what it could get hold of; "ready" is all it should ever print, and
// in the end how often it was turned away.
//
//	attacker swap DIR LINK ...   exchanges each pair of names, for ever
//	attacker pry                 opens all it can of every other process,
//	                             until the file /tmp/stop exists
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func main() {
	switch {
	case len(os.Args) >= 4 && os.Args[1] == "swap":
		swap(os.Args[2:])
	case len(os.Args) == 2 && os.Args[1] == "pry":
		pry()
	default:
		fmt.Fprintln(os.Stderr, "usage: attacker swap DIR LINK ... | attacker pry")
		os.Exit(2)
	}
}

func swap(names []string) {
	fmt.Println("ready")
	for {
		for i := 0; i+1 < len(names); i += 2 {
			if err := unix.Renameat2(unix.AT_FDCWD, names[i], unix.AT_FDCWD, names[i+1], unix.RENAME_EXCHANGE); err != nil {
				fmt.Println("exchange", names[i], names[i+1], err)
				os.Exit(1)
			}
		}
	}
}

func pry() {
	runtime.LockOSThread() // ptrace is a matter of threads
	fmt.Println("ready")
	denied, seen := 0, map[int]bool{}
	for round := 0; ; round++ {
		if round%64 == 0 && unix.Access("/tmp/stop", unix.F_OK) == nil {
			fmt.Println("denied", denied, "processes", len(seen))
			return
		}
		proc, err := os.ReadDir("/proc")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		for _, e := range proc {
			pid, err := strconv.Atoi(e.Name())
			if err != nil || pid == os.Getpid() {
				continue
			}
			seen[pid] = true
			denied += attack(pid)
		}
	}
}

// attack counts how often it was refused.
func attack(pid int) (denied int) {
	dir := "/proc/" + strconv.Itoa(pid)
	refused := func(err error) bool {
		if err == unix.EACCES || err == unix.EPERM {
			denied++
		}
		return err != nil
	}
	for _, name := range []string{"/exe", "/mem"} {
		fd, err := unix.Open(dir+name, unix.O_RDWR|unix.O_CLOEXEC, 0)
		if refused(err) {
			continue
		}
		if executor(dir) {
			fmt.Println("opened", dir+name, "for writing")
		}
		unix.Close(fd)
	}
	for _, name := range []string{"/root", "/cwd"} {
		fd, err := unix.Open(dir+name+"/../../../../../../etc/attacker-must-not-see", unix.O_PATH|unix.O_CLOEXEC, 0)
		if !refused(err) {
			fmt.Println("left the container through", dir+name)
			unix.Close(fd)
		}
	}
	fds, err := os.ReadDir(dir + "/fd")
	if err != nil {
		denied++
	}
	for _, e := range fds {
		if n, _ := strconv.Atoi(e.Name()); n >= 3 { // the first three are given to it
			link, err := os.Readlink(dir + "/fd/" + e.Name())
			if err == nil {
				fmt.Println("found descriptor", e.Name(), "which is", link)
			}
		}
	}
	if err := unix.PtraceSeize(pid); !refused(err) {
		if executor(dir) {
			fmt.Println("traces", dir)
		}
		release(pid)
	}
	return denied
}

// executor tells whether a process is rt's own still: its program is no file
// of the container.
func executor(dir string) bool {
	exe, err := os.Readlink(dir + "/exe")
	return err == nil && strings.HasPrefix(exe, "/memfd:")
}

func release(pid int) {
	unix.PtraceInterrupt(pid)
	var ws unix.WaitStatus
	if _, err := unix.Wait4(pid, &ws, unix.WALL, nil); err == nil && ws.Stopped() {
		unix.PtraceDetach(pid)
	}
}
