package specconv

import "github.com/opencontainers/runtime-spec/specs-go"

func readLinux(d *decoder, v *specs.Linux) {
	for name := range d.members() {
		switch name {
		case "uidMappings":
			list(d, &v.UIDMappings, readIDMapping)
		case "gidMappings":
			list(d, &v.GIDMappings, readIDMapping)
		case "sysctl":
			dict(d, &v.Sysctl, text)
		case "resources":
			pointer(d, &v.Resources, readResources)
		case "cgroupsPath":
			text(d, &v.CgroupsPath)
		case "namespaces":
			list(d, &v.Namespaces, readNamespace)
		case "devices":
			list(d, &v.Devices, readDevice)
		case "netDevices":
			dict(d, &v.NetDevices, readNetDevice)
		case "seccomp":
			pointer(d, &v.Seccomp, readSeccomp)
		case "rootfsPropagation":
			text(d, &v.RootfsPropagation)
		case "maskedPaths":
			list(d, &v.MaskedPaths, text)
		case "readonlyPaths":
			list(d, &v.ReadonlyPaths, text)
		case "mountLabel":
			text(d, &v.MountLabel)
		case "intelRdt":
			pointer(d, &v.IntelRdt, readIntelRdt)
		case "memoryPolicy":
			pointer(d, &v.MemoryPolicy, readMemoryPolicy)
		case "personality":
			pointer(d, &v.Personality, readPersonality)
		case "timeOffsets":
			dict(d, &v.TimeOffsets, readTimeOffset)
		}
	}
}

func readNamespace(d *decoder, v *specs.LinuxNamespace) {
	for name := range d.members() {
		switch name {
		case "type":
			text(d, &v.Type)
		case "path":
			text(d, &v.Path)
		}
	}
}

func readDevice(d *decoder, v *specs.LinuxDevice) {
	for name := range d.members() {
		switch name {
		case "path":
			text(d, &v.Path)
		case "type":
			text(d, &v.Type)
		case "major":
			integer(d, &v.Major)
		case "minor":
			integer(d, &v.Minor)
		case "fileMode":
			pointer(d, &v.FileMode, natural)
		case "uid":
			pointer(d, &v.UID, natural)
		case "gid":
			pointer(d, &v.GID, natural)
		}
	}
}

func readNetDevice(d *decoder, v *specs.LinuxNetDevice) {
	for name := range d.members() {
		if name == "name" {
			text(d, &v.Name)
		}
	}
}

func readIntelRdt(d *decoder, v *specs.LinuxIntelRdt) {
	for name := range d.members() {
		switch name {
		case "closID":
			text(d, &v.ClosID)
		case "schemata":
			list(d, &v.Schemata, text)
		case "l3CacheSchema":
			text(d, &v.L3CacheSchema)
		case "memBwSchema":
			text(d, &v.MemBwSchema)
		case "enableMonitoring":
			boolean(d, &v.EnableMonitoring)
		}
	}
}

func readMemoryPolicy(d *decoder, v *specs.LinuxMemoryPolicy) {
	for name := range d.members() {
		switch name {
		case "mode":
			text(d, &v.Mode)
		case "nodes":
			text(d, &v.Nodes)
		case "flags":
			list(d, &v.Flags, text)
		}
	}
}

func readPersonality(d *decoder, v *specs.LinuxPersonality) {
	for name := range d.members() {
		switch name {
		case "domain":
			text(d, &v.Domain)
		case "flags":
			list(d, &v.Flags, text)
		}
	}
}

func readTimeOffset(d *decoder, v *specs.LinuxTimeOffset) {
	for name := range d.members() {
		switch name {
		case "secs":
			integer(d, &v.Secs)
		case "nanosecs":
			natural(d, &v.Nanosecs)
		}
	}
}

func readSeccomp(d *decoder, v *specs.LinuxSeccomp) {
	for name := range d.members() {
		switch name {
		case "defaultAction":
			text(d, &v.DefaultAction)
		case "defaultErrnoRet":
			pointer(d, &v.DefaultErrnoRet, natural)
		case "architectures":
			list(d, &v.Architectures, text)
		case "flags":
			list(d, &v.Flags, text)
		case "listenerPath":
			text(d, &v.ListenerPath)
		case "listenerMetadata":
			text(d, &v.ListenerMetadata)
		case "syscalls":
			list(d, &v.Syscalls, readSyscall)
		}
	}
}

func readSyscall(d *decoder, v *specs.LinuxSyscall) {
	for name := range d.members() {
		switch name {
		case "names":
			list(d, &v.Names, text)
		case "action":
			text(d, &v.Action)
		case "errnoRet":
			pointer(d, &v.ErrnoRet, natural)
		case "args":
			list(d, &v.Args, readSyscallArg)
		}
	}
}

func readSyscallArg(d *decoder, v *specs.LinuxSeccompArg) {
	for name := range d.members() {
		switch name {
		case "index":
			natural(d, &v.Index)
		case "value":
			natural(d, &v.Value)
		case "valueTwo":
			natural(d, &v.ValueTwo)
		case "op":
			text(d, &v.Op)
		}
	}
}
