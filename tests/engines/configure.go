package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// place is what an engine is configured for.
type place struct {
	dir      string // of its own
	runtimes []string
	systemd  bool // whether systemd makes its cgroups
}

// driver is who makes the cgroups, in the words of Docker and Podman.
func (p place) driver() string {
	if p.systemd {
		return "systemd"
	}
	return "cgroupfs"
}

// configureNothing is for cases that start their daemons.
func configureNothing(place) (daemon, env []string, err error) { return nil, nil, nil }

func configureContainerd(p place) (daemon, env []string, err error) {
	config := filepath.Join(p.dir, "config.toml")
	err = fill(config, `version = 2
root = "{{.}}/root"
state = "{{.}}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"]
[grpc]
address = "{{.}}/socket"
`, p.dir)
	return []string{"containerd", "-c", config},
		[]string{"CONTAINERD_ADDRESS=" + p.dir + "/socket", "CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS=1"}, err
}

func configureDocker(p place) (daemon, env []string, err error) {
	daemon = []string{"dockerd", "--data-root", p.dir + "/data", "--exec-root", "/run/docker",
		"--pidfile", "/run/docker.pid", "-H", "unix:///run/docker.sock",
		"--exec-opt", "native.cgroupdriver=" + p.driver()}
	for _, path := range p.runtimes {
		if name := filepath.Base(path); name != "runc" {
			daemon = append(daemon, "--add-runtime", name+"="+path)
		}
	}
	return daemon, []string{"DOCKER_HOST=unix:///run/docker.sock", "DRIVER=" + p.driver()}, nil
}

// configurePodman writes a network as Podman's own would be.
func configurePodman(p place) (daemon, env []string, err error) {
	if env, err = p.podmanFiles("/run/podman"); err != nil {
		return nil, nil, err
	}
	if err := os.Mkdir(filepath.Join(p.dir, "net"), 0o755); err != nil {
		return nil, nil, err
	}
	err = fill(filepath.Join(p.dir, "net", "87-podman.conflist"), `{
  "cniVersion": "0.4.0", "name": "podman",
  "plugins": [
    {"type": "bridge", "bridge": "podman0", "isGateway": true, "ipMasq": true,
     "ipam": {"type": "host-local", "routes": [{"dst": "0.0.0.0/0"}],
              "ranges": [[{"subnet": "10.88.0.0/16", "gateway": "10.88.0.1"}]]}},
    {"type": "portmap", "capabilities": {"portMappings": true}},
    {"type": "firewall"}, {"type": "tuning"}
  ]
}
`, nil)
	return nil, append(env, "XDG_RUNTIME_DIR=/run"), err
}

// podmanFiles asks for limits that a machine with less than the usual
// privilege can set: Podman wants more by default.
func (p place) podmanFiles(runRoot string) (env []string, err error) {
	var names, paths []string
	for _, path := range p.runtimes {
		names = append(names, fmt.Sprintf("%q", filepath.Base(path)))
		paths = append(paths, fmt.Sprintf("%s = [%q]", filepath.Base(path), path))
	}
	err = fill(filepath.Join(p.dir, "containers.conf"), `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[network]
network_backend = "cni"
network_config_dir = "{{.Dir}}/net"
[engine]
cgroup_manager = "{{.Driver}}"
events_logger = "file"
infra_image = "{{.Pause}}"
runtime_supports_json = [{{.Names}}]
runtime_supports_nocgroup = ["crun", "rt"]
[engine.runtimes]
{{.Paths}}
`, map[string]string{"Dir": p.dir, "Driver": p.driver(), "Pause": pauseName,
		"Names": strings.Join(names, ", "), "Paths": strings.Join(paths, "\n")})
	if err != nil {
		return nil, err
	}
	err = fill(filepath.Join(p.dir, "storage.conf"), `[storage]
driver = "overlay"
graphroot = "{{.Dir}}/store"
runroot = "{{.RunRoot}}"
rootless_storage_path = "{{.Dir}}/store"
`, map[string]string{"Dir": p.dir, "RunRoot": runRoot})
	return []string{"CONTAINERS_CONF=" + p.dir + "/containers.conf", "CONTAINERS_STORAGE_CONF=" + p.dir + "/storage.conf"}, err
}

// fill writes a file from a template.
func fill(path, text string, data any) error {
	t, err := template.New(filepath.Base(path)).Parse(text)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := t.Execute(f, data); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
