package v1

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

// blkio writes weights for the BFQ scheduler: CFQ and its plain blkio.weight
// left with Linux 5.0. Its leaf weights have no heir, so they are refused by
// their missing file.
func blkio(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r.BlockIO == nil {
		return nil, nil
	}
	b := r.BlockIO
	var out []cgfs.Setting
	add := func(file, value, property string) {
		out = append(out, cgfs.Setting{Controller: "blkio", File: file, Value: value, Property: "linux.resources.blockIO." + property})
	}
	if w := b.Weight; w != nil && *w != 0 {
		add("blkio.bfq.weight", unsigned(uint64(*w)), "weight")
	}
	if w := b.LeafWeight; w != nil && *w != 0 {
		add("blkio.leaf_weight", unsigned(uint64(*w)), "leafWeight")
	}
	for i, d := range b.WeightDevice {
		property := fmt.Sprintf("weightDevice[%d].", i)
		if w := d.Weight; w != nil && *w != 0 {
			add("blkio.bfq.weight_device", fmt.Sprintf("%d:%d %d", d.Major, d.Minor, *w), property+"weight")
		}
		if w := d.LeafWeight; w != nil && *w != 0 {
			add("blkio.leaf_weight_device", fmt.Sprintf("%d:%d %d", d.Major, d.Minor, *w), property+"leafWeight")
		}
	}
	for _, t := range [...]struct {
		devices        []specs.LinuxThrottleDevice
		file, property string
	}{
		{b.ThrottleReadBpsDevice, "blkio.throttle.read_bps_device", "throttleReadBpsDevice"},
		{b.ThrottleWriteBpsDevice, "blkio.throttle.write_bps_device", "throttleWriteBpsDevice"},
		{b.ThrottleReadIOPSDevice, "blkio.throttle.read_iops_device", "throttleReadIOPSDevice"},
		{b.ThrottleWriteIOPSDevice, "blkio.throttle.write_iops_device", "throttleWriteIOPSDevice"},
	} {
		for i, d := range t.devices {
			add(t.file, fmt.Sprintf("%d:%d %d", d.Major, d.Minor, d.Rate), fmt.Sprintf("%s[%d]", t.property, i))
		}
	}
	return out, nil
}
