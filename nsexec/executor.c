//go:build ignore

/*
 * The executor: what runs inside the container before the container's own
 * program. It reads batches of system calls that the host has laid out in
 * shared memory, does them, and answers. It decides nothing, knows no
 * configuration, allocates nothing, and uses no library.
 *
 * Built freestanding as a static ELF of a few KiB (see the Makefile), run from
 * a sealed memfd; with -DHOSTED the same file builds on libc for ASan and
 * UBSan.
 *
 * Life: map the shared memory, then take commands from the socket until it
 * ends. When the host is gone before the last command, the socket ends and so
 * do we. The last command finishes in execve.
 */
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/time_types.h>
#include <stddef.h>
#include "executor.h"

#define MAP_SHARED_FIXED (0x01 | 0x100000) /* MAP_SHARED | MAP_FIXED_NOREPLACE */
#define PROT_RW 3
#define SOL_SOCKET_RIGHTS 1 /* SOL_SOCKET, and SCM_RIGHTS in it */
#define MSG_NOSIGNAL_ 0x4000
#define MSG_CTRUNC_ 0x08
#define MSG_CMSG_CLOEXEC_ 0x40000000
#define SOCK_CLOEXEC_ 02000000
#define POLLIN_ 1
#define CLOCK_MONOTONIC_ 1
#define MAX_FDS 250 /* below the kernel's SCM_MAX_FD of 253 */
#define MAX_ERRNO 4095

#define hdr ((volatile struct header *)BASE)

struct kernel_msghdr {
	void *name;
	int namelen;
	struct iovec_ { void *base; size_t len; } *iov;
	size_t iovlen;
	void *control;
	size_t controllen;
	unsigned int flags;
};

struct rights {
	size_t len; /* struct cmsghdr, then the descriptors */
	int level, type;
	int fd[MAX_FDS + 1];
};

#if defined(__x86_64__)
static long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#error "amd64 and arm64 only"
#endif

#define sys3(nr, a, b, c) sys6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys4(nr, a, b, c, d) sys6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

static __attribute__((noreturn)) void die(int code)
{
	sys3(__NR_exit_group, code, 0, 0);
	__builtin_trap(); /* a filter forbids even that */
}

/* The answer is in shared memory already; this only wakes the host. */
static void answer(void)
{
	sys6(__NR_sendto, hdr->reg[REG_SOCK], BASE, 1, MSG_NOSIGNAL_, 0, 0);
}

static long split(long clone_args, long size)
{
	long pid = sys3(__NR_clone3, clone_args, size, 0);

	if (pid <= 0)
		return pid;
	hdr->at++;
	hdr->reg[0] = pid;
	answer();
	die(0);
}

static long wait_child(long pid, long pidfd, long ms)
{
	struct { int fd; short events, revents; } p = { pidfd, POLLIN_, 0 };
	struct __kernel_timespec left = { ms / 1000, ms % 1000 * 1000000 };
	int status = 0;
	long r;

	do
		r = sys6(__NR_ppoll, (long)&p, 1, ms < 0 ? 0 : (long)&left, 0, 0, 0);
	while (r == -EINTR); /* the kernel has counted left down */
	if (r <= 0)
		sys3(__NR_kill, pid, SIGKILL, 0);
	while (sys4(__NR_wait4, pid, &status, 0, 0) == -EINTR)
		;
	return r < 0 ? r : r == 0 ? -ETIMEDOUT : status;
}

static long recv_fds(long sock, unsigned long count, unsigned long reg)
{
	struct rights c;
	char byte;
	struct iovec_ iov = { &byte, 1 };
	struct kernel_msghdr m = { 0, 0, &iov, 1, &c, offsetof(struct rights, fd) + count * 4, 0 };
	long r;

	if (count == 0 || count > MAX_FDS || reg + count > NREG)
		return -EINVAL;
	r = sys3(__NR_recvmsg, sock, &m, MSG_CMSG_CLOEXEC_);
	if (r < 0)
		return r;
	if (r == 0 || m.flags & MSG_CTRUNC_ || m.controllen < offsetof(struct rights, fd) ||
	    c.level != SOL_SOCKET_RIGHTS || c.type != SOL_SOCKET_RIGHTS ||
	    c.len != offsetof(struct rights, fd) + count * 4)
		return -EBADMSG;
	for (unsigned long i = 0; i < count; i++)
		hdr->reg[reg + i] = c.fd[i];
	return 0;
}

static long send_fd(long sock, long fd, long data, unsigned long len)
{
	struct iovec_ iov = { (void *)data, len };
	struct rights c;
	struct kernel_msghdr m = { 0, 0, &iov, 1, &c, offsetof(struct rights, fd) + 8, 0 };
	long r;

	c.len = offsetof(struct rights, fd) + 4;
	c.level = c.type = SOL_SOCKET_RIGHTS;
	c.fd[0] = fd;
	c.fd[1] = 0; /* CMSG_ALIGN */
	r = sys3(__NR_sendmsg, sock, &m, MSG_NOSIGNAL_);
	return r < 0 || (unsigned long)r == len ? r : -EMSGSIZE;
}

static void on_signal(int sig)
{
	die(128 + sig);
}

struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(int);
	unsigned long mask;
};

#define NSIG_ 64

/*
 * What the caller has blocked or ignores is not the container's. The kernel
 * drops signals for an init that has no handler, so a container that was
 * created but not started could not be stopped by anything but SIGKILL: what
 * ends a process ends this one, from the start. What the kernel sends for a
 * fault ends even an init. execve takes the handlers away.
 */
static void set_signals(void)
{
	/* SA_RESTORER: amd64 demands one; the handler never returns to it */
	struct kernel_sigaction ends = { on_signal, 0x04000000, on_signal, 0 }, sa_default = { 0, 0, 0, 0 };
	unsigned int leave = 1u << SIGSEGV | 1u << SIGBUS | 1u << SIGILL | 1u << SIGFPE | 1u << SIGKILL | 1u << SIGSTOP | 1u << SIGCHLD | 1u << SIGCONT |
			     1u << SIGTSTP | 1u << SIGTTIN | 1u << SIGTTOU | 1u << SIGURG | 1u << SIGWINCH;
	unsigned long none = 0;

	for (int sig = 1; sig <= NSIG_; sig++)
		sys4(__NR_rt_sigaction, sig, sig < 32 && !(leave >> sig & 1) ? &ends : &sa_default, 0, sizeof ends.mask);
	sys4(__NR_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
}

static long await(long sock)
{
	long r;

	do
		r = sys4(__NR_accept4, sock, 0, 0, SOCK_CLOEXEC_);
	while (r == -EINTR || r == -ECONNABORTED);
	return r;
}

static long run(struct op *ops, unsigned int first, unsigned int end);

static long special(struct op *ops, unsigned int i, unsigned long *a)
{
	long pid;

	switch (ops[i].nr) {
	case OP_SPLIT:
		return split(a[0], a[1]);
	case OP_FORK:
		pid = sys3(__NR_clone3, a[1], a[2], 0);
		if (pid == 0) {
			run(ops, i + 1, i + 1 + a[0]);
			die(127);
		}
		return pid;
	case OP_WAIT:
		return wait_child(a[0], a[1], a[2]);
	case OP_RECVFDS:
		return recv_fds(a[0], a[1], a[2]);
	case OP_SENDFD:
		return send_fd(a[0], a[1], a[2], a[3]);
	case OP_AWAIT:
		return await(a[0]);
	case OP_STORE:
		*(unsigned long *)a[1] = a[0];
		return 0;
	case OP_REQUIRE:
		return a[0] == a[1] ? 0 : -ECHILD;
	case OP_FAIL:
		return -(long)a[0];
	}
	return -ENOSYS;
}

static long now(void)
{
	struct __kernel_timespec t = { 0, 0 };

	sys3(__NR_clock_gettime, CLOCK_MONOTONIC_, &t, 0);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* Does operations first..end-1; stops at the first unexpected error. */
static long run(struct op *ops, unsigned int first, unsigned int end)
{
	for (unsigned int i = first; i < end; i++) {
		struct op *op = &ops[i];
		unsigned short nr = op->nr;
		unsigned long a[6];
		long start, r;

		for (int k = 0; k < 6; k++) {
			a[k] = op->arg[k];
			if (op->regs >> k & 1)
				a[k] = a[k] < NREG ? hdr->reg[a[k]] : -1UL;
		}
		hdr->at = i;
		start = hdr->trace ? now() : 0;
		if (nr < OP_SPLIT)
			r = sys6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		else
			r = special(ops, i, a);
		if (nr == OP_SPLIT && r == 0)
			return 1; /* the parent answers; ops may be others by now */
		if (hdr->trace)
			op->ns = now() - start;
		if (op->out && op->out < NREG)
			hdr->reg[op->out] = r;
		if (r < 0 && r >= -MAX_ERRNO) {
			if (-r != op->ok[0] && -r != op->ok[1] && op->ok[0] != ANY_ERRNO) {
				op->err = -r;
				hdr->at = i; /* a forked child has moved it */
				return r;
			}
			i += op->skip;
		} else if (nr == OP_FORK) {
			i += a[0]; /* done by the child */
		}
	}
	hdr->at = end;
	return 0;
}

static __attribute__((noreturn)) void serve(void)
{
	struct command c;
	long size = sys3(__NR_lseek, FD_MEM, 0, 2);

	/* What the host was left open by its caller is nobody's here. */
	sys3(__NR_close_range, FD_MEM + 1, ~0U, 0);
	if (size <= 0 || sys6(__NR_mmap, BASE, size, PROT_RW, MAP_SHARED_FIXED, FD_MEM, 0) != (long)BASE)
		die(126);
	set_signals();
	sys3(__NR_fcntl, FD_SOCK, F_SETFD, FD_CLOEXEC);
	sys3(__NR_fcntl, FD_MEM, F_SETFD, FD_CLOEXEC);
	for (;;) {
		long r = sys6(__NR_recvfrom, hdr->reg[REG_SOCK], (long)&c, sizeof c, 0, 0, 0);

		if (r == -EINTR)
			continue;
		if (r == 1)
			continue; /* descriptors for a call that was not reached; they come again if it is */
		if (r != sizeof c)
			die(125); /* the host is gone */
		if (run((struct op *)(BASE + c.ops), c.first, c.end) <= 0)
			answer();
	}
}

#ifdef HOSTED
int main(void)
{
	serve();
}
#else
__attribute__((noreturn, used)) void start(void)
{
	serve();
}

/* The kernel enters with a stack that is aligned but holds no return address. */
#if defined(__x86_64__)
__asm__(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call start\n");
#else
__asm__(".globl _start\n_start: mov x29, #0\n mov x30, #0\n bl start\n");
#endif
#endif
