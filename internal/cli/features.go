package cli

import (
	"context"
	"encoding/json"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/runtime-spec/specs-go/features"
	"github.com/urfave/cli/v3"
	"golang.org/x/sys/unix"

	"rt/cgroups/systemd"
	"rt/libct/seccomp"
	"rt/specconv"
)

func featuresCommand(a *app) *cli.Command {
	return &cli.Command{
		Usage:       "show what rt supports as JSON",
		Description: "It says what was built in, whatever the host (features.md).",
		Action: func(context.Context, *cli.Command) error {
			e := json.NewEncoder(os.Stdout)
			e.SetIndent("", "    ")
			return e.Encode(supported(a.build))
		},
	}
}

// supported lists what rt does, each claim from the table that does it or with
// the name of the package that does.
func supported(b Build) features.Features {
	yes, no := true, false
	return features.Features{
		OCIVersionMin: "1.0.0",
		OCIVersionMax: specs.Version,
		Hooks:         specconv.HookNames(),
		MountOptions:  specconv.MountOptions(),
		Linux: &features.Linux{
			Namespaces:   specconv.NamespaceTypes(),
			Capabilities: specconv.CapabilityNames(),
			Cgroup: &features.Cgroup{
				V1:          &yes, // cgroups/v1
				V2:          &yes, // cgroups/v2
				Systemd:     &yes, // cgroups/systemd
				SystemdUser: &yes,
				Rdma:        &yes, // cgroups/cgfs
			},
			Seccomp: &features.Seccomp{
				Enabled:        &yes, // libct/seccomp
				Actions:        seccomp.Actions(),
				Operators:      seccomp.Operators(),
				Archs:          seccomp.Archs(),
				KnownFlags:     seccomp.Flags(),
				SupportedFlags: supportedSeccompFlags(),
			},
			Apparmor:        &features.Apparmor{Enabled: &yes}, // libct/inside: lsm
			Selinux:         &features.Selinux{Enabled: &yes},  // libct/inside: lsm
			IntelRdt:        &features.IntelRdt{Enabled: &no},  // resctrl is never touched
			MemoryPolicy:    &features.MemoryPolicy{Modes: specconv.MemoryPolicyModes(), Flags: specconv.MemoryPolicyFlags()},
			MountExtensions: &features.MountExtensions{IDMap: &features.IDMap{Enabled: &yes}}, // libct/inside: mounts
			NetDevices:      &features.NetDevices{Enabled: &yes},                              // libct/inside: netdev
		},
		Annotations: map[string]string{
			"io.github.seccomp.libseccomp.version": seccomp.LibraryVersion(),
			"rt.commit":                            b.commit(),
			"rt.version":                           b.Version,
		},
		PotentiallyUnsafeConfigAnnotations: []string{systemd.AnnotationPrefix},
	}
}

// supportedSeccompFlags are the flags that the kernel has. All but one are
// older than any kernel rt runs on.
func supportedSeccompFlags() []string {
	var have []string
	for _, flag := range seccomp.Flags() {
		if flag != string(specs.LinuxSeccompFlagWaitKillableRecv) || haveWaitKillable() {
			have = append(have, flag)
		}
	}
	return have
}

// haveWaitKillable reports whether seccomp(2) has WAIT_KILLABLE_RECV (Linux
// 5.19). The kernel looks at the flags before it reads the program, and there
// is none at address 0.
func haveWaitKillable() bool {
	const flags = unix.SECCOMP_FILTER_FLAG_NEW_LISTENER | unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, 0)
	return errno == unix.EFAULT
}
