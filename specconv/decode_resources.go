package specconv

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/jsontext"
)

func readResources(d *jsontext.Decoder, v *specs.LinuxResources) {
	for name := range d.Members() {
		switch name {
		case "devices":
			jsontext.List(d, &v.Devices, readDeviceRule)
		case "memory":
			jsontext.Pointer(d, &v.Memory, readMemory)
		case "cpu":
			jsontext.Pointer(d, &v.CPU, readCPU)
		case "pids":
			jsontext.Pointer(d, &v.Pids, readPids)
		case "blockIO":
			jsontext.Pointer(d, &v.BlockIO, readBlockIO)
		case "hugepageLimits":
			jsontext.List(d, &v.HugepageLimits, readHugepageLimit)
		case "network":
			jsontext.Pointer(d, &v.Network, readNetwork)
		case "rdma":
			jsontext.Dict(d, &v.Rdma, readRdma)
		case "unified":
			jsontext.Dict(d, &v.Unified, jsontext.Text)
		}
	}
}

func readDeviceRule(d *jsontext.Decoder, v *specs.LinuxDeviceCgroup) {
	for name := range d.Members() {
		switch name {
		case "allow":
			jsontext.Bool(d, &v.Allow)
		case "type":
			jsontext.Text(d, &v.Type)
		case "major":
			jsontext.Pointer(d, &v.Major, jsontext.Int)
		case "minor":
			jsontext.Pointer(d, &v.Minor, jsontext.Int)
		case "access":
			jsontext.Text(d, &v.Access)
		}
	}
}

func readMemory(d *jsontext.Decoder, v *specs.LinuxMemory) {
	for name := range d.Members() {
		switch name {
		case "limit":
			jsontext.Pointer(d, &v.Limit, jsontext.Int)
		case "reservation":
			jsontext.Pointer(d, &v.Reservation, jsontext.Int)
		case "swap":
			jsontext.Pointer(d, &v.Swap, jsontext.Int)
		case "kernel":
			//lint:ignore SA1019 deprecated, but to be checked
			jsontext.Pointer(d, &v.Kernel, jsontext.Int)
		case "kernelTCP":
			jsontext.Pointer(d, &v.KernelTCP, jsontext.Int)
		case "swappiness":
			jsontext.Pointer(d, &v.Swappiness, jsontext.Uint)
		case "disableOOMKiller":
			jsontext.Pointer(d, &v.DisableOOMKiller, jsontext.Bool)
		case "useHierarchy":
			jsontext.Pointer(d, &v.UseHierarchy, jsontext.Bool)
		case "checkBeforeUpdate":
			jsontext.Pointer(d, &v.CheckBeforeUpdate, jsontext.Bool)
		}
	}
}

func readCPU(d *jsontext.Decoder, v *specs.LinuxCPU) {
	for name := range d.Members() {
		switch name {
		case "shares":
			jsontext.Pointer(d, &v.Shares, jsontext.Uint)
		case "quota":
			jsontext.Pointer(d, &v.Quota, jsontext.Int)
		case "burst":
			jsontext.Pointer(d, &v.Burst, jsontext.Uint)
		case "period":
			jsontext.Pointer(d, &v.Period, jsontext.Uint)
		case "realtimeRuntime":
			jsontext.Pointer(d, &v.RealtimeRuntime, jsontext.Int)
		case "realtimePeriod":
			jsontext.Pointer(d, &v.RealtimePeriod, jsontext.Uint)
		case "cpus":
			jsontext.Text(d, &v.Cpus)
		case "mems":
			jsontext.Text(d, &v.Mems)
		case "idle":
			jsontext.Pointer(d, &v.Idle, jsontext.Int)
		}
	}
}

func readPids(d *jsontext.Decoder, v *specs.LinuxPids) {
	for name := range d.Members() {
		if name == "limit" {
			jsontext.Pointer(d, &v.Limit, jsontext.Int)
		}
	}
}

func readBlockIO(d *jsontext.Decoder, v *specs.LinuxBlockIO) {
	for name := range d.Members() {
		switch name {
		case "weight":
			jsontext.Pointer(d, &v.Weight, jsontext.Uint)
		case "leafWeight":
			jsontext.Pointer(d, &v.LeafWeight, jsontext.Uint)
		case "weightDevice":
			jsontext.List(d, &v.WeightDevice, readWeightDevice)
		case "throttleReadBpsDevice":
			jsontext.List(d, &v.ThrottleReadBpsDevice, readThrottleDevice)
		case "throttleWriteBpsDevice":
			jsontext.List(d, &v.ThrottleWriteBpsDevice, readThrottleDevice)
		case "throttleReadIOPSDevice":
			jsontext.List(d, &v.ThrottleReadIOPSDevice, readThrottleDevice)
		case "throttleWriteIOPSDevice":
			jsontext.List(d, &v.ThrottleWriteIOPSDevice, readThrottleDevice)
		}
	}
}

func readWeightDevice(d *jsontext.Decoder, v *specs.LinuxWeightDevice) {
	for name := range d.Members() {
		switch name {
		case "major":
			jsontext.Int(d, &v.Major)
		case "minor":
			jsontext.Int(d, &v.Minor)
		case "weight":
			jsontext.Pointer(d, &v.Weight, jsontext.Uint)
		case "leafWeight":
			jsontext.Pointer(d, &v.LeafWeight, jsontext.Uint)
		}
	}
}

func readThrottleDevice(d *jsontext.Decoder, v *specs.LinuxThrottleDevice) {
	for name := range d.Members() {
		switch name {
		case "major":
			jsontext.Int(d, &v.Major)
		case "minor":
			jsontext.Int(d, &v.Minor)
		case "rate":
			jsontext.Uint(d, &v.Rate)
		}
	}
}

func readHugepageLimit(d *jsontext.Decoder, v *specs.LinuxHugepageLimit) {
	for name := range d.Members() {
		switch name {
		case "pageSize":
			jsontext.Text(d, &v.Pagesize)
		case "limit":
			jsontext.Uint(d, &v.Limit)
		}
	}
}

func readNetwork(d *jsontext.Decoder, v *specs.LinuxNetwork) {
	for name := range d.Members() {
		switch name {
		case "classID":
			jsontext.Pointer(d, &v.ClassID, jsontext.Uint)
		case "priorities":
			jsontext.List(d, &v.Priorities, readInterfacePriority)
		}
	}
}

func readInterfacePriority(d *jsontext.Decoder, v *specs.LinuxInterfacePriority) {
	for name := range d.Members() {
		switch name {
		case "name":
			jsontext.Text(d, &v.Name)
		case "priority":
			jsontext.Uint(d, &v.Priority)
		}
	}
}

func readRdma(d *jsontext.Decoder, v *specs.LinuxRdma) {
	for name := range d.Members() {
		switch name {
		case "hcaHandles":
			jsontext.Pointer(d, &v.HcaHandles, jsontext.Uint)
		case "hcaObjects":
			jsontext.Pointer(d, &v.HcaObjects, jsontext.Uint)
		}
	}
}
