package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

//go:embed *.cases
var caseFiles embed.FS

// engine is one engine: what it needs, how its daemon is started, its cases.
type engine struct {
	name     string
	programs []string
	packages []string
	// builds are programs of its own, looked up before those of packages.
	builds []build
	// peer is the runc to compare with where the packaged one is too old.
	peer *build
	// client is the directory of a module of this tree, and the name of its
	// program: what cases call in the place of the engine's own tool.
	client string
	// cases are the files its cases are in.
	cases []string
	// scopes are the files with what comes to that with systemd's cgroups.
	scopes []string
	// configure writes the engine's files and returns its daemon, if it has
	// one, and the environment of its cases.
	configure func(place) (daemon, env []string, err error)
	// load is the command that says when the engine is ready and has the image.
	load string
	// version is the command that prints the engine's version.
	version string
}

var allEngines = []engine{
	{
		name: "containerd", cases: []string{"containerd.cases"}, configure: configureContainerd,
		programs: []string{"containerd", "containerd-shim-runc-v2", "ctr"},
		packages: []string{"containerd"},
		load:     "ctr version && ctr image import $ARCHIVE",
		version:  "containerd --version",
	},
	{
		name: "containerd2", cases: []string{"containerd.cases", "containerd2.cases"}, configure: configureContainerd,
		builds:  []build{containerd2},
		peer:    &runcNewest,
		load:    "ctr version && ctr image import $ARCHIVE",
		version: "containerd --version",
	},
	{
		name: "cri", cases: []string{"cri.cases"}, configure: configureCRI(criOne),
		programs: []string{"containerd", "containerd-shim-runc-v2", "ctr", cniPlugins + "/bridge"},
		packages: []string{"containerd", "containernetworking-plugins"},
		client:   "tests/engines/cri",
		load:     loadCRI,
		version:  "containerd --version",
		scopes:   []string{"cri-systemd.cases", "scope.cases"},
	},
	{
		name: "cri2", cases: []string{"cri.cases", "cri2.cases"}, configure: configureCRI(criTwo),
		programs: []string{cniPlugins + "/bridge"},
		packages: []string{"containernetworking-plugins"},
		builds:   []build{containerd2},
		peer:     &runcNewest,
		client:   "tests/engines/cri",
		load:     loadCRI,
		version:  "containerd --version",
		scopes:   []string{"cri-systemd.cases", "scope.cases"},
	},
	{
		name: "crio", cases: []string{"cri.cases", "cri2.cases", "crio.cases"}, configure: configureCRIO,
		programs: []string{"conmon", "skopeo", cniPlugins + "/bridge"},
		packages: []string{"conmon", "skopeo", "containernetworking-plugins", "libseccomp-dev"},
		builds:   []build{crio},
		peer:     &runcNewest,
		client:   "tests/engines/cri",
		load:     loadCRIO,
		version:  "crio --version",
	},
	{
		name: "docker", cases: []string{"docker.cases", "docker-daemon.cases"}, configure: configureDocker,
		programs: []string{"dockerd", "docker", "containerd", "docker-init", "iptables"},
		packages: []string{"docker.io", "docker-cli", "containerd", "tini", "iptables"},
		load:     "docker version && docker load -q -i $ARCHIVE",
		version:  "dockerd --version",
		scopes:   []string{"docker-systemd.cases", "scope.cases"},
	},
	{
		name: "moby2", cases: []string{"docker.cases", "docker-daemon.cases", "moby2.cases"}, configure: configureDocker,
		programs: []string{"docker-init", "iptables"},
		packages: []string{"tini", "docker.io", "iptables"},
		builds:   []build{moby2, dockerClient, containerd2, runcNewest},
		peer:     &runcNewest,
		load:     "docker version && docker load -q -i $ARCHIVE",
		version:  "echo moby " + moby2.version,
		scopes:   []string{"docker-systemd.cases", "scope.cases"},
	},
	{
		name: "swarm", cases: []string{"swarm.cases"}, configure: configureNothing,
		programs: []string{"dockerd", "docker", "containerd", "docker-init", "iptables"},
		packages: []string{"docker.io", "docker-cli", "containerd", "tini", "iptables"},
		load:     "true",
		version:  "dockerd --version",
	},
	{
		name: "podman", cases: []string{"podman.cases", "podman-root.cases"}, configure: configurePodman,
		programs: []string{"podman", "conmon", "catatonit", "iptables"},
		packages: []string{"podman", "conmon", "catatonit", "iptables", "containernetworking-plugins",
			"golang-github-containers-common", "golang-github-containers-image"},
		load:    loadPodman,
		version: "podman --version",
		scopes:  []string{"podman-systemd.cases", "scope.cases"},
	},
	{
		name: "podman-rootless", cases: []string{"podman.cases", "podman-rootless.cases"}, configure: configureRootlessPodman,
		programs: []string{"podman", "conmon", "catatonit", "newuidmap", "slirp4netns"},
		packages: []string{"podman", "conmon", "catatonit", "uidmap", "slirp4netns",
			"golang-github-containers-common", "golang-github-containers-image"},
		load:    loadPodman,
		version: "podman --version",
		scopes:  []string{"podman-systemd.cases", "scope.cases"},
	},
}

const loadCRI = "ctr -n k8s.io image import $ARCHIVE && ctr -n k8s.io image import $PAUSE && cri Version"

const loadCRIO = "for i in $ARCHIVE:$IMAGE $PAUSE:" + pauseName + "; do " +
	"skopeo --insecure-policy copy -q docker-archive:$i containers-storage:${i#*:} || exit; done; " +
	"cri Status | jq -e '.status.conditions | all(.status)'"

const loadPodman = "podman load -q -i $ARCHIVE && podman load -q -i $PAUSE"

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

func engineNames() []string {
	var names []string
	for _, e := range allEngines {
		names = append(names, e.name)
	}
	return names
}

// missing names a program that is not there.
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

// obtain builds what the engines need besides packages. Without success the
// engine is skipped later.
func obtain(ctx context.Context, names []string, cache string) {
	for _, name := range names {
		e := findEngine(name)
		if e == nil {
			continue
		}
		for _, b := range e.allBuilds() {
			if err := b.make(ctx, cache); err != nil {
				fmt.Fprintln(os.Stderr, "engines:", err)
			}
		}
	}
}

func (e *engine) allBuilds() []build {
	if e.peer == nil {
		return e.builds
	}
	return append(slices.Clone(e.builds), *e.peer)
}

// findPrograms puts the engine's own programs before all others. An error says
// what cannot be had here.
func (e *engine) findPrograms(dir, cache string) error {
	path := filepath.Join(dir, "bin") + ":" + clients() + ":" + roomPath
	for _, b := range slices.Backward(e.builds) {
		if !b.made(cache) {
			return fmt.Errorf("%s %s could not be built", b.module, b.version)
		}
		path = b.dir(cache) + ":" + path
	}
	if err := os.Setenv("PATH", path); err != nil {
		return err
	}
	if e.client != "" {
		if _, err := exec.LookPath(filepath.Base(e.client)); err != nil {
			return fmt.Errorf("%s could not be built", e.client)
		}
	}
	if p := e.missing(); p != "" {
		return fmt.Errorf("no %s on this machine", p)
	}
	return nil
}

// runtimes are the one under test and its peer.
func (e *engine) runtimes(s settings) []string {
	if e.peer != nil && e.peer.made(s.cache) && filepath.Base(s.peer) == "runc" {
		return []string{s.runtime, filepath.Join(e.peer.dir(s.cache), "runc")}
	}
	if path, err := exec.LookPath(s.peer); err == nil {
		return []string{s.runtime, path}
	}
	return []string{s.runtime}
}

// suites are the engine's cases; functions of a later file replace those of an
// earlier one.
func (e *engine) suite(systemd bool) (*suite, error) {
	all := new(suite)
	files := e.cases
	if systemd {
		files = append(slices.Clone(files), e.scopes...)
	}
	for _, name := range files {
		text, err := caseFiles.ReadFile(name)
		if err == nil {
			err = all.parse(name, string(text))
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// runCases starts the engine, runs its cases with each runtime, and stops it.
// An error says why the engine cannot be had here.
func (e *engine) runCases(dir string, s settings, t *table) error {
	if err := e.findPrograms(dir, s.cache); err != nil {
		return err
	}
	suite, err := e.suite(s.systemd)
	if err != nil {
		return err
	}
	work := filepath.Join(dir, e.name)
	if err := os.MkdirAll(filepath.Join(work, "volume"), 0o755); err != nil {
		return err
	}
	runtimes := e.runtimes(s)
	daemon, env, err := e.configure(place{work, runtimes, s.systemd})
	if err != nil {
		return err
	}
	env = append(os.Environ(), append(env, "ENGINE="+work, "VOLUME="+work+"/volume", "C=case",
		"IMAGE="+imageName, "ARCHIVE="+dir+"/image.tar", "PAUSE="+dir+"/pause.tar", "HOME="+work)...)
	stop, err := startDaemon(work, daemon, env)
	if err != nil {
		return err
	}
	defer stop()
	if err := e.ready(suite.prelude, env); err != nil {
		return err
	}
	t.begin(e.name, firstLine(e.version, env), versions(runtimes, env))
	only := regexp.MustCompile(s.run)
	for i := range suite.cases {
		c := &suite.cases[i]
		if !only.MatchString(e.name + "/" + c.title) {
			continue
		}
		var outcomes []outcome
		for _, path := range runtimes {
			with := append(env, "RUNTIME="+path, "NAME="+filepath.Base(path))
			outcomes = append(outcomes, c.run(suite.prelude, with))
		}
		t.add(c.title, outcomes)
	}
	return nil
}

func versions(runtimes, env []string) []string {
	var all []string
	for _, path := range runtimes {
		all = append(all, firstLine(path+" --version", env))
	}
	return all
}

// firstLine is the first line that a command prints.
func firstLine(command string, env []string) string {
	out, _ := shell("", command, env)
	line, _, _ := strings.Cut(out, "\n")
	return line
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
	deadline := time.Now().Add(commandDeadline)
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
