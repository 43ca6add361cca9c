package specconv

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/jsontext"
)

// What follows says which property of config.json goes where; each function
// reads one object of the specification. TestDecodeEverything compares it
// with the json tags of runtime-spec, so that no property is forgotten.

func readSpec(d *jsontext.Decoder, v *specs.Spec) {
	for name := range d.Members() {
		switch name {
		case "ociVersion":
			jsontext.Text(d, &v.Version)
		case "process":
			jsontext.Pointer(d, &v.Process, readProcess)
		case "root":
			jsontext.Pointer(d, &v.Root, readRoot)
		case "hostname":
			jsontext.Text(d, &v.Hostname)
		case "domainname":
			jsontext.Text(d, &v.Domainname)
		case "mounts":
			jsontext.List(d, &v.Mounts, readMount)
		case "hooks":
			jsontext.Pointer(d, &v.Hooks, readHooks)
		case "annotations":
			jsontext.Dict(d, &v.Annotations, jsontext.Text)
		case "linux":
			jsontext.Pointer(d, &v.Linux, readLinux)
		}
	}
}

func readRoot(d *jsontext.Decoder, v *specs.Root) {
	for name := range d.Members() {
		switch name {
		case "path":
			jsontext.Text(d, &v.Path)
		case "readonly":
			jsontext.Bool(d, &v.Readonly)
		}
	}
}

func readMount(d *jsontext.Decoder, v *specs.Mount) {
	for name := range d.Members() {
		switch name {
		case "destination":
			jsontext.Text(d, &v.Destination)
		case "type":
			jsontext.Text(d, &v.Type)
		case "source":
			jsontext.Text(d, &v.Source)
		case "options":
			jsontext.List(d, &v.Options, jsontext.Text)
		case "uidMappings":
			jsontext.List(d, &v.UIDMappings, readIDMapping)
		case "gidMappings":
			jsontext.List(d, &v.GIDMappings, readIDMapping)
		}
	}
}

func readIDMapping(d *jsontext.Decoder, v *specs.LinuxIDMapping) {
	for name := range d.Members() {
		switch name {
		case "containerID":
			jsontext.Uint(d, &v.ContainerID)
		case "hostID":
			jsontext.Uint(d, &v.HostID)
		case "size":
			jsontext.Uint(d, &v.Size)
		}
	}
}

func readHooks(d *jsontext.Decoder, v *specs.Hooks) {
	for name := range d.Members() {
		switch name {
		case "prestart":
			//lint:ignore SA1019 deprecated, and engines still use it
			jsontext.List(d, &v.Prestart, ReadHook)
		case "createRuntime":
			jsontext.List(d, &v.CreateRuntime, ReadHook)
		case "createContainer":
			jsontext.List(d, &v.CreateContainer, ReadHook)
		case "startContainer":
			jsontext.List(d, &v.StartContainer, ReadHook)
		case "poststart":
			jsontext.List(d, &v.Poststart, ReadHook)
		case "poststop":
			jsontext.List(d, &v.Poststop, ReadHook)
		}
	}
}

// ReadHook reads one hook (config.md#posix-platform-hooks).
func ReadHook(d *jsontext.Decoder, v *specs.Hook) {
	for name := range d.Members() {
		switch name {
		case "path":
			jsontext.Text(d, &v.Path)
		case "args":
			jsontext.List(d, &v.Args, jsontext.Text)
		case "env":
			jsontext.List(d, &v.Env, jsontext.Text)
		case "timeout":
			jsontext.Pointer(d, &v.Timeout, jsontext.Int)
		}
	}
}
