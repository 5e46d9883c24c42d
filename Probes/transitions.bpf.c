// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0)
/*
 * Every change of state of a TCP socket (tp_btf/inet_sock_set_state), and who opened it: the process that connects or
 * listens is the one that runs at that transition; the one that accepts is seen when accept(2) returns.
 *
 * Nothing is lost in silence: a record that finds no room in the ring buffer is counted.
 */
#define LINGER_PROBE
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#include "records.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* include/uapi/linux/bpf.h */
enum { BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_PERCPU_ARRAY = 6, BPF_MAP_TYPE_RINGBUF = 27 };
enum { BPF_F_MMAPABLE = 1 << 10 };
enum { BPF_F_USER_STACK = 1 << 8 };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2, BPF_RB_AVAIL_DATA = 0 };
enum { WAKING_BYTES = 4096 };

const volatile struct linger_stream_choice choice = {};

/* How deep the reader's PID namespace lies: its numbers are the ones that are reported. Found by `find_reader`. */
__u32 reader_level = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct linger_counts);
} counts SEC(".maps");

/*
 * The kernel does not run a program on a CPU where it is at work already: an interrupt that comes in the middle of
 * `transitions`, and lets many sockets' timers run out, would have all their transitions passed over. So a second program
 * follows it at the same tracepoint, and does the work of the first where that was not run. The first leaves a mark for
 * each transition, by its socket's cookie, for a socket has one at a time; nothing else is on the CPU in between but such an interrupt.
 */
enum { MARKS = 4096 };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MARKS);
	__type(key, __u32);
	__type(value, __u64);
} marks SEC(".maps");

static __always_inline __u64 *mark_of(__u64 cookie)
{
	__u32 slot = cookie % MARKS;

	return bpf_map_lookup_elem(&marks, &slot);
}

static __always_inline __u64 mark_for(__u64 cookie, __u32 old_state, __u32 new_state)
{
	return cookie ^ (__u64)old_state << 56 ^ (__u64)new_state << 48;
}

static __always_inline struct linger_counts *counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counts, &zero);
}

/* A program can be interrupted by the other one: so even a CPU's own counter is added to as a whole. */
#define count_more(field, number) do {					\
	struct linger_counts *mine = counters();			\
									\
	if (mine)							\
		__sync_fetch_and_add(&mine->field, number);		\
} while (0)
#define count(field) count_more(field, 1)

/*
 * Wakes the reader where as much waits as it is woken for, or a multiple, and by the few records behind that: each wake-up is an
 * interrupt, and one a record would follow until the reader has come.
 */
static __always_inline __u64 wakeup(void)
{
	__u64 waits = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	if (waits < choice.wakeup_bytes || waits % choice.wakeup_bytes >= WAKING_BYTES)
		return BPF_RB_NO_WAKEUP;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline bool port_wanted(__u16 port, const volatile __u16 *range)
{
	return port >= range[0] && port <= range[1];
}

static __always_inline bool socket_wanted(__u16 family, __u32 namespace_inode, __u16 local, __u16 remote)
{
	if (!(choice.families >> (family & 31) & 1))
		return false;
	if (choice.namespace_inode && choice.namespace_inode != namespace_inode)
		return false;
	/* In SYN_SENT the local port is not chosen yet: it may become a wanted one. */
	if (local && !port_wanted(local, choice.local_ports))
		return false;
	return port_wanted(remote, choice.remote_ports);
}

static __always_inline bool states_wanted(__u32 old_state, __u32 new_state)
{
	return (choice.states >> (old_state & 31) | choice.states >> (new_state & 31)) & 1;
}

/* The pointers that the kernel hands to the program are of known types: read directly, without a helper's call. */
static __always_inline void copy_addresses(__u8 *local, __u8 *remote, __u16 family, struct sock *sk)
{
	if (family == AF_INET6) {
		bpf_core_read(local, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(remote, 16, &sk->__sk_common.skc_v6_daddr);
	} else {
		__builtin_memset(local, 0, 16);
		__builtin_memset(remote, 0, 16);
		*(__be32 *)local = sk->__sk_common.skc_rcv_saddr;
		*(__be32 *)remote = sk->__sk_common.skc_daddr;
	}
}

/* What a socket carried, and why it was closed: of a transition, or of the last one of a course. */
#define copy_traffic(out, sk) do {					\
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);			\
	unsigned long flags = (sk)->__sk_common.skc_flags;		\
									\
	(out)->flags = 0;						\
	if (flags & (1UL << SOCK_DONE))					\
		(out)->flags |= LINGER_FIN_RECEIVED;			\
	if (flags & (1UL << SOCK_DEAD))					\
		(out)->flags |= LINGER_ORPHAN;				\
	(out)->error = (sk)->sk_err;					\
	(out)->bytes_acked = 0;						\
	(out)->bytes_received = 0;					\
	(out)->retransmissions = 0;					\
	if (tp) {							\
		if (tp->linger2 < 0)					\
			(out)->flags |= LINGER_NO_FIN_WAIT;		\
		(out)->bytes_acked = tp->bytes_acked;			\
		(out)->bytes_received = tp->bytes_received;		\
		(out)->retransmissions = tp->total_retrans;		\
	}								\
} while (0)

#include "opening.h"
#include "young.h"

static __always_inline void fill_transition(struct linger_transition *out, struct sock *sk)
{
	copy_addresses(out->local, out->remote, out->family, sk);
	out->interface = sk->__sk_common.skc_bound_dev_if;
	copy_traffic(out, sk);
}

static __always_inline int write_transition(__u64 *ctx, struct sock *sk, __u64 cookie, __u32 old_state,
					    __u32 new_state)
{
	struct linger_transition *out;
	__u32 namespace_inode;
	__u16 family, local, remote;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (choice.courses && go_on_young(sk, cookie, old_state, new_state))
		return 0;
	family = sk->__sk_common.skc_family;
	/* By the time of CLOSED the port is given back: skc_num is 0, inet_sport stays. */
	local = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	remote = bpf_ntohs(sk->__sk_common.skc_dport);
	/* inet_bind's way: a listener has its number here before it has the other. */
	if (!local)
		local = sk->__sk_common.skc_num;
	namespace_inode = sk->__sk_common.skc_net.net->ns.inum;
	if (!socket_wanted(family, namespace_inode, local, remote))
		return 0;
	if (choice.courses && begins(old_state, new_state) &&
	    begin_young(sk, cookie, new_state, namespace_inode, family, local, remote))
		return 0;
	/* Before the transition, so that whoever reads it knows whose it is. */
	if (choice.openings && old_state == TCP_CLOSE && (new_state == TCP_SYN_SENT || new_state == TCP_LISTEN)) {
		struct task_struct *task = bpf_get_current_task_btf();

		write_opening(ctx, cookie, namespace_inode, new_state == TCP_LISTEN ? LINGER_LISTEN : LINGER_CONNECT,
			      descriptor_of(task, sk), task);
	}
	if (states_wanted(old_state, new_state)) {
		out = bpf_ringbuf_reserve(&events, sizeof(*out), 0);
		if (out) {
			out->time = bpf_ktime_get_ns();
			out->cookie = cookie;
			out->namespace_inode = namespace_inode;
			out->kind = LINGER_TRANSITION;
			out->old_state = old_state;
			out->new_state = new_state;
			out->local_port = local;
			out->remote_port = remote;
			out->family = family;
			fill_transition(out, sk);
			bpf_ringbuf_submit(out, wakeup());
			count(transitions);
		} else {
			count(lost_transitions);
		}
	}
	return 0;
}

/*
 * Before Linux 6.15 a connection that comes in is told (LISTEN to SYN_RECV, inet_csk_clone_lock) before it has its addresses and
 * its cookie: so its beginning is told with its next transition, when it has them.
 */
__u32 has_late_children = 0;

static __always_inline bool is_unfinished_child(struct sock *sk, __u32 old_state, __u32 new_state)
{
	if (old_state != TCP_LISTEN || new_state != TCP_SYN_RECV || sk->__sk_common.skc_dport)
		return false;
	if (!has_late_children)
		has_late_children = 1;
	return true;
}

/* Nobody has a descriptor of a child yet: with one, it connected itself, to one that connected to it. */
static __always_inline bool is_late_child(struct sock *sk, __u32 old_state)
{
	return has_late_children && old_state == TCP_SYN_RECV && !sk->sk_socket;
}

/* Makes the cookie, if the socket has none yet: also where this transition is not wanted, for accept to find. */
static __always_inline __u64 cookie_of(struct sock *sk)
{
	__u64 cookie = sk->__sk_common.skc_cookie.counter;

	return cookie ? cookie : bpf_get_socket_cookie(sk);
}

SEC("tp_btf/inet_sock_set_state")
int transitions(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	__u32 old_state = ctx[1], new_state = ctx[2];
	__u64 cookie, *mark;

	if (is_unfinished_child(sk, old_state, new_state))
		return 0;
	cookie = cookie_of(sk);
	mark = mark_of(cookie);
	if (is_late_child(sk, old_state))
		write_transition(ctx, sk, cookie, TCP_LISTEN, TCP_SYN_RECV);
	write_transition(ctx, sk, cookie, old_state, new_state);
	if (mark)
		*mark = mark_for(cookie, old_state, new_state);
	return 0;
}

/* Attached after `transitions`, and so run after it. */
SEC("tp_btf/inet_sock_set_state")
int passed_over(__u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	__u32 old_state = ctx[1], new_state = ctx[2];
	__u64 cookie, *mark;

	if (is_unfinished_child(sk, old_state, new_state))
		return 0;
	cookie = cookie_of(sk);
	mark = mark_of(cookie);
	if (mark && *mark == mark_for(cookie, old_state, new_state)) {
		*mark = 0;
		return 0;
	}
	count(passed_over);
	if (is_late_child(sk, old_state))
		write_transition(ctx, sk, cookie, TCP_LISTEN, TCP_SYN_RECV);
	return write_transition(ctx, sk, cookie, old_state, new_state);
}

/* /sys/kernel/tracing/events/syscalls/sys_exit_accept4/format */
struct syscall_exit {
	__u64 common;
	__s64 number;
	__s64 result;
};

static __always_inline int accepted(struct syscall_exit *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 namespace_inode;
	struct sock *sk;
	__u16 family;
	__u64 cookie;

	if (ctx->result < 0)
		return 0;
	sk = socket_behind(task, ctx->result);
	if (!sk)
		return 0;
	cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	if (choice.courses && open_young(cookie, ctx->result, task))
		return 0;
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (family != AF_INET && family != AF_INET6)
		return 0;
	namespace_inode = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	if (!socket_wanted(family, namespace_inode, bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport)),
			   bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport))))
		return 0;
	if (!cookie) {
		count(unkeyed_openings);
		return 0;
	}
	write_opening(ctx, cookie, namespace_inode, LINGER_ACCEPT, ctx->result, task);
	return 0;
}

/* Run once by a reader in a PID namespace of its own, before the others are attached. */
SEC("syscall")
int find_reader(void *ctx)
{
	struct task_struct *reader = bpf_get_current_task_btf();

	reader_level = BPF_CORE_READ(reader, thread_pid, level);
	return 0;
}

SEC("tp/syscalls/sys_exit_accept4")
int accepted4(struct syscall_exit *ctx)
{
	return accepted(ctx);
}

SEC("tp/syscalls/sys_exit_accept")
int accepted3(struct syscall_exit *ctx)
{
	return accepted(ctx);
}
