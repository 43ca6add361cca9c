package specconv

import (
	"fmt"
	"strconv"
	"strings"
)

// maxListed bounds the numbers of a list: the kernel knows at most 8192 CPUs
// (NR_CPUS) and 1024 memory nodes (MAX_NUMNODES).
const (
	maxCPU  = 8191
	maxNode = 1023
)

// parseList reads a list such as "0-3,7" into a bit mask, least significant
// byte first, as sched_setaffinity(2) and set_mempolicy(2) take it. The mask
// is a whole number of 64-bit words.
func parseList(s string, max int) ([]byte, error) {
	var mask []byte
	for part := range strings.SplitSeq(s, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		first, err := parseDecimal(from, max)
		if err != nil {
			return nil, err
		}
		last := first
		if isRange {
			if last, err = parseDecimal(to, max); err != nil {
				return nil, err
			}
		}
		if last < first {
			return nil, fmt.Errorf("range %q is reversed", part)
		}
		if need := (last/64 + 1) * 8; need > len(mask) {
			mask = append(mask, make([]byte, need-len(mask))...)
		}
		for n := first; n <= last; n++ {
			mask[n/8] |= 1 << (n % 8)
		}
	}
	return mask, nil
}

// parseDecimal reads digits and nothing else.
func parseDecimal(s string, max int) (int, error) {
	if strings.Trim(s, "0123456789") != "" || s == "" {
		return 0, fmt.Errorf("%q is not a decimal number", s)
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > max {
		return 0, fmt.Errorf("%q is above %d", s, max)
	}
	return n, nil
}

// cpuMask is nil for an empty list.
func (c *checker) cpuMask(path, list string) []byte {
	return c.listMask(path, list, maxCPU)
}

func (c *checker) listMask(path, list string, max int) []byte {
	if list == "" {
		return nil
	}
	mask, err := parseList(list, max)
	if err != nil {
		c.fail(path, "list %q: %v", list, err)
	}
	return mask
}
