/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * The few kernel structs that the programs read, with only the fields that they read: libbpf finds the real offsets
 * in the running kernel's BTF (CO-RE). A field that only some kernels have is asked for with bpf_core_field_exists.
 *
 * libbpf goes through all of the kernel's types once for each struct that an access begins at, a millisecond or two
 * each: so accesses begin at few structs, and what the kernel hands to an iterator (bpf_iter__*), whose layout is fixed,
 * is not looked up. The kernel, where it fits the programs itself, remembers what it found, but in 31 places by the
 * name's hash (kernel/bpf/btf.c, VMLINUX_CAND_CACHE_SIZE): of two names in one place each is looked for again, 0.6 ms of a
 * load of 3. The iterators' are chosen so that only `cgroup` and `file` share one.
 */
#ifndef LINGER_KERNEL_H
#define LINGER_KERNEL_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u16 __le16;
typedef __u32 __le32;
typedef __u64 __le64;
typedef __u32 __wsum;
typedef __u16 __sum16;
typedef _Bool bool;

enum { false, true };
enum { AF_INET = 2, AF_INET6 = 10 };
enum { IPPROTO_TCP = 6, IPPROTO_MPTCP = 262 };
/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1, TCP_SYN_SENT = 2, TCP_SYN_RECV = 3, TCP_FIN_WAIT2 = 5, TCP_TIME_WAIT = 6, TCP_CLOSE = 7,
	TCP_CLOSE_WAIT = 8, TCP_LISTEN = 10, TCP_CLOSING = 11, TCP_NEW_SYN_RECV = 12,
};
/* include/net/inet_connection_sock.h */
enum { ICSK_TIME_RETRANS = 1, ICSK_TIME_PROBE0 = 3, ICSK_TIME_LOSS_PROBE = 5, ICSK_TIME_REO_TIMEOUT = 6 };
/* include/net/sock.h */
enum { SOCK_DEAD = 0, SOCK_DONE = 1, SOCK_KEEPOPEN = 3 };
/* include/linux/pid.h */
enum { PIDTYPE_TGID_ = 1 };

#define __reads __attribute__((preserve_access_index))

typedef struct { int counter; } __reads atomic_t;
typedef struct { __s64 counter; } __reads atomic64_t;
typedef struct { atomic_t refs; } __reads refcount_t;
typedef struct { __u32 val; } __reads kuid_t;

struct in6_addr {
	union {
		__u8 u6_addr8[16];
	} in6_u;
} __reads;

struct ns_common {
	unsigned int inum;
} __reads;

/* include/linux/list_nulls.h: the end of a chain is an odd number. */
struct hlist_nulls_node {
	struct hlist_nulls_node *next;
} __reads;

struct inet_hashinfo {
	void *ehash;
	unsigned int ehash_mask;
} __reads;

struct inet_timewait_death_row {
	struct inet_hashinfo *hashinfo;
} __reads;

struct netns_ipv4 {
	struct inet_timewait_death_row tcp_death_row;
} __reads;

struct net {
	struct ns_common ns;
	struct netns_ipv4 ipv4;
} __reads;

typedef struct { struct net *net; } __reads possible_net_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	unsigned int skc_hash;
	__be16 skc_dport;
	__u16 skc_num;
	short unsigned int skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_ipv6only : 1;
	int skc_bound_dev_if;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	long unsigned int skc_flags;
	struct hlist_nulls_node skc_nulls_node;
} __reads;

struct hlist_node {
	struct hlist_node *next, **pprev;
} __reads;

struct timer_list {
	struct hlist_node entry;
	long unsigned int expires;
} __reads;

struct kernfs_node {
	__u64 id;
} __reads;

struct cgroup {
	struct kernfs_node *kn;
} __reads;

struct sock_cgroup_data {
	struct cgroup *cgroup;
} __reads;

struct inode {
	long unsigned int i_ino;
} __reads;

struct file {
	void *private_data;
} __reads;

struct sock;

struct socket {
	struct file *file;
	struct sock *sk;
} __reads;

/* What a descriptor's socket stands in, with the inode of its file. */
struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
} __reads;

struct sock {
	struct sock_common __sk_common;
	atomic_t sk_drops;
	struct {
		atomic_t rmem_alloc;
		int len;
	} sk_backlog;
	int sk_rcvbuf;
	struct socket *sk_socket;
	int sk_forward_alloc;
	atomic_t sk_omem_alloc;
	int sk_wmem_queued;
	refcount_t sk_wmem_alloc;
	struct timer_list sk_timer;
	__u32 sk_mark;
	__u16 sk_protocol;
	int sk_err;
	int sk_sndbuf;
	/* Linux 6.18 keeps the inode's number in the socket itself. */
	long unsigned int sk_ino;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
	struct sock_cgroup_data sk_cgrp_data;
} __reads;

struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
} __reads;

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct timer_list icsk_retransmit_timer;
	/* Older kernels keep the time of the next retransmission beside the timer. */
	long unsigned int icsk_timeout;
	__u32 icsk_rto;
	__u8 icsk_retransmits;
	__u8 icsk_pending;
	__u8 icsk_backoff;
	__u8 icsk_probes_out;
	struct {
		__u32 lrcvtime;
	} icsk_ack;
} __reads;

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 snd_wnd;
	__u32 copied_seq;
	__u32 write_seq;
	__u32 lsndtime;
	__u32 rcv_nxt;
	__u32 snd_nxt;
	__u32 snd_una;
	__u32 srtt_us;
	__u32 packets_out;
	__u32 rcv_tstamp;
	__u64 tcp_mstamp;
	__u64 bytes_received;
	__u64 bytes_acked;
	__u32 total_retrans;
	int linger2;
	/* With CONFIG_MPTCP. */
	bool is_mptcp;
} __reads;

/* The parts of a TCP socket, as paths from its beginning. */
#define icsk_of(tp) ((tp)->inet_conn)
#define sk_of(tp) ((tp)->inet_conn.icsk_inet.sk)

struct inet_timewait_sock {
	struct sock_common __tw_common;
	volatile unsigned char tw_substate;
	struct timer_list tw_timer;
} __reads;

struct tcp_timewait_sock {
	struct inet_timewait_sock tw_sk;
} __reads;

struct request_sock {
	struct sock_common __req_common;
	__u8 num_retrans;
	struct timer_list rsk_timer;
} __reads;

struct inet_request_sock {
	struct request_sock req;
} __reads;

struct tcp_request_sock {
	struct inet_request_sock req;
} __reads;

struct upid {
	int nr;
} __reads;

struct pid {
	unsigned int level;
	struct upid numbers[1];
} __reads;

struct signal_struct {
	struct pid *pids[4];
} __reads;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
} __reads;

struct files_struct {
	struct fdtable *fdt;
} __reads;

struct task_struct {
	int pid;
	int tgid;
	__u64 start_boottime;
	struct task_struct *group_leader;
	struct files_struct *files;
	char comm[16];
	struct pid *thread_pid;
	struct signal_struct *signal;
} __reads;

/* The registers that a system call saved: where its first argument stands, and where the stack is. */
struct pt_regs {
#ifdef __TARGET_ARCH_arm64
	__u64 orig_x0;
#else
	unsigned long di;
	unsigned long bp;
	unsigned long sp;
#endif
} __reads;

struct seq_file;

/* include/linux/bpf.h: fixed. */
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id;
	__u64 seq_num;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
	__u32 uid;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#endif
