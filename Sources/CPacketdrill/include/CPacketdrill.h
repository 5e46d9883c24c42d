// SPDX-License-Identifier: Apache-2.0
// The functions through which packetdrill drives a TCP stack that stands in a shared library (`--so_filename=`): the
// library exports packetdrill_interface_init and fills this in. Written from the order and the types of its members,
// which are packetdrill's; names are ours. The shim exists because Swift has no type for variadic C functions (fcntl,
// ioctl) and no way to say that a pointer is one of 33.

#ifndef CPACKETDRILL_H
#define CPACKETDRILL_H

#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>

// Every function gets `userdata` first; -1 and errno tell of a failure. None may be NULL.
struct linger_packetdrill {
    void *userdata;
    void (*release)(void *userdata);
    int (*socket)(void *userdata, int domain, int type, int protocol);
    int (*bind)(void *userdata, int descriptor, const struct sockaddr *address, socklen_t length);
    int (*listen)(void *userdata, int descriptor, int backlog);
    int (*accept)(void *userdata, int descriptor, struct sockaddr *address, socklen_t *length);
    int (*connect)(void *userdata, int descriptor, const struct sockaddr *address, socklen_t length);
    ssize_t (*read)(void *userdata, int descriptor, void *bytes, size_t count);
    ssize_t (*readv)(void *userdata, int descriptor, const struct iovec *vector, int count);
    ssize_t (*recv)(void *userdata, int descriptor, void *bytes, size_t count, int flags);
    ssize_t (*recvfrom)(void *userdata, int descriptor, void *bytes, size_t count, int flags, struct sockaddr *from,
                        socklen_t *length);
    ssize_t (*recvmsg)(void *userdata, int descriptor, struct msghdr *message, int flags);
    ssize_t (*write)(void *userdata, int descriptor, const void *bytes, size_t count);
    ssize_t (*writev)(void *userdata, int descriptor, const struct iovec *vector, int count);
    ssize_t (*send)(void *userdata, int descriptor, const void *bytes, size_t count, int flags);
    ssize_t (*sendto)(void *userdata, int descriptor, const void *bytes, size_t count, int flags,
                      const struct sockaddr *to, socklen_t length);
    ssize_t (*sendmsg)(void *userdata, int descriptor, const struct msghdr *message, int flags);
    int (*fcntl)(void *userdata, int descriptor, int command, ...);
    int (*ioctl)(void *userdata, int descriptor, unsigned long request, ...);
    int (*close)(void *userdata, int descriptor);
    int (*shutdown)(void *userdata, int descriptor, int how);
    int (*getsockopt)(void *userdata, int descriptor, int level, int name, void *value, socklen_t *length);
    int (*setsockopt)(void *userdata, int descriptor, int level, int name, const void *value, socklen_t length);
    int (*poll)(void *userdata, struct pollfd *descriptors, nfds_t count, int milliseconds);
    // A packet for the stack, from the IP header on.
    int (*netdev_send)(void *userdata, const void *packet, size_t count);
    // The next packet from the stack, and when it was sent; waits for it. `count` is the room, then the packet's length.
    int (*netdev_receive)(void *userdata, void *packet, size_t *count, long long *microseconds);
    int (*usleep)(void *userdata, unsigned int microseconds);
    int (*gettimeofday)(void *userdata, struct timeval *time, void *zone);
    int (*epoll_create)(void *userdata, int size);
    int (*epoll_ctl)(void *userdata, int set, int operation, int descriptor, struct epoll_event *event);
    int (*epoll_wait)(void *userdata, int set, struct epoll_event *events, int room, int milliseconds);
    int (*pipe)(void *userdata, int descriptors[2]);
    int (*splice)(void *userdata, int from, off_t *from_offset, int to, off_t *to_offset, size_t count,
                  unsigned int flags);
};

_Static_assert(sizeof(struct linger_packetdrill) == 33 * sizeof(void *), "33 pointers");
_Static_assert(offsetof(struct linger_packetdrill, fcntl) == 17 * sizeof(void *), "fcntl");
_Static_assert(offsetof(struct linger_packetdrill, netdev_receive) == 25 * sizeof(void *), "netdev_receive");

// Sets the two variadic members to functions that take their one argument, an int or a pointer, as the last parameter.
void linger_set_variadic(struct linger_packetdrill *interface,
                               int (*fcntl)(void *userdata, int descriptor, int command, long argument),
                               int (*ioctl)(void *userdata, int descriptor, unsigned long request, void *argument));

// Calls them, as packetdrill does.
int linger_call_fcntl(const struct linger_packetdrill *interface, int descriptor, int command, int argument);
int linger_call_ioctl(const struct linger_packetdrill *interface, int descriptor, unsigned long request,
                            int *argument);

// getsockopt(2) of the kernel, past any function of that name.
int linger_kernel_getsockopt(int descriptor, int level, int name, void *value, socklen_t *length);

#endif
