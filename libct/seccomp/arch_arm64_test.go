package seccomp

import "golang.org/x/sys/unix"

const nativeToken = unix.AUDIT_ARCH_AARCH64
