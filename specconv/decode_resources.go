package specconv

import "github.com/opencontainers/runtime-spec/specs-go"

func readResources(d *decoder, v *specs.LinuxResources) {
	for name := range d.members() {
		switch name {
		case "devices":
			list(d, &v.Devices, readDeviceRule)
		case "memory":
			pointer(d, &v.Memory, readMemory)
		case "cpu":
			pointer(d, &v.CPU, readCPU)
		case "pids":
			pointer(d, &v.Pids, readPids)
		case "blockIO":
			pointer(d, &v.BlockIO, readBlockIO)
		case "hugepageLimits":
			list(d, &v.HugepageLimits, readHugepageLimit)
		case "network":
			pointer(d, &v.Network, readNetwork)
		case "rdma":
			dict(d, &v.Rdma, readRdma)
		case "unified":
			dict(d, &v.Unified, text)
		}
	}
}

func readDeviceRule(d *decoder, v *specs.LinuxDeviceCgroup) {
	for name := range d.members() {
		switch name {
		case "allow":
			boolean(d, &v.Allow)
		case "type":
			text(d, &v.Type)
		case "major":
			pointer(d, &v.Major, integer)
		case "minor":
			pointer(d, &v.Minor, integer)
		case "access":
			text(d, &v.Access)
		}
	}
}

func readMemory(d *decoder, v *specs.LinuxMemory) {
	for name := range d.members() {
		switch name {
		case "limit":
			pointer(d, &v.Limit, integer)
		case "reservation":
			pointer(d, &v.Reservation, integer)
		case "swap":
			pointer(d, &v.Swap, integer)
		case "kernel":
			//lint:ignore SA1019 deprecated, but to be checked
			pointer(d, &v.Kernel, integer)
		case "kernelTCP":
			pointer(d, &v.KernelTCP, integer)
		case "swappiness":
			pointer(d, &v.Swappiness, natural)
		case "disableOOMKiller":
			pointer(d, &v.DisableOOMKiller, boolean)
		case "useHierarchy":
			pointer(d, &v.UseHierarchy, boolean)
		case "checkBeforeUpdate":
			pointer(d, &v.CheckBeforeUpdate, boolean)
		}
	}
}

func readCPU(d *decoder, v *specs.LinuxCPU) {
	for name := range d.members() {
		switch name {
		case "shares":
			pointer(d, &v.Shares, natural)
		case "quota":
			pointer(d, &v.Quota, integer)
		case "burst":
			pointer(d, &v.Burst, natural)
		case "period":
			pointer(d, &v.Period, natural)
		case "realtimeRuntime":
			pointer(d, &v.RealtimeRuntime, integer)
		case "realtimePeriod":
			pointer(d, &v.RealtimePeriod, natural)
		case "cpus":
			text(d, &v.Cpus)
		case "mems":
			text(d, &v.Mems)
		case "idle":
			pointer(d, &v.Idle, integer)
		}
	}
}

func readPids(d *decoder, v *specs.LinuxPids) {
	for name := range d.members() {
		if name == "limit" {
			pointer(d, &v.Limit, integer)
		}
	}
}

func readBlockIO(d *decoder, v *specs.LinuxBlockIO) {
	for name := range d.members() {
		switch name {
		case "weight":
			pointer(d, &v.Weight, natural)
		case "leafWeight":
			pointer(d, &v.LeafWeight, natural)
		case "weightDevice":
			list(d, &v.WeightDevice, readWeightDevice)
		case "throttleReadBpsDevice":
			list(d, &v.ThrottleReadBpsDevice, readThrottleDevice)
		case "throttleWriteBpsDevice":
			list(d, &v.ThrottleWriteBpsDevice, readThrottleDevice)
		case "throttleReadIOPSDevice":
			list(d, &v.ThrottleReadIOPSDevice, readThrottleDevice)
		case "throttleWriteIOPSDevice":
			list(d, &v.ThrottleWriteIOPSDevice, readThrottleDevice)
		}
	}
}

func readWeightDevice(d *decoder, v *specs.LinuxWeightDevice) {
	for name := range d.members() {
		switch name {
		case "major":
			integer(d, &v.Major)
		case "minor":
			integer(d, &v.Minor)
		case "weight":
			pointer(d, &v.Weight, natural)
		case "leafWeight":
			pointer(d, &v.LeafWeight, natural)
		}
	}
}

func readThrottleDevice(d *decoder, v *specs.LinuxThrottleDevice) {
	for name := range d.members() {
		switch name {
		case "major":
			integer(d, &v.Major)
		case "minor":
			integer(d, &v.Minor)
		case "rate":
			natural(d, &v.Rate)
		}
	}
}

func readHugepageLimit(d *decoder, v *specs.LinuxHugepageLimit) {
	for name := range d.members() {
		switch name {
		case "pageSize":
			text(d, &v.Pagesize)
		case "limit":
			natural(d, &v.Limit)
		}
	}
}

func readNetwork(d *decoder, v *specs.LinuxNetwork) {
	for name := range d.members() {
		switch name {
		case "classID":
			pointer(d, &v.ClassID, natural)
		case "priorities":
			list(d, &v.Priorities, readInterfacePriority)
		}
	}
}

func readInterfacePriority(d *decoder, v *specs.LinuxInterfacePriority) {
	for name := range d.members() {
		switch name {
		case "name":
			text(d, &v.Name)
		case "priority":
			natural(d, &v.Priority)
		}
	}
}

func readRdma(d *decoder, v *specs.LinuxRdma) {
	for name := range d.members() {
		switch name {
		case "hcaHandles":
			pointer(d, &v.HcaHandles, natural)
		case "hcaObjects":
			pointer(d, &v.HcaObjects, natural)
		}
	}
}
