package specconv

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/jsontext"
)

func readLinux(d *jsontext.Decoder, v *specs.Linux) {
	for name := range d.Members() {
		switch name {
		case "uidMappings":
			jsontext.List(d, &v.UIDMappings, readIDMapping)
		case "gidMappings":
			jsontext.List(d, &v.GIDMappings, readIDMapping)
		case "sysctl":
			jsontext.Dict(d, &v.Sysctl, jsontext.Text)
		case "resources":
			jsontext.Pointer(d, &v.Resources, readResources)
		case "cgroupsPath":
			jsontext.Text(d, &v.CgroupsPath)
		case "namespaces":
			jsontext.List(d, &v.Namespaces, readNamespace)
		case "devices":
			jsontext.List(d, &v.Devices, readDevice)
		case "netDevices":
			jsontext.Dict(d, &v.NetDevices, readNetDevice)
		case "seccomp":
			jsontext.Pointer(d, &v.Seccomp, readSeccomp)
		case "rootfsPropagation":
			jsontext.Text(d, &v.RootfsPropagation)
		case "maskedPaths":
			jsontext.List(d, &v.MaskedPaths, jsontext.Text)
		case "readonlyPaths":
			jsontext.List(d, &v.ReadonlyPaths, jsontext.Text)
		case "mountLabel":
			jsontext.Text(d, &v.MountLabel)
		case "intelRdt":
			jsontext.Pointer(d, &v.IntelRdt, readIntelRdt)
		case "memoryPolicy":
			jsontext.Pointer(d, &v.MemoryPolicy, readMemoryPolicy)
		case "personality":
			jsontext.Pointer(d, &v.Personality, readPersonality)
		case "timeOffsets":
			jsontext.Dict(d, &v.TimeOffsets, readTimeOffset)
		}
	}
}

func readNamespace(d *jsontext.Decoder, v *specs.LinuxNamespace) {
	for name := range d.Members() {
		switch name {
		case "type":
			jsontext.Text(d, &v.Type)
		case "path":
			jsontext.Text(d, &v.Path)
		}
	}
}

func readDevice(d *jsontext.Decoder, v *specs.LinuxDevice) {
	for name := range d.Members() {
		switch name {
		case "path":
			jsontext.Text(d, &v.Path)
		case "type":
			jsontext.Text(d, &v.Type)
		case "major":
			jsontext.Int(d, &v.Major)
		case "minor":
			jsontext.Int(d, &v.Minor)
		case "fileMode":
			jsontext.Pointer(d, &v.FileMode, jsontext.Uint)
		case "uid":
			jsontext.Pointer(d, &v.UID, jsontext.Uint)
		case "gid":
			jsontext.Pointer(d, &v.GID, jsontext.Uint)
		}
	}
}

func readNetDevice(d *jsontext.Decoder, v *specs.LinuxNetDevice) {
	for name := range d.Members() {
		if name == "name" {
			jsontext.Text(d, &v.Name)
		}
	}
}

func readIntelRdt(d *jsontext.Decoder, v *specs.LinuxIntelRdt) {
	for name := range d.Members() {
		switch name {
		case "closID":
			jsontext.Text(d, &v.ClosID)
		case "schemata":
			jsontext.List(d, &v.Schemata, jsontext.Text)
		case "l3CacheSchema":
			jsontext.Text(d, &v.L3CacheSchema)
		case "memBwSchema":
			jsontext.Text(d, &v.MemBwSchema)
		case "enableMonitoring":
			jsontext.Bool(d, &v.EnableMonitoring)
		}
	}
}

func readMemoryPolicy(d *jsontext.Decoder, v *specs.LinuxMemoryPolicy) {
	for name := range d.Members() {
		switch name {
		case "mode":
			jsontext.Text(d, &v.Mode)
		case "nodes":
			jsontext.Text(d, &v.Nodes)
		case "flags":
			jsontext.List(d, &v.Flags, jsontext.Text)
		}
	}
}

func readPersonality(d *jsontext.Decoder, v *specs.LinuxPersonality) {
	for name := range d.Members() {
		switch name {
		case "domain":
			jsontext.Text(d, &v.Domain)
		case "flags":
			jsontext.List(d, &v.Flags, jsontext.Text)
		}
	}
}

func readTimeOffset(d *jsontext.Decoder, v *specs.LinuxTimeOffset) {
	for name := range d.Members() {
		switch name {
		case "secs":
			jsontext.Int(d, &v.Secs)
		case "nanosecs":
			jsontext.Uint(d, &v.Nanosecs)
		}
	}
}

func readSeccomp(d *jsontext.Decoder, v *specs.LinuxSeccomp) {
	for name := range d.Members() {
		switch name {
		case "defaultAction":
			jsontext.Text(d, &v.DefaultAction)
		case "defaultErrnoRet":
			jsontext.Pointer(d, &v.DefaultErrnoRet, jsontext.Uint)
		case "architectures":
			jsontext.List(d, &v.Architectures, jsontext.Text)
		case "flags":
			jsontext.List(d, &v.Flags, jsontext.Text)
		case "listenerPath":
			jsontext.Text(d, &v.ListenerPath)
		case "listenerMetadata":
			jsontext.Text(d, &v.ListenerMetadata)
		case "syscalls":
			jsontext.List(d, &v.Syscalls, readSyscall)
		}
	}
}

func readSyscall(d *jsontext.Decoder, v *specs.LinuxSyscall) {
	for name := range d.Members() {
		switch name {
		case "names":
			jsontext.List(d, &v.Names, jsontext.Text)
		case "action":
			jsontext.Text(d, &v.Action)
		case "errnoRet":
			jsontext.Pointer(d, &v.ErrnoRet, jsontext.Uint)
		case "args":
			jsontext.List(d, &v.Args, readSyscallArg)
		}
	}
}

func readSyscallArg(d *jsontext.Decoder, v *specs.LinuxSeccompArg) {
	for name := range d.Members() {
		switch name {
		case "index":
			jsontext.Uint(d, &v.Index)
		case "value":
			jsontext.Uint(d, &v.Value)
		case "valueTwo":
			jsontext.Uint(d, &v.ValueTwo)
		case "op":
			jsontext.Text(d, &v.Op)
		}
	}
}
