package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
)

// configureNothing is for cases that start their daemons.
func configureNothing(string, []string) (daemon, env []string, err error) { return nil, nil, nil }

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

// configurePodman writes a network as Podman's own would be.
func configurePodman(dir string, runtimes []string) (daemon, env []string, err error) {
	if env, err = podmanFiles(dir, "/run/podman", runtimes); err != nil {
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
	return nil, append(env, "XDG_RUNTIME_DIR=/run"), err
}

// rootlessID is the user that rootless engines run as.
const rootlessID = 54321

// configureRootlessPodman makes a user without privilege: with ids to hand
// out, a session's directory, the devices that a booted machine opens to
// everybody, and file systems with options that only root may take back.
func configureRootlessPodman(dir string, runtimes []string) (daemon, env []string, err error) {
	session := fmt.Sprintf("/run/user/%d", rootlessID)
	if env, err = podmanFiles(dir, session+"/storage", runtimes); err != nil {
		return nil, nil, err
	}
	out, err := exec.Command("sh", "-ec", fmt.Sprintf(`
add() { cp /etc/$1 %[1]s/$1; echo "$2" >>%[1]s/$1; mount --bind %[1]s/$1 /etc/$1; }
add passwd "rootless:x:%[2]d:%[2]d::%[1]s:/bin/sh"
add group "rootless:x:%[2]d:"
add subuid "rootless:600000:65536"
add subgid "rootless:600000:65536"
open() { mknod -m 666 %[1]s/$2-$3 c $2 $3; mkdir -p $(dirname $1); touch $1; mount --bind %[1]s/$2-$3 $1; }
open /dev/fuse 10 229
open /dev/net/tun 10 200
mkdir -p -m 700 %[3]s
for options in nosuid,nodev,noexec nosuid,nodev,ro; do
	mkdir %[1]s/$options; mount -t tmpfs -o $options,mode=1777 tmpfs %[1]s/$options
done
chown %[2]d:%[2]d %[1]s %[1]s/volume %[3]s
`, dir, rootlessID, session)).CombinedOutput()
	if err != nil {
		return nil, nil, fmt.Errorf("make user: %w: %s", err, out)
	}
	return nil, append(env, "XDG_RUNTIME_DIR="+session, fmt.Sprintf("ID=%d", rootlessID)), nil
}

// podmanFiles asks for limits that a machine with less than the usual
// privilege can set: Podman wants more by default.
func podmanFiles(dir, runRoot string, runtimes []string) (env []string, err error) {
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
infra_image = "{{.Pause}}"
runtime_supports_json = [{{.Names}}]
runtime_supports_nocgroup = ["crun", "rt"]
[engine.runtimes]
{{.Paths}}
`, map[string]string{"Dir": dir, "Pause": pauseName, "Names": strings.Join(names, ", "), "Paths": strings.Join(paths, "\n")})
	if err != nil {
		return nil, err
	}
	err = fill(filepath.Join(dir, "storage.conf"), `[storage]
driver = "overlay"
graphroot = "{{.Dir}}/store"
runroot = "{{.RunRoot}}"
rootless_storage_path = "{{.Dir}}/store"
`, map[string]string{"Dir": dir, "RunRoot": runRoot})
	return []string{"CONTAINERS_CONF=" + dir + "/containers.conf", "CONTAINERS_STORAGE_CONF=" + dir + "/storage.conf"}, err
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
