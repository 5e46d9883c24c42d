/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel interfaces that Swift cannot import by itself, one reason each. Everything here is prefixed linger_.
 * linux/tcp.h is left out on purpose: beside Glibc it defines tcp_info twice. TCP_INFO is decoded by offset.
 */
#ifndef CLINUX_H
#define CLINUX_H

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "../../../Probes/records.h"

/* setns(2), which needs _GNU_SOURCE. Returns 0 or -errno. */
int linger_enter_network_namespace(int descriptor);

/* struct linux_dirent64 (getdents64(2)) has no header: reads one buffer of entries. Returns bytes or -errno. */
long linger_getdents(int descriptor, void *buffer, unsigned long size);

_Static_assert(sizeof(struct inet_diag_req_v2) == 56, "sent as bytes by Kernel");
_Static_assert(sizeof(struct inet_diag_msg) == 72, "read by offset in Kernel");

#endif
