/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The records that the programs write and room Kernel reads: one layout, seen by the eBPF programs and by Swift.
 * Fixed size, no padding that the compiler chooses, numbers in the machine's order.
 */
#ifndef LINGER_RECORDS_H
#define LINGER_RECORDS_H

#ifndef LINGER_PROBE
#include <linux/types.h>
#endif

enum linger_socket_kind {
	LINGER_FULL = 0,
	LINGER_TIMEWAIT = 1,
	LINGER_REQUEST = 2,
};

enum linger_socket_flag {
	LINGER_KEEPALIVE = 1,
	LINGER_V6ONLY = 2,
	LINGER_SUBFLOW = 4,
	/* It has a struct socket: a process has or had a descriptor of it. */
	LINGER_ATTACHED = 16,
};

/* What every socket has: all that is written of a TIME_WAIT or SYN_RCVD bucket. */
struct linger_bucket {
	__u64 cookie;
	/* Network order; IPv4 in the first four bytes. */
	__u8 local[16];
	__u8 remote[16];
	__u16 local_port;
	__u16 remote_port;
	__u16 family;
	__u8 state;
	__u8 kind;
	__u8 flags;
	__u8 timer;
	__u8 timer_retries;
	__u8 retransmits;
	__u32 timer_jiffies;
	__u32 interface;
	__u8 backoff;
	__u8 probes;
	__u16 size; /* of the whole record */
};

/* The times are jiffies before the record was written. */
struct linger_socket {
	struct linger_bucket bucket;
	__u64 cgroup;
	__u64 bytes_acked;
	__u64 bytes_received;
	__u32 inode; /* 0 also where the kernel does not keep it in the socket (before Linux 6.18) */
	__u32 uid;
	__u32 mark;
	__u32 receive_queue;
	__u32 send_queue;
	__u32 last_data_sent;
	__u32 last_data_received;
	__u32 last_ack_received;
	__u32 rto;
	__u32 srtt_us8; /* microseconds * 8 */
	__u32 unacked;
	__u32 total_retransmissions;
	__u32 send_window;
	__u32 not_sent;
	__u32 receive_allocated;
	__u32 receive_buffer;
	__u32 send_allocated;
	__u32 send_buffer;
	__u32 forward_allocated;
	__u32 send_queued;
	__u32 option_memory;
	__u32 backlog;
	__u32 drops;
	__u32 reserved;
};

enum linger_descriptor_kind {
	/* One descriptor of a TCP or MPTCP socket. */
	LINGER_DESCRIPTOR = 0,
	/* All of a process: `descriptor` counts them, `inode` those that are sockets. Written after its descriptors. */
	LINGER_TOTAL = 1,
	/* One of a thread that has a descriptor table of its own: mostly a copy of its process's, under the same numbers. */
	LINGER_THREAD = 2,
};

struct linger_descriptor {
	__u64 cookie;
	__u32 inode;
	__u32 pid;
	__u32 descriptor;
	__u16 port; /* local, of a socket without a peer */
	__u8 state;
	__u8 kind;
};

/* What a record of the stream is: the byte at offset 20 of each. */
enum linger_event_kind {
	LINGER_TRANSITION = 1,
	LINGER_OPENING = 2,
	LINGER_COURSE = 3,
};

enum linger_transition_flag {
	/* The peer's FIN was received (SOCK_DONE). */
	LINGER_FIN_RECEIVED = 1,
	/* Its process closed it (SOCK_DEAD). */
	LINGER_ORPHAN = 2,
	/* TCP_LINGER2 is negative: there is no waiting in FIN_WAIT_2. */
	LINGER_NO_FIN_WAIT = 4,
};

struct linger_transition {
	__u64 time; /* CLOCK_MONOTONIC, nanoseconds */
	__u64 cookie;
	__u32 namespace_inode;
	__u8 kind;
	__u8 old_state; /* the kernel's numbers */
	__u8 new_state;
	__u8 flags;
	__u8 local[16];
	__u8 remote[16];
	__u64 bytes_acked;
	__u64 bytes_received;
	__u32 retransmissions;
	__u32 interface;
	__u16 local_port; /* 0 in SYN_SENT: it is chosen after */
	__u16 remote_port;
	__u16 error; /* sk_err: why a socket was closed by other than its process */
	__u16 family;
};

enum linger_opening_way {
	LINGER_CONNECT = 1,
	LINGER_ACCEPT = 2,
	LINGER_LISTEN = 3,
};

enum { LINGER_FRAMES = 32, LINGER_WORDS = 34 };

/*
 * Who opened a socket. Followed by `words` of 8 bytes: its frame pointer, its stack pointer, and what stood there; and by
 * `frames` return addresses of 8 bytes, by frame pointers.
 */
struct linger_opening {
	__u64 time;
	__u64 cookie;
	__u32 namespace_inode;
	__u8 kind;
	__u8 way;
	__u16 frames;
	__u32 pid;
	__u32 thread;
	__s32 descriptor; /* -1: not known */
	__u32 words;
	__u64 started; /* of the process, CLOCK_BOOTTIME, nanoseconds; 0: not known */
	__u8 command[16];
};

/* States that a connection goes through at most, but for TIME_WAIT. */
enum { LINGER_PATH = 6 };

/*
 * What a young connection went through so far: it stays in the kernel until the connection is over, or until it is no longer
 * young. A cache line of what changes, and one of what stays.
 */
struct linger_young {
	__u64 cookie; /* whose the place is; 0: free */
	__u64 began;  /* when it entered the first state; CLOCK_MONOTONIC, nanoseconds */
	__u32 after[LINGER_PATH - 1]; /* when it entered the others: nanoseconds after that */
	__u8 states[LINGER_PATH];     /* the kernel's numbers */
	__u8 count;
	__u8 released; /* by the reader: what comes from now on is told as it comes */
	__u32 pid;
	__u64 started; /* of the process, CLOCK_BOOTTIME, nanoseconds */
	__s32 descriptor; /* -1: not known */
	__u32 opened; /* the lower half of the cookie, if who opened it is known */
	__u8 local[16];
	__u8 remote[16];
	__u32 namespace_inode;
	__u32 interface;
	__u16 local_port;
	__u16 remote_port;
	__u16 family;
	__u8 way; /* enum linger_opening_way */
	__u8 reserved;
	__u8 command[16];
};

/* What a connection went through in one piece, from its beginning to its end, or to where others go on. */
struct linger_course {
	__u64 ended; /* 0: it goes on */
	__u64 bytes_acked;
	__u32 retransmissions;
	__u8 kind;
	__u8 old_state; /* of the last transition, to CLOSED */
	__u8 flags; /* enum linger_transition_flag */
	__u8 reserved;
	__u64 bytes_received;
	__u32 error;
	__u32 reserved2;
	struct linger_young young;
};

/* What of the stream is wanted: set before the programs are loaded, so that the rest costs next to nothing. */
struct linger_stream_choice {
	/* Bit n for the state with number n: a transition is wanted that goes into one of them or out of it. */
	__u32 states;
	/* Bit f for the family f. */
	__u32 families;
	/* Inode of the only namespace; 0 for all. */
	__u32 namespace_inode;
	/* First and last. */
	__u16 local_ports[2];
	__u16 remote_ports[2];
	__u8 openings;
	__u8 stacks;
	/* Young connections stay in the kernel: `states` names all. */
	__u8 courses;
	__u8 reserved;
	/* The reader is woken once so many bytes wait; it looks now and then by itself too. */
	__u32 wakeup_bytes;
};

/* Counted for each CPU: what was written, and what found no room. */
struct linger_counts {
	__u64 transitions;
	__u64 lost_transitions;
	__u64 openings;
	__u64 lost_openings;
	/* Accepted before the socket had a cookie: only a connection older than the watch. */
	__u64 unkeyed_openings;
	/* Runs of `transitions` that the kernel left out, and `passed_over` made up for. */
	__u64 passed_over;
};

enum linger_destroy_outcome {
	/* The pass did not come upon the socket. */
	LINGER_NOT_MET = 0,
	LINGER_DESTROYED = 1,
	/* In a state that the order does not name: left alone. */
	LINGER_OTHER_STATE = 2,
	/* bpf_sock_destroy failed with `code`. */
	LINGER_REFUSED = 3,
};

/* What to destroy, by cookie, and what became of it. */
struct linger_destroy {
	__u32 states; /* bit n: it may be in the state with number n */
	__s32 code;
	__u8 outcome;
	__u8 seen; /* the state that it was in */
	__u16 reserved;
};

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct linger_bucket) == 64, "read by offset in Kernel");
_Static_assert(sizeof(struct linger_socket) == 184, "read by offset in Kernel");
_Static_assert(sizeof(struct linger_descriptor) == 24, "read by offset in Kernel");
_Static_assert(sizeof(struct linger_transition) == 88, "read by offset in Kernel");
_Static_assert(sizeof(struct linger_opening) == 64, "read by offset in Kernel");
_Static_assert(sizeof(struct linger_young) == 128, "two cache lines, read by offset in Kernel");
_Static_assert(sizeof(struct linger_course) == 168, "read by offset in Kernel");
_Static_assert(sizeof(struct linger_stream_choice) == 28, "written by Kernel");
_Static_assert(sizeof(struct linger_counts) == 48, "read by offset in Kernel");
_Static_assert(sizeof(struct linger_destroy) == 12, "a map's value");
#endif

#endif
