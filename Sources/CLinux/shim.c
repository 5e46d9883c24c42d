// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/membarrier.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

int linger_enter_network_namespace(int descriptor) {
    return setns(descriptor, CLONE_NEWNET) == 0 ? 0 : -errno;
}

long linger_getdents(int descriptor, void *buffer, unsigned long size) {
    long count = syscall(SYS_getdents64, descriptor, buffer, size);
    return count >= 0 ? count : -errno;
}

const char *linger_error_text(int code) {
    return strerrordesc_np(code);
}

int linger_pidfd_open(int pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

int linger_pidfd_getfd(int pidfd, int descriptor) {
    return (int)syscall(SYS_pidfd_getfd, pidfd, descriptor, 0);
}

unsigned long long linger_socket_cookie(int descriptor) {
    unsigned long long cookie = 0;
    socklen_t size = sizeof(cookie);
    return getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

long linger_peer_user(int descriptor) {
    struct ucred peer;
    socklen_t size = sizeof(peer);
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? (long)peer.uid : -1;
}

/* asm-generic/socket.h, from Linux 5.14 on; older headers lack it. */
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

unsigned long long linger_namespace_cookie(int descriptor) {
    unsigned long long cookie = 0;
    socklen_t size = sizeof(cookie);
    return getsockopt(descriptor, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) == 0 ? cookie : 0;
}

int linger_local_port(int descriptor) {
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    if (getsockname(descriptor, (struct sockaddr *)&address, &size) != 0)
        return 0;
    switch (address.ss_family) {
    case AF_INET:
        return ntohs(((struct sockaddr_in *)&address)->sin_port);
    case AF_INET6:
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    default:
        return 0;
    }
}

long linger_socket_protocol(const char *path, char *name, unsigned long size) {
    return getxattr(path, "system.sockprotoname", name, size);
}

int linger_leave_network_namespace(void) {
    return unshare(CLONE_NEWNET) == 0 ? 0 : -errno;
}

int linger_leave_user_and_network_namespace(void) {
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : -errno;
}

int linger_set_process_name(const char *name) {
    return prctl(PR_SET_NAME, name, 0, 0, 0) == 0 ? 0 : -errno;
}

int linger_die_with_parent(void) {
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 ? 0 : -errno;
}

int linger_adopt_grandchildren(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : -errno;
}

int linger_drop_all_input(int descriptor) {
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &nothing};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0 ? 0 : -errno;
}

int linger_open_tracefs(void) {
    int context = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
    int mount = -1;
    if (context < 0)
        return -1;
    if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
    int code = errno;
    close(context);
    errno = code;
    return mount;
}

int linger_open_tracepoint(unsigned long long number) {
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof(attributes),
        .config = number,
        .sample_period = 1,
        .wakeup_events = 1,
    };
    /* An eBPF program on one CPU's event runs on all CPUs. */
    return (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

int linger_signal_descriptor(const void *signals) {
    return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
enum { CRASHES = sizeof(crashes) / sizeof(crashes[0]) };
static struct sigaction before_guard[CRASHES];

static struct {
    int descriptor;
    struct termios settings;
    char sequence[256];
    size_t length;
} guarded = {.descriptor = -1};

static void restore_terminal(int signal) {
    if (guarded.descriptor >= 0) {
        ssize_t ignored = write(guarded.descriptor, guarded.sequence, guarded.length);
        (void)ignored;
        tcsetattr(guarded.descriptor, TCSANOW, &guarded.settings);
    }
    /* SA_RESETHAND has put the default back. */
    raise(signal);
}

int linger_guard_terminal(int descriptor, const void *sequence, unsigned long length) {
    if (length > sizeof(guarded.sequence) || tcgetattr(descriptor, &guarded.settings) != 0)
        return length > sizeof(guarded.sequence) ? EINVAL : errno;
    memcpy(guarded.sequence, sequence, length);
    guarded.length = length;
    guarded.descriptor = descriptor;
    struct sigaction action = {.sa_handler = restore_terminal, .sa_flags = SA_RESETHAND | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &action, &before_guard[i]);
    return 0;
}

void linger_unguard_terminal(void) {
    if (guarded.descriptor < 0)
        return;
    for (int i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &before_guard[i], NULL);
    guarded.descriptor = -1;
}

int linger_event_descriptor(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int linger_pidfd_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

long linger_ptrace(long request, int thread, void *address, void *data) {
    errno = 0;
    long value = ptrace(request, thread, address, data);
    return value == -1 && errno != 0 ? -errno : value;
}

int linger_wait_thread(int thread, int *status) {
    int found = waitpid(thread, status, __WALL | WNOHANG);
    return found >= 0 ? found : -errno;
}

int linger_socket_state(int descriptor) {
    struct tcp_info info;
    socklen_t size = sizeof(info);
    memset(&info, 0, sizeof(info));
    return getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_state : -errno;
}

_Bool linger_can_wait_for_programs(void) {
    long commands = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    return commands > 0 && (commands & MEMBARRIER_CMD_GLOBAL);
}

int linger_wait_for_programs(void) {
    return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0 ? 0 : -errno;
}

void linger_clear_after_reading(unsigned long long *number) {
    __atomic_store_n(number, 0, __ATOMIC_RELEASE);
}

int linger_niceness(void) {
    return getpriority(PRIO_PROCESS, 0);
}

_Bool linger_may_go_back_to_niceness(int nice) {
    struct rlimit limit;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct capabilities[2] = {{0}};
    if (getrlimit(RLIMIT_NICE, &limit) == 0 && limit.rlim_cur >= (rlim_t)(20 - nice))
        return 1;
    return syscall(SYS_capget, &header, capabilities) == 0 && (capabilities[0].effective >> CAP_SYS_NICE & 1);
}

int linger_set_niceness(int nice) {
    return setpriority(PRIO_PROCESS, 0, nice) == 0 ? 0 : -errno;
}
