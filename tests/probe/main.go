// Command probe runs inside a container and prints, one "name value" a line,
// what busybox cannot show. It is static and depends on nothing in the
// rootfs.
package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

type answer struct {
	name  string
	value func() (any, error)
}

// answers are the words probe takes as arguments.
var answers = []answer{
	{"climb", climb},
	{"cpus", cpus},
	{"dumpable", dumpable},
	{"ioprio", ioprio},
	{"keyring", keyring},
	{"mempolicy", mempolicy},
	{"nice", nice},
	{"nosyscall", nosyscall},
	{"notify", notify},
	{"pdeathsig", pdeathsig},
	{"policy", policy},
	{"securebits", securebits},
}

func main() {
	runtime.LockOSThread() // some answers are per thread
	if len(os.Args) == 1 {
		fmt.Fprintln(os.Stderr, "usage: probe name...")
		os.Exit(2)
	}
	for _, name := range os.Args[1:] {
		i := slices.IndexFunc(answers, func(a answer) bool { return a.name == name })
		if i < 0 {
			fmt.Fprintf(os.Stderr, "no answer to %q\n", name)
			os.Exit(2)
		}
		value, err := answers[i].value()
		if err != nil {
			value = err
		}
		fmt.Println(name, value)
	}
}

func cpus() (any, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, err
	}
	var list []int
	for i := range 1024 {
		if set.IsSet(i) {
			list = append(list, i)
		}
	}
	return list, nil
}

func dumpable() (any, error) {
	return unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
}

func ioprio() (any, error) {
	const whoProcess, classShift = 1, 13
	v, _, errno := unix.Syscall(unix.SYS_IOPRIO_GET, whoProcess, 0, 0)
	if errno != 0 {
		return nil, errno
	}
	return fmt.Sprintf("class %d level %d", v>>classShift, v&7), nil
}

func keyring() (any, error) {
	text, err := unix.KeyctlString(unix.KEYCTL_DESCRIBE, unix.KEY_SPEC_SESSION_KEYRING)
	return text, err
}

func mempolicy() (any, error) {
	var mode int32
	var nodes [16]uint64
	_, _, errno := unix.Syscall6(unix.SYS_GET_MEMPOLICY, uintptr(unsafe.Pointer(&mode)), uintptr(unsafe.Pointer(&nodes)), uintptr(len(nodes)*64), 0, 0, 0)
	if errno != 0 {
		return nil, errno
	}
	return fmt.Sprintf("mode %d nodes %#x", mode, nodes[0]), nil
}

func nice() (any, error) {
	v, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	return 20 - v, err // the system call answers 20-nice
}

// nosyscall makes a system call that no kernel knows yet.
func nosyscall() (any, error) {
	_, _, errno := unix.RawSyscall(1<<20, 0, 0, 0)
	return nil, errno
}

// notify sends READY=1 to the socket of sd_notify(3).
func notify() (any, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	return "sent", unix.Sendto(fd, []byte("READY=1\n"), 0, &unix.SockaddrUnix{Name: os.Getenv("NOTIFY_SOCKET")})
}

func pdeathsig() (any, error) {
	var sig int32
	err := unix.Prctl(unix.PR_GET_PDEATHSIG, uintptr(unsafe.Pointer(&sig)), 0, 0, 0)
	return sig, err
}

func policy() (any, error) {
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return nil, err
	}
	return fmt.Sprintf("%d priority %d nice %d flags %d runtime %d deadline %d period %d",
		attr.Policy, attr.Priority, attr.Nice, attr.Flags, attr.Runtime, attr.Deadline, attr.Period), nil
}

func securebits() (any, error) {
	return unix.PrctlRetInt(unix.PR_GET_SECUREBITS, 0, 0, 0, 0)
}
