package specconv

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// maxIDLength keeps an id, which is a directory name, below NAME_MAX with
// room for the suffixes others put to it.
const maxIDLength = 1024

// ValidateID checks a container id: letters, digits and "_+.-", and neither
// "." nor "..", as it becomes a directory name.
func ValidateID(id string) error {
	switch {
	case id == "":
		return errors.New("invalid container ID: must not be empty")
	case len(id) > maxIDLength:
		return fmt.Errorf("invalid container ID: %d characters, at most %d are allowed", len(id), maxIDLength)
	case id == "." || id == "..":
		return fmt.Errorf("invalid container ID %q", id)
	}
	for _, b := range []byte(id) {
		if !alphanumeric(b) && strings.IndexByte("_+.-", b) < 0 {
			return fmt.Errorf("invalid container ID %q: only letters, digits and _+.- are allowed", id)
		}
	}
	return nil
}

// ParseUser reads "uid" or "uid:gid", decimal numbers only, without sign,
// space or leading zero: whatever else could be read in two ways is refused.
// Names are never looked up.
func ParseUser(s string) (uid, gid uint32, hasGID bool, err error) {
	user, group, hasGID := strings.Cut(s, ":")
	if uid, err = parseUserID(user); err == nil && hasGID {
		gid, err = parseUserID(group)
	}
	if err != nil {
		return 0, 0, false, fmt.Errorf("parse user %q: %w", s, err)
	}
	return uid, gid, hasGID, nil
}

func parseUserID(s string) (uint32, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" || len(s) > 1 && s[0] == '0' {
		return 0, fmt.Errorf("%q is not a decimal id", s)
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == math.MaxUint32 {
		return 0, fmt.Errorf("id %q is above %d", s, math.MaxUint32-1)
	}
	return uint32(n), nil
}
