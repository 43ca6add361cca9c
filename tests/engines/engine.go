package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

var (
	//go:embed containerd.cases
	containerdCases string
	//go:embed docker.cases
	dockerCases string
	//go:embed podman.cases
	podmanCases string
)

// engine is one engine: what it needs, how its daemon is started, its cases.
type engine struct {
	name     string
	programs []string
	packages []string
	cases    string
	// configure writes the engine's files and returns its daemon, if it has
	// one, and the environment of its cases.
	configure func(dir string, runtimes []string) (daemon, env []string, err error)
	// load is the command that says when the engine is ready and has the image.
	load string
}

var allEngines = []engine{
	{
		name: "containerd", cases: containerdCases, configure: configureContainerd,
		programs: []string{"containerd", "containerd-shim-runc-v2", "ctr"},
		packages: []string{"containerd"},
		load:     "ctr version && ctr image import $ARCHIVE",
	},
	{
		name: "docker", cases: dockerCases, configure: configureDocker,
		programs: []string{"dockerd", "docker", "containerd", "docker-init", "iptables"},
		packages: []string{"docker.io", "docker-cli", "containerd", "tini", "iptables"},
		load:     "docker version && docker load -q -i $ARCHIVE",
	},
	{
		name: "podman", cases: podmanCases, configure: configurePodman,
		programs: []string{"podman", "conmon", "catatonit", "iptables"},
		packages: []string{"podman", "conmon", "catatonit", "iptables", "containernetworking-plugins",
			"golang-github-containers-common", "golang-github-containers-image"},
		load: "podman load -q -i $ARCHIVE && podman tag $IMAGE localhost/infra",
	},
}

// common packages are the peer and what the cases themselves call.
var common = []string{"runc", "busybox-static", "iproute2", "procps", "jq", "util-linux"}

func findEngine(name string) *engine {
	for i := range allEngines {
		if allEngines[i].name == name {
			return &allEngines[i]
		}
	}
	return nil
}

func (e *engine) missing() string {
	for _, p := range e.programs {
		if _, err := exec.LookPath(p); err != nil {
			return p
		}
	}
	return ""
}

// install gets the packages of engines that are not there. Without success the
// engine is skipped later, with what is missing.
func install(ctx context.Context, names []string) {
	packages := []string{}
	for _, name := range names {
		if e := findEngine(name); e != nil && e.missing() != "" {
			packages = append(packages, e.packages...)
		}
	}
	for _, p := range common {
		if exec.Command("dpkg", "-s", p).Run() != nil {
			packages = append(packages, p)
		}
	}
	if len(packages) == 0 {
		return
	}
	known := packages[:0]
	for _, p := range packages {
		if exec.CommandContext(ctx, "apt-cache", "show", p).Run() == nil {
			known = append(known, p)
		}
	}
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"install", "-y", "-qq", "--no-install-recommends"}, known...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "engines: apt-get install:", err)
	}
}

// runCases starts the engine, runs its cases with each runtime, and stops it.
// An error says why the engine cannot be had here.
func (e *engine) runCases(dir, archive string, only *regexp.Regexp, t *table) error {
	if p := e.missing(); p != "" {
		return fmt.Errorf("no %s on this machine", p)
	}
	s, err := parseSuite(e.name+".cases", e.cases)
	if err != nil {
		return err
	}
	work := filepath.Join(dir, e.name)
	if err := os.MkdirAll(filepath.Join(work, "volume"), 0o755); err != nil {
		return err
	}
	daemon, env, err := e.configure(work, t.runtimes)
	if err != nil {
		return err
	}
	env = append(os.Environ(), append(env, "ENGINE="+work, "VOLUME="+work+"/volume", "C=case",
		"IMAGE="+imageName, "ARCHIVE="+archive, "HOME="+work)...)
	stop, err := startDaemon(work, daemon, env)
	if err != nil {
		return err
	}
	defer stop()
	if err := e.ready(s.prelude, env); err != nil {
		return err
	}
	for i := range s.cases {
		c := &s.cases[i]
		if !only.MatchString(e.name + "/" + c.title) {
			continue
		}
		if need := c.unmet(s.prelude, env); need != "" {
			t.skip(e.name+": "+c.title, "not true here: "+need)
			continue
		}
		var results []string
		for _, path := range t.runtimes {
			with := append(env, "RUNTIME="+path, "NAME="+filepath.Base(path))
			results = append(results, c.run(s.prelude, with))
			shell(s.prelude, "cleanup", with)
		}
		t.row(e.name, c.title, results)
	}
	return nil
}

// startDaemon starts the daemon in the background; stop ends it and waits.
func startDaemon(dir string, daemon, env []string) (stop func(), err error) {
	if len(daemon) == 0 {
		return func() {}, nil
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(daemon[0], daemon[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	return func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			cmd.Process.Kill()
			<-ended
		}
	}, nil
}

// ready waits until the engine answers and has loaded the image.
func (e *engine) ready(prelude string, env []string) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(time.Minute)
	for range tick.C {
		out, code := shell(prelude, e.load, env)
		if code == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			lines := strings.Split(out, "\n")
			return fmt.Errorf("does not start: %s", lines[len(lines)-1])
		}
	}
	return nil
}
