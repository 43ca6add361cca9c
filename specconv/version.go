package specconv

import (
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// version checks ociVersion. A newer minor version is fine, as the
// specification keeps compatible within a major version
// (config.md#specification-version).
func (c *checker) version(v string) {
	switch {
	case v == "":
		c.fail("ociVersion", "is required")
	case !semver(v):
		c.fail("ociVersion", "%q is not a version of the form 1.2.3 (SemVer 2.0.0)", v)
	case !strings.HasPrefix(v, "1."):
		c.fail("ociVersion", "version %q is not supported, only 1.x is (%s is implemented)", v, specs.Version)
	}
}

// semver is the grammar of SemVer 2.0.0: three numbers, then "-" and
// identifiers of a pre-release, then "+" and identifiers of a build.
func semver(v string) bool {
	v, build, hasBuild := strings.Cut(v, "+")
	if hasBuild && !identifiers(build, func(id string) bool { return true }) {
		return false
	}
	core, pre, hasPre := strings.Cut(v, "-")
	if hasPre && !identifiers(pre, func(id string) bool { return !digits(id) || number(id) }) {
		return false
	}
	return strings.Count(core, ".") == 2 && identifiers(core, number)
}

// identifiers says whether s is a dotted list of letters, digits and hyphens,
// none empty, each of which is valid.
func identifiers(s string, valid func(string) bool) bool {
	for id := range strings.SplitSeq(s, ".") {
		for _, b := range []byte(id) {
			if !alphanumeric(b) && b != '-' {
				return false
			}
		}
		if id == "" || !valid(id) {
			return false
		}
	}
	return true
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// number is digits without a leading zero.
func number(s string) bool { return digits(s) && (s == "0" || s[0] != '0') }
