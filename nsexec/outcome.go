package nsexec

import (
	"fmt"
	"io"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Note names one call of a last batch. They are kept in the container's state
// so that start, another process than create, can say what failed.
type Note struct {
	Name     string `json:"name"`
	Property string `json:"property,omitempty"`
	What     string `json:"what,omitempty"`
	Call     string `json:"call"`
}

// Outline names the calls of a batch, one note each.
func (b *Batch) Outline() []Note {
	notes := make([]Note, len(b.ops))
	for i := range b.ops {
		s := b.step(i)
		notes[i] = Note{s.Name, s.Property, s.What, b.name(i)}
	}
	return notes
}

// Start wakes an armed executor through its listening socket, connected as
// sock, and waits until the program runs or a call has failed. The files are
// what the batch has sent after Await; the caller closes them.
func Start(sock int, notes []Note) ([]*os.File, error) {
	fds, _, err := next(sock)
	if err != nil {
		return files(fds), &DeadError{Step: Step{Name: "start", What: "container"}, Call: "accept"}
	}
	if len(fds) != 1 {
		return files(fds), fmt.Errorf("start container: send_fd: its init has sent %d descriptors, want one", len(fds))
	}
	defer unix.Close(fds[0])
	view, err := unix.Mmap(fds[0], 0, opsStart+opsSize, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the executor's memory: %w", err)
	}
	defer unix.Munmap(view)
	return outcome(sock, view, notes)
}

// next waits for a message: an answer, or descriptors.
func next(sock int) (fds []int, answered bool, err error) {
	var byte1 [1]byte
	var oob [32]byte
	for {
		n, oobn, _, _, err := unix.Recvmsg(sock, byte1[:], oob[:], unix.MSG_CMSG_CLOEXEC)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, false, err
		case oobn > 0:
			fds, err := rights(oob[:oobn])
			return fds, false, err
		case n == 0:
			return nil, false, io.EOF
		}
		return nil, true, nil
	}
}

func files(fds []int) []*os.File {
	var list []*os.File
	for _, fd := range fds {
		list = append(list, os.NewFile(uintptr(fd), "lent"))
	}
	return list
}

func rights(oob []byte) ([]int, error) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(msgs) != 1 {
		return nil, fmt.Errorf("%d control messages: %v", len(msgs), err)
	}
	return unix.ParseUnixRights(&msgs[0])
}

// outcome waits for the end of a last batch. The executor's descriptors are
// close-on-exec and it notes in shared memory where it is, so the socket's end
// while it is at execve means that execve has succeeded. There is no deadline:
// a startContainer hook may take as long as it likes, and the executor's death
// ends the socket too.
func outcome(sock int, view []byte, notes []Note) (lent []*os.File, err error) {
	fds, answered, err := next(sock)
	for ; err == nil && !answered; fds, answered, err = next(sock) {
		lent = append(lent, files(fds)...)
	}
	h := (*header)(unsafe.Pointer(&view[0]))
	at := int(h.at)
	if at >= len(notes) {
		return lent, fmt.Errorf("container init stopped at call %d of %d", at, len(notes))
	}
	note := notes[at]
	step := Step{note.Name, note.Property, note.What}
	// What has failed is written down before the answer is sent, which a filter
	// may forbid by then.
	o := (*op)(unsafe.Pointer(&view[opsStart+at*64]))
	if answered || o.err != 0 {
		return lent, &CallError{Step: step, Call: note.Call, Name: note.Call, Errno: unix.Errno(o.err), Detail: childEnd(view, notes, at)}
	}
	if at == len(notes)-1 {
		return lent, nil
	}
	return lent, &DeadError{Step: step, Call: note.Call}
}

// childEnd says how a forked child ended when the call at demanded that it end
// well: which of its calls failed, or its exit status, or that it was killed
// because its time was up.
func childEnd(view []byte, notes []Note, at int) string {
	call := func(i int) *op { return (*op)(unsafe.Pointer(&view[opsStart+i*64])) }
	if wait := call(at); wait.nr == opWait && unix.Errno(wait.err) == unix.ETIMEDOUT {
		return fmt.Sprintf("timeout of %s reached", time.Duration(wait.arg[2])*time.Millisecond)
	}
	if call(at).nr != opRequire {
		return ""
	}
	for i := at - 1; i >= 0 && call(i).nr != opFork; i-- {
		if errno := call(i).err; errno != 0 {
			return notes[i].Call + ": " + unix.Errno(errno).Error()
		}
	}
	status := (*header)(unsafe.Pointer(&view[0])).reg[call(at).arg[0]%nreg]
	return ExitText(unix.WaitStatus(status))
}

// ExitText says how a process has ended.
func ExitText(ws unix.WaitStatus) string {
	if ws.Signaled() {
		return "killed by " + unix.SignalName(ws.Signal())
	}
	return fmt.Sprintf("exit status %d", ws.ExitStatus())
}
