package cli

import (
	"fmt"
	"os"
	"strconv"

	"github.com/urfave/cli/v3"

	"rt/libct"
)

// ioFlags say what a new process is connected to.
func ioFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "console-socket", Usage: "AF_UNIX socket that receives the master of the terminal"},
		&cli.StringFlag{Name: "pid-file", Usage: "file to write the process id to"},
		&cli.StringFlag{Name: "pidfd-socket", Usage: "AF_UNIX socket that receives a pidfd of the process"},
		&cli.IntFlag{Name: "preserve-fds", Usage: "pass on this many descriptors after stdio and $LISTEN_FDS"},
	}
}

func ioOptions(cmd *cli.Command) (libct.IO, error) {
	keep := cmd.Int("preserve-fds")
	if keep < 0 {
		return libct.IO{}, fmt.Errorf("--preserve-fds %d: less than 0", keep)
	}
	return libct.IO{
		Stdin:         os.Stdin,
		Stdout:        os.Stdout,
		Stderr:        os.Stderr,
		ConsoleSocket: cmd.String("console-socket"),
		PidfdSocket:   cmd.String("pidfd-socket"),
		PidFile:       cmd.String("pid-file"),
		PreserveFDs:   keep,
		ListenFDs:     listenFDs(os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS"), os.Getpid()),
	}, nil
}

// listenFDs is the number of sockets that socket activation passed to us. The
// variables are inherited by children for whom they are not meant: only the
// process they name may use them (sd_listen_fds(3)).
func listenFDs(listenPID, listenFDs string, self int) int {
	if pid, err := strconv.Atoi(listenPID); err != nil || pid != self {
		return 0
	}
	n, err := strconv.Atoi(listenFDs)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
