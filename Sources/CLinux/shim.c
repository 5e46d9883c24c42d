// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

int linger_enter_network_namespace(int descriptor) {
    return setns(descriptor, CLONE_NEWNET) == 0 ? 0 : -errno;
}

long linger_getdents(int descriptor, void *buffer, unsigned long size) {
    long count = syscall(SYS_getdents64, descriptor, buffer, size);
    return count >= 0 ? count : -errno;
}
