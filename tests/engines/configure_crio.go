package main

import (
	"os"
	"path/filepath"
)

// configureCRIO has a runtime handler for each runtime, by its name, and the
// network of containerd's pods. Nothing of it is beside what the machine has,
// so that images need no signature and no capability beyond the default ones.
func configureCRIO(p place) (daemon, env []string, err error) {
	for _, sub := range []string{"net", "ids", "logs", "conf.d", "hooks"} {
		if err := os.Mkdir(filepath.Join(p.dir, sub), 0o755); err != nil {
			return nil, nil, err
		}
	}
	config := filepath.Join(p.dir, "crio.conf")
	err = fill(config, `[crio]
root = "{{.Dir}}/store"
runroot = "/run/crio/store"
storage_driver = "overlay"
log_dir = "{{.Dir}}/logs"
version_file = "/run/crio/version"
clean_shutdown_file = "{{.Dir}}/clean.shutdown"
[crio.api]
listen = "{{.Dir}}/socket"
[crio.runtime]
default_runtime = "{{.Default}}"
cgroup_manager = "{{.Driver}}"
conmon_cgroup = "pod"
namespaces_dir = "/run/crio/ns"
hooks_dir = ["{{.Dir}}/hooks"]
irqbalance_config_restore_file = "disable"
{{range $name, $path := .Runtimes -}}
[crio.runtime.runtimes.{{$name}}]
runtime_path = "{{$path}}"
runtime_type = "oci"
runtime_root = "/run/crio/{{$name}}"
allowed_annotations = ["io.kubernetes.cri-o.umask"]
{{end -}}
[crio.image]
pause_image = "{{.PauseName}}"
pause_command = ""
signature_policy = "{{.Dir}}/policy.json"
signature_policy_dir = "{{.Dir}}/policies"
[crio.network]
network_dir = "{{.Dir}}/net"
plugin_dirs = ["{{.Plugins}}"]
`, map[string]any{"Dir": p.dir, "Driver": p.driver(), "Default": filepath.Base(p.runtimes[0]),
		"Runtimes": byName(p.runtimes), "PauseName": pauseName, "Plugins": cniPlugins})
	if err != nil {
		return nil, nil, err
	}
	if err := fill(filepath.Join(p.dir, "policy.json"), `{"default": [{"type": "insecureAcceptAnything"}]}
`, nil); err != nil {
		return nil, nil, err
	}
	if err := fill(filepath.Join(p.dir, "storage.conf"), `[storage]
driver = "overlay"
graphroot = "{{.}}/store"
runroot = "/run/crio/store"
`, p.dir); err != nil {
		return nil, nil, err
	}
	if err := fill(filepath.Join(p.dir, "hooks", "state.json"), `{
  "version": "1.0.0", "stages": ["createRuntime", "poststart", "poststop"],
  "when": {"annotations": {"^hooked$": "^yes$"}},
  "hook": {"path": "/bin/sh", "args": ["sh", "-c", "jq -r .status >>{{.}}/hooked"]}
}
`, p.dir); err != nil {
		return nil, nil, err
	}
	err = podNetwork(p.dir)
	return []string{"crio", "--config", config, "--config-dir", p.dir + "/conf.d"},
		[]string{"CRI_ADDRESS=" + p.dir + "/socket", "CONTAINERS_STORAGE_CONF=" + p.dir + "/storage.conf"}, err
}
