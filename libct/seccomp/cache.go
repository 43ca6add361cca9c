package seccomp

import (
	"cmp"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"rt/libct/seccomp/profile"
)

// cacheSize is how many programs are kept.
const cacheSize = 128

// maxEntry is the size of the largest entry that is kept, a dozen times the
// usual.
const maxEntry = 256 << 10

// cache is an open directory of compiled programs, each in a file that also
// holds the key and is named after it. A nil cache is empty and keeps nothing.
//
// What is read decides what a container may do, so the directory and the file
// must belong to us and be closed to others, which is checked on open
// descriptors.
type cache struct {
	fd int
}

// openCache opens the directory, making it if it is missing. It returns nil
// when there is no directory that can be trusted.
func openCache(dir string) *cache {
	if dir == "" {
		return nil
	}
	const mode = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Open(dir, mode, 0)
	if err == unix.ENOENT {
		if err := unix.Mkdir(dir, 0o700); err != nil && err != unix.EEXIST {
			return nil
		}
		fd, err = unix.Open(dir, mode, 0)
	}
	if err != nil {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || int(st.Uid) != unix.Geteuid() || st.Mode&0o7777 != 0o700 {
		unix.Close(fd)
		return nil
	}
	return &cache{fd: fd}
}

func (c *cache) close() {
	if c != nil {
		unix.Close(c.fd)
	}
}

// load returns the filter stored under the key, or nil.
func (c *cache) load(k profile.Key) *Filter {
	if c == nil {
		return nil
	}
	// O_NONBLOCK: a fifo in the place of an entry must not make us wait.
	fd, err := unix.Openat(c.fd, k.Name(), unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG || int(st.Uid) != unix.Geteuid() || st.Mode&0o022 != 0 ||
		st.Size > maxEntry {
		return nil
	}
	buf := make([]byte, st.Size)
	if n, err := unix.Pread(fd, buf, 0); err != nil || n != len(buf) {
		return nil
	}
	return profile.Decode(k, buf)
}

// store keeps the filter, in place of whatever has the key's name. A failure
// means that the next call compiles again.
func (c *cache) store(k profile.Key, f *Filter) {
	entry := profile.Encode(k, f)
	if c == nil || len(entry) > maxEntry {
		return
	}
	name := k.Name()
	temp := "new." + name + "." + strconv.Itoa(unix.Getpid())
	fd, err := unix.Openat(c.fd, temp, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return
	}
	// Not synced: a file that a crash has torn does not match its sum.
	n, err := unix.Write(fd, entry)
	unix.Close(fd)
	if err != nil || n != len(entry) || unix.Renameat(c.fd, temp, c.fd, name) != nil {
		_ = unix.Unlinkat(c.fd, temp, 0)
		return
	}
	c.prune()
}

// prune removes the oldest files beyond cacheSize; temporary files that a kill
// has left behind grow old like the others.
func (c *cache) prune() {
	type file struct {
		name  string
		mtime int64
	}
	var files []file
	for _, name := range c.names() {
		var st unix.Stat_t
		if unix.Fstatat(c.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil {
			files = append(files, file{name, st.Mtim.Nano()})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(b.mtime, a.mtime) })
	for i := cacheSize; i < len(files); i++ {
		_ = unix.Unlinkat(c.fd, files[i].name, 0)
	}
}

func (c *cache) names() []string {
	var names []string
	buf := make([]byte, 16<<10)
	for {
		n, err := unix.ReadDirent(c.fd, buf)
		if err != nil || n <= 0 {
			return names
		}
		_, _, names = unix.ParseDirent(buf[:n], -1, names)
	}
}
