package v2

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

const ioProperty = "linux.resources.blockIO."

func io(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	if r.BlockIO == nil {
		return nil, nil
	}
	b := r.BlockIO
	var out []cgfs.Setting
	var errs []error
	if w := b.Weight; w != nil && *w != 0 {
		out = append(out, weight("", *w, "weight"))
	}
	if w := b.LeafWeight; w != nil && *w != 0 {
		errs = append(errs, noHeir(ioProperty+"leafWeight"))
	}
	for i, d := range b.WeightDevice {
		property := fmt.Sprintf("weightDevice[%d].", i)
		if w := d.Weight; w != nil && *w != 0 {
			out = append(out, weight(fmt.Sprintf("%d:%d ", d.Major, d.Minor), *w, property+"weight"))
		}
		if w := d.LeafWeight; w != nil && *w != 0 {
			errs = append(errs, noHeir(ioProperty+property+"leafWeight"))
		}
	}
	for _, t := range [...]struct {
		devices       []specs.LinuxThrottleDevice
		key, property string
	}{
		{b.ThrottleReadBpsDevice, "rbps", "throttleReadBpsDevice"},
		{b.ThrottleWriteBpsDevice, "wbps", "throttleWriteBpsDevice"},
		{b.ThrottleReadIOPSDevice, "riops", "throttleReadIOPSDevice"},
		{b.ThrottleWriteIOPSDevice, "wiops", "throttleWriteIOPSDevice"},
	} {
		for i, d := range t.devices {
			// v1 takes a limit back with 0.
			rate := "max"
			if d.Rate != 0 {
				rate = unsigned(d.Rate)
			}
			out = append(out, cgfs.Setting{Controller: "io", File: "io.max",
				Value:    fmt.Sprintf("%d:%d %s=%s", d.Major, d.Minor, t.key, rate),
				Property: fmt.Sprintf("%s%s[%d]", ioProperty, t.property, i)})
		}
	}
	return out, errors.Join(errs...)
}

// weight sets a weight where the BFQ scheduler looks, which takes v1's range
// as it is; a kernel without BFQ has only io.weight, of 1–10000.
func weight(device string, w uint16, property string) cgfs.Setting {
	return cgfs.Setting{
		Controller: "io", File: "io.bfq.weight", Value: device + unsigned(uint64(w)), Property: ioProperty + property,
		Else: "io.weight", ElseValue: device + unsigned(ioWeight(w)),
	}
}

// ioWeight maps v1's 10–1000 evenly to 1–10000.
func ioWeight(w uint16) uint64 {
	return 1 + (uint64(max(w, 10))-10)*9999/990
}
