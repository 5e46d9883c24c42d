// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CPacketdrill.h"

#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

static int (*take_fcntl)(void *, int, int, long);
static int (*take_ioctl)(void *, int, unsigned long, void *);

// The argument may be missing (F_GETFL); what is read then is not used.
static int variadic_fcntl(void *userdata, int descriptor, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    int argument = va_arg(arguments, int);
    va_end(arguments);
    return take_fcntl(userdata, descriptor, command, argument);
}

static int variadic_ioctl(void *userdata, int descriptor, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return take_ioctl(userdata, descriptor, request, argument);
}

void linger_set_variadic(struct linger_packetdrill *interface, int (*fcntl)(void *, int, int, long),
                               int (*ioctl)(void *, int, unsigned long, void *)) {
    take_fcntl = fcntl;
    take_ioctl = ioctl;
    interface->fcntl = variadic_fcntl;
    interface->ioctl = variadic_ioctl;
}

int linger_call_fcntl(const struct linger_packetdrill *interface, int descriptor, int command, int argument) {
    return interface->fcntl(interface->userdata, descriptor, command, argument);
}

int linger_call_ioctl(const struct linger_packetdrill *interface, int descriptor, unsigned long request,
                            int *argument) {
    return interface->ioctl(interface->userdata, descriptor, request, argument);
}

int linger_kernel_getsockopt(int descriptor, int level, int name, void *value, socklen_t *length) {
    return (int)syscall(SYS_getsockopt, descriptor, level, name, value, length);
}
