package tests

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// userID is a user without privilege, who has ids of the host to hand out in
// two ranges.
const (
	userID  = 54321
	userSub = "rootless:600000:65536\nrootless:800000:10\n"
)

// addUser makes the user known to what runs in the suite's mount namespace.
func addUser(dir string) error {
	for name, text := range map[string]string{
		"passwd": fmt.Sprintf("rootless:x:%d:%d::/nonexistent:/bin/false\n", userID, userID),
		"group":  fmt.Sprintf("rootless:x:%d:\n", userID),
		"subuid": userSub,
		"subgid": userSub,
	} {
		path, own := filepath.Join("/etc", name), filepath.Join(dir, name)
		host, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue // a machine without newuidmap
		}
		if err == nil {
			err = os.WriteFile(own, append(host, text...), 0o644)
		}
		if err == nil {
			err = unix.Mount(own, path, "", unix.MS_BIND, "")
		}
		if err != nil {
			return fmt.Errorf("add user to %s: %w", path, err)
		}
	}
	return nil
}

// user has the runtime called by the user without privilege from here on, whom
// all files of the script belong to.
func cmdUser(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: user")
	}
	work := ts.Getenv("WORK")
	session := filepath.Join(work, "session")
	ts.Check(os.MkdirAll(session, 0o700))
	ts.Check(os.Chmod(filepath.Dir(work), 0o755))
	ts.Check(os.Chmod(work, 0o755))
	ts.Check(filepath.WalkDir(work, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, userID, userID)
	}))
	ts.Setenv("RT_USER", fmt.Sprint(userID))
	ts.Setenv("XDG_RUNTIME_DIR", session)
}
