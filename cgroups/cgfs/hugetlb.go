package cgfs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Hugetlb lists the writes of linux.resources.hugepageLimits: v1 and v2
// differ only in what the limit files' names end in.
//
// The spec prefers limits on reservations where the kernel has them (5.7);
// the limit on use is kept beside it, since the former does not cover pages
// taken without reservation.
func Hugetlb(limits []specs.LinuxHugepageLimit, suffix string) ([]Setting, error) {
	var out []Setting
	var errs []error
	for i, l := range limits {
		property := fmt.Sprintf("linux.resources.hugepageLimits[%d]", i)
		if !pageSize(l.Pagesize) {
			errs = append(errs, fmt.Errorf("%s.pageSize: %q is not a size such as \"2MB\"", property, l.Pagesize))
			continue
		}
		value := strconv.FormatUint(l.Limit, 10)
		out = append(out,
			Setting{Controller: "hugetlb", File: "hugetlb." + l.Pagesize + "." + suffix, Value: value, Property: property + ".limit"},
			Setting{Controller: "hugetlb", File: "hugetlb." + l.Pagesize + ".rsvd." + suffix, Value: value, Property: property + ".limit", Optional: true})
	}
	return out, errors.Join(errs...)
}

// pageSize reports whether s has the form ^[1-9][0-9]*[KMG]B$ of the spec.
func pageSize(s string) bool {
	digits, ok := strings.CutSuffix(s, "B")
	if !ok || len(digits) < 2 || !strings.Contains("KMG", digits[len(digits)-1:]) {
		return false
	}
	digits = digits[:len(digits)-1]
	return digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}
