package devices

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Commands and constants of bpf(2) that x/sys/unix leaves out.
const (
	progLoad        = 5  // BPF_PROG_LOAD
	progAttach      = 8  // BPF_PROG_ATTACH
	progDetach      = 9  // BPF_PROG_DETACH
	progGetFdByID   = 13 // BPF_PROG_GET_FD_BY_ID
	progQuery       = 16 // BPF_PROG_QUERY
	typeDevice      = 15 // BPF_PROG_TYPE_CGROUP_DEVICE
	attachDevice    = 6  // BPF_CGROUP_DEVICE
	maxPrograms     = 64 // BPF_CGROUP_MAX_PROGS
	loadAttempts    = 5
	license         = "Apache-2.0\x00"
	programNameSize = 16 // BPF_OBJ_NAME_LEN
)

// Attach puts the rules in force on a v2 cgroup. Programs that were attached
// to it before are replaced: in one step when there is one, otherwise after
// the new one is there. Programs add up by denying, so at no time is more
// allowed than before or after.
func Attach(dir string, rules []Rule) error {
	cgroup, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%s: open cgroup %s: %w", property, dir, err)
	}
	defer unix.Close(cgroup)
	if err := replace(cgroup, program(rules)); err != nil {
		return fmt.Errorf("%s: cgroup %s: %w", property, dir, err)
	}
	return nil
}

func replace(cgroup int, p []instruction) error {
	before, err := attached(cgroup)
	if err != nil {
		return err
	}
	defer func() {
		for _, fd := range before {
			unix.Close(fd)
		}
	}()
	prog, err := loadProgram(p)
	if err != nil {
		return err
	}
	// The cgroup holds on to the program.
	defer unix.Close(prog)
	if len(before) == 1 {
		return attach(cgroup, prog, unix.BPF_F_ALLOW_MULTI|unix.BPF_F_REPLACE, before[0])
	}
	if err := attach(cgroup, prog, unix.BPF_F_ALLOW_MULTI, 0); err != nil {
		return err
	}
	for _, fd := range before {
		a := attachAttr{target: uint32(cgroup), program: uint32(fd), kind: attachDevice}
		if _, err := bpf(progDetach, unsafe.Pointer(&a), unsafe.Sizeof(a)); err != nil {
			return fmt.Errorf("detach former device program: %w", err)
		}
	}
	return nil
}

// The parts of union bpf_attr that each command reads.

type loadAttr struct {
	kind         uint32
	count        uint32
	instructions uint64
	license      uint64
	logLevel     uint32
	logSize      uint32
	log          uint64
	kernVersion  uint32
	flags        uint32
	name         [programNameSize]byte
}

type attachAttr struct {
	target   uint32
	program  uint32
	kind     uint32
	flags    uint32
	replaced uint32
}

type queryAttr struct {
	target      uint32
	kind        uint32
	queryFlags  uint32
	attachFlags uint32
	ids         uint64
	count       uint32
	_           uint32
}

type idAttr struct {
	id, next, flags uint32
}

func loadProgram(p []instruction) (int, error) {
	text := []byte(license)
	a := loadAttr{
		kind:         typeDevice,
		count:        uint32(len(p)),
		instructions: uint64(uintptr(unsafe.Pointer(&p[0]))),
		license:      uint64(uintptr(unsafe.Pointer(&text[0]))),
		name:         [programNameSize]byte{'d', 'e', 'v', 'i', 'c', 'e', 's'},
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&p[0])
	pin.Pin(&text[0])
	for attempt := 1; ; attempt++ {
		fd, err := bpf(progLoad, unsafe.Pointer(&a), unsafe.Sizeof(a))
		// The verifier gives up when a signal is pending; Go sends itself
		// some to preempt.
		if err == unix.EAGAIN && attempt < loadAttempts {
			continue
		}
		if err != nil {
			return -1, fmt.Errorf("load device program: %w", err)
		}
		return fd, nil
	}
}

func attach(cgroup, prog int, flags uint32, replaced int) error {
	a := attachAttr{uint32(cgroup), uint32(prog), attachDevice, flags, uint32(replaced)}
	if _, err := bpf(progAttach, unsafe.Pointer(&a), unsafe.Sizeof(a)); err != nil {
		return fmt.Errorf("attach device program: %w", err)
	}
	return nil
}

// attached opens the device programs of the cgroup itself.
func attached(cgroup int) (fds []int, err error) {
	ids := make([]uint32, maxPrograms)
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&ids[0])
	q := queryAttr{target: uint32(cgroup), kind: attachDevice, ids: uint64(uintptr(unsafe.Pointer(&ids[0]))), count: maxPrograms}
	if _, err := bpf(progQuery, unsafe.Pointer(&q), unsafe.Sizeof(q)); err != nil {
		return nil, fmt.Errorf("list device programs: %w", err)
	}
	for _, id := range ids[:q.count] {
		a := idAttr{id: id}
		fd, err := bpf(progGetFdByID, unsafe.Pointer(&a), unsafe.Sizeof(a))
		if err == unix.ENOENT {
			continue
		}
		if err != nil {
			for _, fd := range fds {
				unix.Close(fd)
			}
			return nil, fmt.Errorf("open device program %d: %w", id, err)
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

func bpf(command uintptr, attr unsafe.Pointer, size uintptr) (int, error) {
	n, _, errno := unix.Syscall(unix.SYS_BPF, command, uintptr(attr), size)
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
