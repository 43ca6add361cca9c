package v2

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"rt/cgroups/cgfs"
)

// unified passes files and values on as written, known or not. They come
// last, so they win over what was converted from v1's words. A value of
// several lines is as many writes: the kernel reads one line at a time.
func unified(r *specs.LinuxResources) ([]cgfs.Setting, error) {
	var out []cgfs.Setting
	var errs []error
	for _, file := range slices.Sorted(maps.Keys(r.Unified)) {
		property := fmt.Sprintf("linux.resources.unified[%q]", file)
		controller, _, ok := strings.Cut(file, ".")
		if !ok || controller == "" || strings.ContainsAny(file, "/\n\x00") {
			errs = append(errs, fmt.Errorf("%s: not the name of a cgroup file", property))
			continue
		}
		if controller == "cgroup" {
			controller = "" // of the core, always there
		}
		for line := range strings.Lines(r.Unified[file]) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, cgfs.Setting{Controller: controller, File: file, Value: line, Property: property})
			}
		}
	}
	return out, errors.Join(errs...)
}
