package cgfs

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Rdma lists the writes of linux.resources.rdma, the same on v1 and v2.
func Rdma(limits map[string]specs.LinuxRdma) ([]Setting, error) {
	var out []Setting
	var errs []error
	for _, device := range slices.Sorted(maps.Keys(limits)) {
		property := fmt.Sprintf("linux.resources.rdma[%q]", device)
		if device == "" || strings.ContainsAny(device, " \t\n") {
			errs = append(errs, fmt.Errorf("%s: not a device name", property))
			continue
		}
		value, l := device, limits[device]
		if l.HcaHandles != nil {
			value += fmt.Sprintf(" hca_handle=%d", *l.HcaHandles)
		}
		if l.HcaObjects != nil {
			value += fmt.Sprintf(" hca_object=%d", *l.HcaObjects)
		}
		if value != device {
			out = append(out, Setting{Controller: "rdma", File: "rdma.max", Value: value, Property: property})
		}
	}
	return out, errors.Join(errs...)
}
