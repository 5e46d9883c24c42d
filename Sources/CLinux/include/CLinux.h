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
/* mallopt(3), signalfd(2): not in Glibc's module. */
#include <malloc.h>
#include <sys/signalfd.h>

#if defined(__x86_64__)
/* user_regs_struct: what PTRACE_GETREGS fills. */
#include <sys/user.h>
#endif

#include "../../../Probes/records.h"

/* setns(2), which needs _GNU_SOURCE. Returns 0 or -errno. */
int linger_enter_network_namespace(int descriptor);

/* struct linux_dirent64 (getdents64(2)) has no header: reads one buffer of entries. Returns bytes or -errno. */
long linger_getdents(int descriptor, void *buffer, unsigned long size);

/* strerrordesc_np(3), which needs _GNU_SOURCE. NULL for an unknown errno. */
const char *linger_error_text(int code);

/* pidfd_open(2), pidfd_getfd(2): no wrapper in Debian 12's glibc headers. Return a descriptor, or -1 with errno. */
int linger_pidfd_open(int pid);
int linger_pidfd_getfd(int pidfd, int descriptor);

/* pidfd_send_signal(2): no wrapper in Debian 12's glibc headers. 0 asks only whether the process is there. 0 or -1. */
int linger_pidfd_signal(int pidfd, int signal);

/* ptrace(2) is variadic, so Swift does not see it. Returns its value, or -errno. */
long linger_ptrace(long request, int thread, void *address, void *data);
/* waitpid(2) for one thread, clones too (__WALL), without waiting. Its id, 0 where nothing has happened, or -errno. */
int linger_wait_thread(int thread, int *status);

/* The state out of TCP_INFO (tcp(7)); -errno. */
int linger_socket_state(int descriptor);

/*
 * The protocol's name of a socket under /proc/PID/fd (`TCP`, `TCPv6`, `UNIX`): an attribute of sockfs, read with
 * getxattr(2), which Glibc's module leaves out. Returns bytes or -1.
 */
long linger_socket_protocol(const char *path, char *name, unsigned long size);

/* SO_PEERCRED: the user on the other end of a unix socket; -1 where it is none. struct ucred needs _GNU_SOURCE. */
long linger_peer_user(int descriptor);

/* SO_COOKIE (socket(7)); 0 where there is none. */
unsigned long long linger_socket_cookie(int descriptor);
/* SO_NETNS_COOKIE: the network namespace of a socket, never used again until the next boot; 0 where there is none. */
unsigned long long linger_namespace_cookie(int descriptor);
/* The local port by getsockname(2); 0 for none. sockaddr casts stay on the C side. */
int linger_local_port(int descriptor);

/* unshare(CLONE_NEWNET), which needs _GNU_SOURCE. Returns 0 or -errno. */
int linger_leave_network_namespace(void);

/* unshare(CLONE_NEWUSER | CLONE_NEWNET) of a process with one thread. Returns 0 or -errno. */
int linger_leave_user_and_network_namespace(void);

/* prctl(2) is variadic. The name of this thread (of the process, on its first thread), 15 bytes (PR_SET_NAME); 0 or -errno. */
int linger_set_process_name(const char *name);
/* SIGKILL when the thread that started this process ends (PR_SET_PDEATHSIG); 0 or -errno. */
int linger_die_with_parent(void);
/* What a child started becomes ours when the child ends (PR_SET_CHILD_SUBREAPER); 0 or -errno. */
int linger_adopt_grandchildren(void);

/* A socket filter (SO_ATTACH_FILTER, socket(7)) that lets nothing in: the sender gets no answer. 0 or -errno. */
int linger_drop_all_input(int descriptor);

/*
 * A tracefs that no path leads to: fsopen(2), fsmount(2), which Glibc's module leaves out. Returns a descriptor of its
 * root, or -1 with errno.
 */
int linger_open_tracefs(void);

/* signalfd(2), which Glibc's module leaves out. `signals` is a sigset_t. Returns a descriptor, or -1 with errno. */
int linger_signal_descriptor(const void *signals);

/* From now on a crash (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP) first brings the terminal on a descriptor back
   to the settings that it has at this call, and writes `length` bytes (at most 256) to it; then the signal does what it
   would have done. The handler calls nothing but what signal-safety(7) allows. Returns 0, or an errno. */
int linger_guard_terminal(int descriptor, const void *sequence, unsigned long length);

/* Crashes are as they were before. */
void linger_unguard_terminal(void);

/* eventfd(2), which Glibc's module leaves out. Returns a descriptor, or -1 with errno. */
int linger_event_descriptor(void);

/*
 * membarrier(2) with MEMBARRIER_CMD_GLOBAL: returns when no program runs in the kernel that has not seen what was written
 * before, for all CPUs have left what they were at (synchronize_rcu). The header's enum is not Swift's.
 */
_Bool linger_can_wait_for_programs(void);
/* 0 or -errno. */
int linger_wait_for_programs(void);

/* Writes 0 after everything that was read before. */
void linger_clear_after_reading(unsigned long long *number);

/* getpriority(2), setpriority(2) of this thread; PRIO_PROCESS is an enum of its own in Swift. 0 or -errno. */
int linger_niceness(void);
int linger_set_niceness(int nice);
/* This thread may go back to a nice value from a higher one: RLIMIT_NICE, CAP_SYS_NICE (capget(2), which has no wrapper). */
_Bool linger_may_go_back_to_niceness(int nice);

/* perf_event_open(2) for a classic tracepoint, on all processes. Returns a descriptor, or -1 with errno. */
int linger_open_tracepoint(unsigned long long number);

_Static_assert(sizeof(struct inet_diag_req_v2) == 56, "sent as bytes by Kernel");
_Static_assert(sizeof(struct inet_diag_msg) == 72, "read by offset in Kernel");

#endif
