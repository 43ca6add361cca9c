package specconv

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/jsontext"
)

func readProcess(d *jsontext.Decoder, v *specs.Process) {
	for name := range d.Members() {
		switch name {
		case "terminal":
			jsontext.Bool(d, &v.Terminal)
		case "consoleSize":
			jsontext.Pointer(d, &v.ConsoleSize, readBox)
		case "user":
			v.User = specs.User{}
			readUser(d, &v.User)
		case "args":
			jsontext.List(d, &v.Args, jsontext.Text)
		case "commandLine":
			jsontext.Text(d, &v.CommandLine)
		case "env":
			jsontext.List(d, &v.Env, jsontext.Text)
		case "cwd":
			jsontext.Text(d, &v.Cwd)
		case "capabilities":
			jsontext.Pointer(d, &v.Capabilities, readCapabilities)
		case "rlimits":
			jsontext.List(d, &v.Rlimits, readRlimit)
		case "noNewPrivileges":
			jsontext.Bool(d, &v.NoNewPrivileges)
		case "apparmorProfile":
			jsontext.Text(d, &v.ApparmorProfile)
		case "oomScoreAdj":
			jsontext.Pointer(d, &v.OOMScoreAdj, jsontext.Int)
		case "scheduler":
			jsontext.Pointer(d, &v.Scheduler, readScheduler)
		case "selinuxLabel":
			jsontext.Text(d, &v.SelinuxLabel)
		case "ioPriority":
			jsontext.Pointer(d, &v.IOPriority, readIOPriority)
		case "execCPUAffinity":
			jsontext.Pointer(d, &v.ExecCPUAffinity, readAffinity)
		}
	}
}

func readBox(d *jsontext.Decoder, v *specs.Box) {
	for name := range d.Members() {
		switch name {
		case "height":
			jsontext.Uint(d, &v.Height)
		case "width":
			jsontext.Uint(d, &v.Width)
		}
	}
}

func readUser(d *jsontext.Decoder, v *specs.User) {
	for name := range d.Members() {
		switch name {
		case "uid":
			jsontext.Uint(d, &v.UID)
		case "gid":
			jsontext.Uint(d, &v.GID)
		case "umask":
			jsontext.Pointer(d, &v.Umask, jsontext.Uint)
		case "additionalGids":
			jsontext.List(d, &v.AdditionalGids, jsontext.Uint)
		case "username":
			jsontext.Text(d, &v.Username)
		}
	}
}

func readCapabilities(d *jsontext.Decoder, v *specs.LinuxCapabilities) {
	for name := range d.Members() {
		switch name {
		case "bounding":
			jsontext.List(d, &v.Bounding, jsontext.Text)
		case "effective":
			jsontext.List(d, &v.Effective, jsontext.Text)
		case "inheritable":
			jsontext.List(d, &v.Inheritable, jsontext.Text)
		case "permitted":
			jsontext.List(d, &v.Permitted, jsontext.Text)
		case "ambient":
			jsontext.List(d, &v.Ambient, jsontext.Text)
		}
	}
}

func readRlimit(d *jsontext.Decoder, v *specs.POSIXRlimit) {
	for name := range d.Members() {
		switch name {
		case "type":
			jsontext.Text(d, &v.Type)
		case "hard":
			jsontext.Uint(d, &v.Hard)
		case "soft":
			jsontext.Uint(d, &v.Soft)
		}
	}
}

func readScheduler(d *jsontext.Decoder, v *specs.Scheduler) {
	for name := range d.Members() {
		switch name {
		case "policy":
			jsontext.Text(d, &v.Policy)
		case "nice":
			jsontext.Int(d, &v.Nice)
		case "priority":
			jsontext.Int(d, &v.Priority)
		case "flags":
			jsontext.List(d, &v.Flags, jsontext.Text)
		case "runtime":
			jsontext.Uint(d, &v.Runtime)
		case "deadline":
			jsontext.Uint(d, &v.Deadline)
		case "period":
			jsontext.Uint(d, &v.Period)
		}
	}
}

func readIOPriority(d *jsontext.Decoder, v *specs.LinuxIOPriority) {
	for name := range d.Members() {
		switch name {
		case "class":
			jsontext.Text(d, &v.Class)
		case "priority":
			jsontext.Int(d, &v.Priority)
		}
	}
}

func readAffinity(d *jsontext.Decoder, v *specs.CPUAffinity) {
	for name := range d.Members() {
		switch name {
		case "initial":
			jsontext.Text(d, &v.Initial)
		case "final":
			jsontext.Text(d, &v.Final)
		}
	}
}
