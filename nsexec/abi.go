package nsexec

// The numbers of executor.h; abi_test.go keeps the two alike.
const (
	base = 0x10000000
	nreg = 1024

	anyErrno = 255

	fdSock = 3
	fdMem  = 4

	RegSock Reg = 1 // the executor's socket to the host
	RegMem  Reg = 2 // the shared memory's descriptor

	opSplit   = 0x8000
	opFork    = 0x8001
	opWait    = 0x8002
	opRecvFDs = 0x8003
	opSendFD  = 0x8004
	opAwait   = 0x8005
	opStore   = 0x8006
	opRequire = 0x8007
	opFail    = 0x8008
)

// op is struct op.
type op struct {
	nr   uint16
	regs uint8
	skip uint8
	ok   [2]uint8
	out  uint16
	err  int32
	ns   uint32
	arg  [6]uint64
}

// header is struct header.
type header struct {
	at    uint32
	trace uint32
	reg   [nreg]uint64
}

// command is struct command.
type command struct {
	ops, first, end uint32
}

// Where things lie in the shared memory. There is more than one slot, because a
// batch that stopped halfway is resumed after another has mended the cause,
// which may itself need mending.
const (
	slots       = 3
	opsStart    = 16 << 10
	maxOps      = 16384
	opsSize     = maxOps * 64
	scratchSize = 1 << 20 // what calls write; never copied by the host
	dataSize    = 32 << 20
	slotSize    = opsSize + scratchSize + dataSize
	memSize     = opsStart + slots*slotSize
)
