package specconv

import "github.com/opencontainers/runtime-spec/specs-go"

func readProcess(d *decoder, v *specs.Process) {
	for name := range d.members() {
		switch name {
		case "terminal":
			boolean(d, &v.Terminal)
		case "consoleSize":
			pointer(d, &v.ConsoleSize, readBox)
		case "user":
			v.User = specs.User{}
			readUser(d, &v.User)
		case "args":
			list(d, &v.Args, text)
		case "commandLine":
			text(d, &v.CommandLine)
		case "env":
			list(d, &v.Env, text)
		case "cwd":
			text(d, &v.Cwd)
		case "capabilities":
			pointer(d, &v.Capabilities, readCapabilities)
		case "rlimits":
			list(d, &v.Rlimits, readRlimit)
		case "noNewPrivileges":
			boolean(d, &v.NoNewPrivileges)
		case "apparmorProfile":
			text(d, &v.ApparmorProfile)
		case "oomScoreAdj":
			pointer(d, &v.OOMScoreAdj, integer)
		case "scheduler":
			pointer(d, &v.Scheduler, readScheduler)
		case "selinuxLabel":
			text(d, &v.SelinuxLabel)
		case "ioPriority":
			pointer(d, &v.IOPriority, readIOPriority)
		case "execCPUAffinity":
			pointer(d, &v.ExecCPUAffinity, readAffinity)
		}
	}
}

func readBox(d *decoder, v *specs.Box) {
	for name := range d.members() {
		switch name {
		case "height":
			natural(d, &v.Height)
		case "width":
			natural(d, &v.Width)
		}
	}
}

func readUser(d *decoder, v *specs.User) {
	for name := range d.members() {
		switch name {
		case "uid":
			natural(d, &v.UID)
		case "gid":
			natural(d, &v.GID)
		case "umask":
			pointer(d, &v.Umask, natural)
		case "additionalGids":
			list(d, &v.AdditionalGids, natural)
		case "username":
			text(d, &v.Username)
		}
	}
}

func readCapabilities(d *decoder, v *specs.LinuxCapabilities) {
	for name := range d.members() {
		switch name {
		case "bounding":
			list(d, &v.Bounding, text)
		case "effective":
			list(d, &v.Effective, text)
		case "inheritable":
			list(d, &v.Inheritable, text)
		case "permitted":
			list(d, &v.Permitted, text)
		case "ambient":
			list(d, &v.Ambient, text)
		}
	}
}

func readRlimit(d *decoder, v *specs.POSIXRlimit) {
	for name := range d.members() {
		switch name {
		case "type":
			text(d, &v.Type)
		case "hard":
			natural(d, &v.Hard)
		case "soft":
			natural(d, &v.Soft)
		}
	}
}

func readScheduler(d *decoder, v *specs.Scheduler) {
	for name := range d.members() {
		switch name {
		case "policy":
			text(d, &v.Policy)
		case "nice":
			integer(d, &v.Nice)
		case "priority":
			integer(d, &v.Priority)
		case "flags":
			list(d, &v.Flags, text)
		case "runtime":
			natural(d, &v.Runtime)
		case "deadline":
			natural(d, &v.Deadline)
		case "period":
			natural(d, &v.Period)
		}
	}
}

func readIOPriority(d *decoder, v *specs.LinuxIOPriority) {
	for name := range d.members() {
		switch name {
		case "class":
			text(d, &v.Class)
		case "priority":
			integer(d, &v.Priority)
		}
	}
}

func readAffinity(d *decoder, v *specs.CPUAffinity) {
	for name := range d.members() {
		switch name {
		case "initial":
			text(d, &v.Initial)
		case "final":
			text(d, &v.Final)
		}
	}
}
