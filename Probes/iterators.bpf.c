// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0)
/*
 * One look at every TCP socket (iter/tcp) and at every descriptor of one (iter/task_file).
 * The numbers are worked out as net/ipv4/inet_diag.c and net/ipv4/tcp_diag.c do, so that both ways agree.
 */
#define LINGER_PROBE
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#include "records.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before loading: bit n for the state with number n, bit f for the family f. */
const volatile __u32 wanted_states = 0xffffffff;
const volatile __u32 wanted_families = (1 << AF_INET) | (1 << AF_INET6);

static __always_inline void write_addresses(struct linger_bucket *out, struct sock_common *skc)
{
	out->family = skc->skc_family;
	if (out->family == AF_INET6) {
		bpf_core_read(out->local, 16, &skc->skc_v6_rcv_saddr);
		bpf_core_read(out->remote, 16, &skc->skc_v6_daddr);
		out->flags |= skc->skc_ipv6only ? LINGER_V6ONLY : 0;
	} else {
		*(__be32 *)out->local = skc->skc_rcv_saddr;
		*(__be32 *)out->remote = skc->skc_daddr;
	}
	out->local_port = skc->skc_num;
	out->remote_port = bpf_ntohs(skc->skc_dport);
	out->interface = skc->skc_bound_dev_if;
	out->cookie = bpf_get_socket_cookie(skc);
}

static __always_inline __u32 until(long unsigned int expires, __u64 now)
{
	__s64 left = expires - now;

	return left > 0 ? left : 0;
}

static __always_inline __u32 inode_of(struct sock *sk)
{
	struct sock___ino *newer = (void *)sk;

	if (bpf_core_field_exists(newer->sk_ino))
		return BPF_CORE_READ(newer, sk_ino);
	return BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino);
}

static __always_inline long unsigned int retransmission_expires(struct inet_connection_sock *icsk)
{
	struct inet_connection_sock___timeout *older = (void *)icsk;

	if (bpf_core_field_exists(older->icsk_timeout))
		return BPF_CORE_READ(older, icsk_timeout);
	return icsk->icsk_retransmit_timer.expires;
}

static __always_inline void write_timer(struct linger_bucket *out, struct inet_connection_sock *icsk, __u64 now)
{
	struct sock *sk = &icsk->icsk_inet.sk;
	__u8 pending = icsk->icsk_pending;

	out->retransmits = icsk->icsk_retransmits;
	out->probes = icsk->icsk_probes_out;
	out->backoff = icsk->icsk_backoff;
	if (pending == ICSK_TIME_RETRANS || pending == ICSK_TIME_REO_TIMEOUT || pending == ICSK_TIME_LOSS_PROBE) {
		out->timer = 1;
		out->timer_retries = out->retransmits;
		out->timer_jiffies = until(retransmission_expires(icsk), now);
	} else if (pending == ICSK_TIME_PROBE0) {
		out->timer = 4;
		out->timer_retries = out->probes;
		out->timer_jiffies = until(retransmission_expires(icsk), now);
	} else if (sk->sk_timer.entry.pprev) {
		out->timer = 2;
		out->timer_retries = out->probes;
		out->timer_jiffies = until(sk->sk_timer.expires, now);
	}
}

static __always_inline void write_info(struct linger_socket *out, struct tcp_sock *tp, __u32 now)
{
	struct inet_connection_sock *icsk = &tp->inet_conn;
	__s32 unread = tp->rcv_nxt - tp->copied_seq;
	__s32 unsent = tp->write_seq - tp->snd_nxt;

	out->receive_queue = unread > 0 ? unread : 0;
	out->send_queue = tp->write_seq - tp->snd_una;
	out->last_data_sent = now - tp->lsndtime;
	out->last_data_received = now - icsk->icsk_ack.lrcvtime;
	out->last_ack_received = now - tp->rcv_tstamp;
	out->rto = icsk->icsk_rto;
	out->srtt_us8 = tp->srtt_us;
	out->unacked = tp->packets_out;
	out->total_retransmissions = tp->total_retrans;
	out->send_window = tp->snd_wnd;
	out->not_sent = unsent > 0 ? unsent : 0;
	out->bytes_acked = tp->bytes_acked;
	out->bytes_received = tp->bytes_received;
}

static __always_inline void write_memory(struct linger_socket *out, struct sock *sk)
{
	out->receive_allocated = sk->sk_backlog.rmem_alloc.counter;
	out->receive_buffer = sk->sk_rcvbuf;
	out->send_allocated = sk->sk_wmem_alloc.refs.counter - 1;
	out->send_buffer = sk->sk_sndbuf;
	out->forward_allocated = sk->sk_forward_alloc;
	out->send_queued = sk->sk_wmem_queued;
	out->option_memory = sk->sk_omem_alloc.counter;
	out->backlog = sk->sk_backlog.len;
	out->drops = sk->sk_drops.counter;
}

static __always_inline int wanted(__u8 state)
{
	return wanted_states >> (state & 31) & 1;
}

SEC("iter/tcp")
int sockets(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct seq_file *seq = ctx->meta->seq;
	struct linger_socket out = {};
	struct tcp_sock *tp;
	struct sock *sk;
	__u64 now;
	__u8 state;

	if (!skc)
		return 0;
	if (!(wanted_families >> (skc->skc_family & 31) & 1))
		return 0;
	now = bpf_jiffies64();
	state = skc->skc_state;

	if (state == TCP_TIME_WAIT) {
		struct tcp_timewait_sock *tw = bpf_skc_to_tcp_timewait_sock(skc);

		/* The small socket also carries an orphan's FIN_WAIT_2. */
		if (!tw || !wanted(tw->tw_sk.tw_substate))
			return 0;
		write_addresses(&out.bucket, skc);
		out.bucket.state = tw->tw_sk.tw_substate;
		out.bucket.kind = LINGER_TIMEWAIT;
		out.bucket.timer = 3;
		out.bucket.timer_jiffies = until(tw->tw_sk.tw_timer.expires, now);
		out.bucket.size = sizeof(out.bucket);
		bpf_seq_write(seq, &out.bucket, sizeof(out.bucket));
		return 0;
	}
	if (state == TCP_NEW_SYN_RECV) {
		struct tcp_request_sock *req = bpf_skc_to_tcp_request_sock(skc);

		if (!req || !wanted(3))
			return 0;
		write_addresses(&out.bucket, skc);
		out.bucket.state = 3;
		out.bucket.kind = LINGER_REQUEST;
		out.bucket.timer = 1;
		out.bucket.timer_retries = req->req.req.num_retrans;
		out.bucket.timer_jiffies = until(req->req.req.rsk_timer.expires, now);
		out.bucket.size = sizeof(out.bucket);
		bpf_seq_write(seq, &out.bucket, sizeof(out.bucket));
		return 0;
	}

	if (!wanted(state))
		return 0;
	tp = bpf_skc_to_tcp_sock(skc);
	if (!tp)
		return 0;
	sk = &tp->inet_conn.icsk_inet.sk;
	write_addresses(&out.bucket, skc);
	out.bucket.state = state;
	out.bucket.kind = LINGER_FULL;
	out.bucket.size = sizeof(out);
	if (skc->skc_flags & (1UL << SOCK_KEEPOPEN))
		out.bucket.flags |= LINGER_KEEPALIVE;
	if (skc->skc_flags & (1UL << SOCK_DEAD))
		out.bucket.flags |= LINGER_DEAD;
	{
		struct tcp_sock___mptcp *newer = (void *)tp;

		if (bpf_core_field_exists(newer->is_mptcp) && BPF_CORE_READ(newer, is_mptcp))
			out.bucket.flags |= LINGER_SUBFLOW;
	}
	out.inode = inode_of(sk);
	out.uid = ctx->uid;
	out.mark = sk->sk_mark;
	if (bpf_core_field_exists(sk->sk_cgrp_data.cgroup))
		out.cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
	write_memory(&out, sk);
	if (state == TCP_LISTEN) {
		out.receive_queue = sk->sk_ack_backlog;
		out.send_queue = sk->sk_max_ack_backlog;
	} else {
		write_timer(&out.bucket, &tp->inet_conn, now);
		write_info(&out, tp, now);
	}
	bpf_seq_write(seq, &out, sizeof(out));
	return 0;
}

/* The process whose descriptors are being walked. One reader at a time. */
__u32 walked_pid;
__u32 walked_descriptors;
__u32 walked_sockets;

static __always_inline __u32 pid_of(struct task_struct *task)
{
	/* The number that the reader's /proc shows: a reader in a container has its own. */
	struct task_struct *reader = bpf_get_current_task_btf();
	__u32 level = BPF_CORE_READ(reader, thread_pid, level);
	struct pid *pid;
	int nr = 0;

	if (level == 0) {
		__u32 tgid = task->tgid;

		/* Keeps the compiler from sharing this load with the one below: the verifier wants one kind of pointer. */
		barrier_var(tgid);
		return tgid;
	}
	pid = BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID_]);
	if (level < 32)
		bpf_probe_read_kernel(&nr, sizeof(nr), (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid) +
				      bpf_core_field_offset(struct upid, nr));
	return nr;
}

static __always_inline void write_total(struct seq_file *seq)
{
	struct linger_descriptor out = {};

	if (walked_pid == 0)
		return;
	out.pid = walked_pid;
	out.descriptor = walked_descriptors;
	out.inode = walked_sockets;
	out.kind = LINGER_TOTAL;
	bpf_seq_write(seq, &out, sizeof(out));
}

SEC("iter/task_file")
int descriptors(struct bpf_iter__task_file *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct linger_descriptor out = {};
	struct socket *socket;
	struct sock *sk;
	__u32 pid;

	if (!task || !file) {
		write_total(seq);
		walked_pid = 0;
		return 0;
	}
	pid = pid_of(task);
	if (pid != walked_pid) {
		write_total(seq);
		walked_pid = pid;
		walked_descriptors = 0;
		walked_sockets = 0;
	}
	walked_descriptors++;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	walked_sockets++;
	sk = socket->sk;
	if (!sk || (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6))
		return 0;
	if (sk->sk_protocol != IPPROTO_TCP && sk->sk_protocol != IPPROTO_MPTCP)
		return 0;
	out.cookie = bpf_get_socket_cookie(sk);
	out.inode = file->f_inode->i_ino;
	out.pid = pid;
	out.descriptor = ctx->fd;
	out.port = sk->__sk_common.skc_num;
	out.state = sk->__sk_common.skc_state;
	out.kind = LINGER_DESCRIPTOR;
	bpf_seq_write(seq, &out, sizeof(out));
	return 0;
}
