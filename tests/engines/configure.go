package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

func configureContainerd(dir string, _ []string) (daemon, env []string, err error) {
	config := filepath.Join(dir, "config.toml")
	err = fill(config, `version = 2
root = "{{.}}/root"
state = "{{.}}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"]
[grpc]
address = "{{.}}/socket"
`, dir)
	return []string{"containerd", "-c", config},
		[]string{"CONTAINERD_ADDRESS=" + dir + "/socket", "CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS=1"}, err
}

func configureDocker(dir string, runtimes []string) (daemon, env []string, err error) {
	daemon = []string{"dockerd", "--data-root", dir + "/data", "--exec-root", "/run/docker",
		"--pidfile", "/run/docker.pid", "-H", "unix:///run/docker.sock"}
	for _, path := range runtimes {
		if name := filepath.Base(path); name != "runc" {
			daemon = append(daemon, "--add-runtime", name+"="+path)
		}
	}
	return daemon, []string{"DOCKER_HOST=unix:///run/docker.sock"}, nil
}

// configurePodman needs limits that a machine with less than the usual
// privilege can set: Podman asks for more by default.
func configurePodman(dir string, runtimes []string) (daemon, env []string, err error) {
	var names, paths []string
	for _, path := range runtimes {
		names = append(names, fmt.Sprintf("%q", filepath.Base(path)))
		paths = append(paths, fmt.Sprintf("%s = [%q]", filepath.Base(path), path))
	}
	err = fill(filepath.Join(dir, "containers.conf"), `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[network]
network_backend = "cni"
network_config_dir = "{{.Dir}}/net"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
infra_image = "localhost/infra"
runtime_supports_json = [{{.Names}}]
runtime_supports_nocgroup = ["crun", "rt"]
[engine.runtimes]
{{.Paths}}
`, map[string]string{"Dir": dir, "Names": strings.Join(names, ", "), "Paths": strings.Join(paths, "\n")})
	if err != nil {
		return nil, nil, err
	}
	if err := fill(filepath.Join(dir, "storage.conf"), `[storage]
driver = "overlay"
graphroot = "{{.}}/store"
runroot = "/run/podman"
`, dir); err != nil {
		return nil, nil, err
	}
	if err := os.Mkdir(filepath.Join(dir, "net"), 0o755); err != nil {
		return nil, nil, err
	}
	err = fill(filepath.Join(dir, "net", "87-podman.conflist"), `{
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
	return nil, []string{"CONTAINERS_CONF=" + dir + "/containers.conf",
		"CONTAINERS_STORAGE_CONF=" + dir + "/storage.conf", "XDG_RUNTIME_DIR=/run"}, err
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
