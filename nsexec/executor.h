/*
 * What the host and the executor agree on. The Go side is abi.go; abi_test.go
 * compares the two, so that no number can drift.
 *
 * One shared memory file (a memfd, mapped by both sides) holds everything: the
 * header with its registers, the operations and the bytes they point to. The
 * executor maps it at BASE, so the host writes final addresses and nothing is
 * relocated. Pages are first touched by the host and therefore charged to it,
 * not to the container's memory cgroup.
 */
#ifndef EXECUTOR_H
#define EXECUTOR_H

#define BASE 0x10000000UL /* where the shared memory is mapped */
#define NREG 1024	  /* registers in the header */
#define ANY_ERRNO 255	  /* in op.ok: every errno is expected */

/* Descriptors the executor is born with, beside 0, 1 and 2. */
#define FD_SOCK 3 /* SEQPACKET pair to the host */
#define FD_MEM 4  /* the shared memory */

/* Registers with a fixed meaning. As an operation's out, 0 means none; it holds
 * the pid that OP_SPLIT made. */
#define REG_SOCK 1 /* where commands come from and answers go */
#define REG_MEM 2  /* the shared memory's descriptor */

/* Special operations, for what one system call cannot say. */
#define OP_SPLIT 0x8000	 /* clone3(arg0, arg1); the child takes commands, the parent ends */
#define OP_FORK 0x8001	 /* clone3(arg1, arg2); the child does the next arg0 operations */
#define OP_WAIT 0x8002	 /* wait for child arg0 (pidfd arg1) for arg2 ms, -1 for ever */
#define OP_RECVFDS 0x8003 /* receive arg1 descriptors from arg0 into registers arg2... */
#define OP_SENDFD 0x8004 /* send descriptor arg1 with arg3 bytes at arg2 to socket arg0 */
#define OP_AWAIT 0x8005	 /* as a killable init, accept one connection on socket arg0 */
#define OP_STORE 0x8006	 /* write the value arg0, 8 bytes, at address arg1 */
#define OP_REQUIRE 0x8007 /* fail with ECHILD unless arg0 is arg1 */
#define OP_FAIL 0x8008	 /* fail with errno arg0: fault injection */

struct op {
	unsigned short nr;   /* system call, or one of OP_* */
	unsigned char regs;  /* bit k: arg[k] names a register */
	unsigned char skip;  /* operations to leave out after an expected error */
	unsigned char ok[2]; /* errno values that are expected; 0 for none */
	unsigned short out;  /* register that takes the result */
	int err;	     /* errno it stopped with, written by the executor */
	unsigned int ns;     /* how long it took, when the header asks */
	unsigned long arg[6];
};

struct header {
	unsigned int at;    /* operation being done, or the count when all are done */
	unsigned int trace; /* time every operation */
	unsigned long reg[NREG];
};

/* A command: do operations first up to (not including) end, of those at BASE+ops. */
struct command {
	unsigned int ops, first, end;
};

#endif
