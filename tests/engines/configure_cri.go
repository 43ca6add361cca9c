package main

import (
	"os"
	"path/filepath"
)

// cniPlugins is where Debian has them.
const cniPlugins = "/usr/lib/cni"

// criConfig is what differs between versions of containerd's configuration.
type criConfig struct {
	version int
	plugin  string // the table of runtimes
	pause   string // where the sandbox's image is named
	plugins string // where CNI plugins are looked for
}

var (
	criOne = criConfig{2, "io.containerd.grpc.v1.cri",
		`plugins."io.containerd.grpc.v1.cri".sandbox_image`, `bin_dir = "` + cniPlugins + `"`}
	criTwo = criConfig{3, "io.containerd.cri.v1.runtime",
		`plugins."io.containerd.cri.v1.images".pinned_images.sandbox`, `bin_dirs = ["` + cniPlugins + `"]`}
)

// configureCRI has a runtime handler for each runtime, by its name. Scores of
// the OOM killer are limited to what this process may set, as a machine may
// lack the privilege to lower them.
func configureCRI(c criConfig) func(place) (daemon, env []string, err error) {
	return func(p place) (daemon, env []string, err error) {
		config := filepath.Join(p.dir, "config.toml")
		if err := fill(config, `version = {{.Version}}
root = "{{.Dir}}/root"
state = "{{.Dir}}/state"
{{.Pause}} = "{{.PauseName}}"
[grpc]
  address = "{{.Dir}}/socket"
[plugins."{{.Plugin}}"]
  restrict_oom_score_adj = true
  disable_hugetlb_controller = false
[plugins."{{.Plugin}}".cni]
  {{.Plugins}}
  conf_dir = "{{.Dir}}/net"
{{$plugin := .Plugin}}{{$systemd := .Systemd -}}
[plugins."{{$plugin}}".containerd]
  default_runtime_name = "{{.Default}}"
{{range $name, $path := .Runtimes -}}
[plugins."{{$plugin}}".containerd.runtimes.{{$name}}]
  runtime_type = "io.containerd.runc.v2"
[plugins."{{$plugin}}".containerd.runtimes.{{$name}}.options]
  BinaryName = "{{$path}}"
  SystemdCgroup = {{$systemd}}
{{end}}`, map[string]any{"Dir": p.dir, "Systemd": p.systemd, "Version": c.version, "Plugin": c.plugin, "Pause": c.pause, "PauseName": pauseName,
			"Default": filepath.Base(p.runtimes[0]), "Plugins": c.plugins, "Runtimes": byName(p.runtimes)}); err != nil {
			return nil, nil, err
		}
		for _, sub := range []string{"net", "ids", "logs"} {
			if err := os.Mkdir(filepath.Join(p.dir, sub), 0o755); err != nil {
				return nil, nil, err
			}
		}
		return []string{"containerd", "-c", config}, []string{"CRI_ADDRESS=" + p.dir + "/socket", "CONTAINERD_ADDRESS=" + p.dir + "/socket",
			"CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS=1"}, podNetwork(p.dir)
	}
}

// podNetwork writes the configuration of the network that pods are in.
func podNetwork(dir string) error {
	return fill(filepath.Join(dir, "net", "10-pods.conflist"), `{
  "cniVersion": "0.4.0", "name": "pods",
  "plugins": [
    {"type": "bridge", "bridge": "pods0", "isGateway": true,
     "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.77.0.0/16"}]], "dataDir": "{{.}}/addresses"}}
  ]
}
`, dir)
}

func byName(paths []string) map[string]string {
	all := map[string]string{}
	for _, path := range paths {
		all[filepath.Base(path)] = path
	}
	return all
}
