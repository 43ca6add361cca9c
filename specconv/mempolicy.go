package specconv

import (
	"github.com/opencontainers/runtime-spec/specs-go"
)

// Modes and flags of linux/mempolicy.h.
const (
	mpolDefault            = 0
	mpolPreferred          = 1
	mpolBind               = 2
	mpolInterleave         = 3
	mpolLocal              = 4
	mpolPreferredMany      = 5
	mpolWeightedInterleave = 6

	mpolNumaBalancing = 1 << 13
	mpolRelativeNodes = 1 << 14
	mpolStaticNodes   = 1 << 15
)

var memoryPolicyModes = [...]named[int]{
	{"MPOL_BIND", mpolBind},
	{"MPOL_DEFAULT", mpolDefault},
	{"MPOL_INTERLEAVE", mpolInterleave},
	{"MPOL_LOCAL", mpolLocal},
	{"MPOL_PREFERRED", mpolPreferred},
	{"MPOL_PREFERRED_MANY", mpolPreferredMany},
	{"MPOL_WEIGHTED_INTERLEAVE", mpolWeightedInterleave},
}

var memoryPolicyFlags = [...]named[int]{
	{"MPOL_F_NUMA_BALANCING", mpolNumaBalancing},
	{"MPOL_F_RELATIVE_NODES", mpolRelativeNodes},
	{"MPOL_F_STATIC_NODES", mpolStaticNodes},
}

// MemoryPolicyModes returns the known modes, sorted.
func MemoryPolicyModes() []string { return names(memoryPolicyModes[:]) }

// MemoryPolicyFlags returns the known flags, sorted.
func MemoryPolicyFlags() []string { return names(memoryPolicyFlags[:]) }

// memoryPolicy makes the arguments of set_mempolicy(2), with its rules on
// which modes take which nodes and flags.
func (c *checker) memoryPolicy(s *specs.LinuxMemoryPolicy) *MemoryPolicy {
	if s == nil {
		return nil
	}
	const path = "linux.memoryPolicy"
	mode, ok := member(c, path+".mode", memoryPolicyModes[:], s.Mode)
	if !ok {
		return nil
	}
	flags := 0
	for i, name := range s.Flags {
		flag, _ := member(c, at(path+".flags", i), memoryPolicyFlags[:], name)
		flags |= flag
	}
	nodes := c.listMask(path+".nodes", s.Nodes, maxNode)

	switch mode {
	case mpolDefault, mpolLocal:
		if s.Nodes != "" {
			c.fail(path+".nodes", "must be empty with %s", s.Mode)
		}
	case mpolPreferred:
	default:
		if s.Nodes == "" {
			c.fail(path+".nodes", "is required with %s", s.Mode)
		}
	}
	if flags&mpolStaticNodes != 0 && flags&mpolRelativeNodes != 0 {
		c.fail(path+".flags", "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other")
	}
	if flags&(mpolStaticNodes|mpolRelativeNodes) != 0 && s.Nodes == "" {
		c.fail(path+".flags", "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES need nodes")
	}
	if flags&mpolNumaBalancing != 0 && mode != mpolBind && mode != mpolPreferredMany {
		c.fail(path+".flags", "MPOL_F_NUMA_BALANCING needs MPOL_BIND or MPOL_PREFERRED_MANY")
	}
	return &MemoryPolicy{Mode: mode | flags, Nodes: nodes}
}
