package systemd

import (
	"reflect"
	"testing"

	"rt/cgroups/devices"
)

func TestDevices(t *testing.T) {
	for name, c := range map[string]struct {
		policy devices.Policy
		want   []Property
	}{
		"all": {devices.Policy{Allow: true}, []Property{{"DevicePolicy", "auto"}}},
		"some": {devices.Policy{Except: []devices.Rule{
			{Allow: true, Type: 'c', Major: 1, Minor: 3, Access: devices.Read | devices.Write | devices.Mknod},
			{Allow: true, Type: 'c', Major: 136, Minor: devices.Any, Access: devices.Read},
			{Allow: true, Type: 'b', Major: devices.Any, Minor: devices.Any, Access: devices.Mknod},
			{Allow: true, Type: 'b', Major: devices.Any, Minor: 4, Access: devices.Mknod},
		}}, []Property{{"DevicePolicy", "strict"}, {"DeviceAllow", []pair{{"/dev/char/1:3", "rwm"}, {"char-136", "r"}, {"block-*", "m"}}}}},
		"none": {devices.Policy{}, []Property{{"DevicePolicy", "strict"}, {"DeviceAllow", []pair{}}}},
	} {
		if got := Devices(c.policy); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
