// Command conformance runs the validation programs of the OCI runtime-tools
// suite against a runtime and judges their output.
//
// It stands in a module of its own because the suite builds only with old
// releases of its dependencies. The programs are built from the module cache,
// unpatched, and every one of them is run; what is known to be wrong with a
// program is written in verdicts.go and shown apart from the runtime's result.
//
// It must run as root. It imports the standard library and x/sys alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

type options struct {
	runtime  string
	cache    string
	match    *regexp.Regexp
	parallel int
	deadline time.Duration
	list     bool
	build    bool
	built    bool
	json     bool
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == superviseVerb {
		os.Exit(supervise(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	failed, err := run(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "conformance: %v\n", err)
		os.Exit(2)
	case failed > 0:
		os.Exit(1)
	}
}

func parseOptions(args []string) (options, error) {
	var o options
	var match string
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.StringVar(&o.runtime, "runtime", "", "path of the runtime under test")
	flags.StringVar(&o.cache, "cache", "../../bin/conformance", "directory for the built programs and the last run's output")
	flags.StringVar(&match, "match", "", "run only the programs whose name matches this regular expression")
	flags.IntVar(&o.parallel, "parallel", 2, "programs run at once; those that share a cgroup path still run one by one")
	flags.DurationVar(&o.deadline, "deadline", 2*time.Minute, "time given to one program")
	flags.BoolVar(&o.list, "list", false, "list the programs and what is known of them, and run nothing")
	flags.BoolVar(&o.build, "build", false, "build the programs, and run nothing")
	flags.BoolVar(&o.built, "built", false, "take the programs from the cache as they are, which needs no Go")
	flags.BoolVar(&o.json, "json", false, "print the results as events of go test -json, with all that is apart as skipped")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.parallel < 1 {
		return o, fmt.Errorf("-parallel %d: must be at least 1", o.parallel)
	}
	if o.runtime == "" && !o.list && !o.build {
		return o, errors.New("-runtime is required")
	}
	var err error
	if o.match, err = regexp.Compile(match); err != nil {
		return o, fmt.Errorf("-match: %w", err)
	}
	if o.cache, err = filepath.Abs(o.cache); err != nil {
		return o, err
	}
	if o.runtime != "" {
		if o.runtime, err = filepath.Abs(o.runtime); err != nil {
			return o, err
		}
		if _, err = os.Stat(o.runtime); err != nil {
			return o, fmt.Errorf("runtime: %w", err)
		}
	}
	return o, nil
}

func run(ctx context.Context, args []string) (failed int, err error) {
	o, err := parseOptions(args)
	if err != nil {
		return 0, err
	}
	unlock, err := lockHost()
	if err != nil {
		return 0, err
	}
	defer unlock()
	if !o.built {
		if err := buildSuite(ctx, o.cache); err != nil || o.build {
			return 0, err
		}
	}
	suite, err := openSuite(ctx, o.cache)
	if err != nil {
		return 0, err
	}
	programs := slices.DeleteFunc(suite.programs, func(p string) bool { return !o.match.MatchString(p) })
	if o.list {
		printList(os.Stdout, programs)
		return 0, nil
	}
	stage, err := newStage(o, suite)
	if err != nil {
		return 0, err
	}
	defer stage.remove()

	results := runAll(ctx, o.parallel, programs, stage.runProgram)
	if o.json {
		return countFailed(results), errors.Join(printEvents(os.Stdout, results), ctx.Err())
	}
	printResults(os.Stdout, results)
	fmt.Printf("what the programs printed is in %s\n", stage.output)
	return countFailed(results), ctx.Err()
}

// lockHost makes this the only run on the host: the suite's cgroup paths are
// fixed, so that two runs would remove each other's cgroups, and they may share a
// cache.
func lockHost() (unlock func(), err error) {
	root, err := os.Open(cgroupRoot)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(root.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = errors.New("another run of the suite is under way on this host")
	}
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("lock %s: %w", cgroupRoot, err)
	}
	return func() { root.Close() }, nil
}

// runAll runs the programs in at most parallel lanes and returns the results
// in the order of the programs.
func runAll(ctx context.Context, parallel int, programs []string, one func(context.Context, string) result) []result {
	results := make([]result, len(programs))
	lanes := make(chan []int)
	var wg sync.WaitGroup
	for range parallel {
		wg.Go(func() {
			for lane := range lanes {
				for _, i := range lane {
					results[i] = one(ctx, programs[i])
				}
			}
		})
	}
	for _, lane := range lanesOf(programs) {
		lanes <- lane
	}
	close(lanes)
	wg.Wait()
	return results
}

// lanesOf groups the indexes of programs that must run one after another: all
// programs that use the suite's fixed cgroup paths are one lane, which goes
// first because it is the longest; every other program is a lane of its own.
func lanesOf(programs []string) [][]int {
	shared := []int{}
	lanes := [][]int{}
	for i, p := range programs {
		if sharesCgroup(p) {
			shared = append(shared, i)
		} else {
			lanes = append(lanes, []int{i})
		}
	}
	return append([][]int{shared}, lanes...)
}

func sharesCgroup(program string) bool {
	return strings.HasPrefix(program, "linux_cgroups_") || strings.HasPrefix(program, "delete_")
}
