// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0)
/*
 * Every TCP socket of the reader's network namespace (iter/tcp).
 * The numbers are worked out as net/ipv4/inet_diag.c and net/ipv4/tcp_diag.c do, so that both ways agree.
 */
#define LINGER_PROBE
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#include "ahead.h"
#include "records.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Set before loading: bit n for the state with number n, bit f for the family f. With the place of `look_ahead` in one
 * section, for the object may have only one map (Sources/CLibBPF/shim.h).
 */
__u32 wanted_states = 0xffffffff;
__u32 wanted_families = (1 << AF_INET) | (1 << AF_INET6);
/* The bucket of the table that is looked at next. One reader at a time. */
__u32 next_bucket SEC(".data") = 0;

static __always_inline void write_addresses(struct linger_bucket *out, struct sock_common *skc)
{
	out->family = skc->skc_family;
	if (out->family == AF_INET6) {
		bpf_core_read(out->local, 16, &skc->skc_v6_rcv_saddr);
		bpf_core_read(out->remote, 16, &skc->skc_v6_daddr);
		/* Its bit is the kernel's to choose: read like a member, it would be the first of ours. */
		out->flags |= BPF_CORE_READ_BITFIELD(skc, skc_ipv6only) ? LINGER_V6ONLY : 0;
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

static __always_inline long unsigned int retransmission_expires(struct tcp_sock *tp)
{
	if (bpf_core_field_exists(icsk_of(tp).icsk_timeout))
		return icsk_of(tp).icsk_timeout;
	return icsk_of(tp).icsk_retransmit_timer.expires;
}

static __always_inline void write_timer(struct linger_bucket *out, struct tcp_sock *tp, __u64 now)
{
	__u8 pending = icsk_of(tp).icsk_pending;

	out->retransmits = icsk_of(tp).icsk_retransmits;
	out->probes = icsk_of(tp).icsk_probes_out;
	out->backoff = icsk_of(tp).icsk_backoff;
	if (pending == ICSK_TIME_RETRANS || pending == ICSK_TIME_REO_TIMEOUT || pending == ICSK_TIME_LOSS_PROBE) {
		out->timer = 1;
		out->timer_retries = out->retransmits;
		out->timer_jiffies = until(retransmission_expires(tp), now);
	} else if (pending == ICSK_TIME_PROBE0) {
		out->timer = 4;
		out->timer_retries = out->probes;
		out->timer_jiffies = until(retransmission_expires(tp), now);
	} else if (sk_of(tp).sk_timer.entry.pprev) {
		out->timer = 2;
		out->timer_retries = out->probes;
		out->timer_jiffies = until(sk_of(tp).sk_timer.expires, now);
	}
}

static __always_inline void write_info(struct linger_socket *out, struct tcp_sock *tp, __u32 now)
{
	__s32 unread = tp->rcv_nxt - tp->copied_seq;
	__s32 unsent = tp->write_seq - tp->snd_nxt;

	out->receive_queue = unread > 0 ? unread : 0;
	out->send_queue = tp->write_seq - tp->snd_una;
	out->last_data_sent = now - tp->lsndtime;
	out->last_data_received = now - icsk_of(tp).icsk_ack.lrcvtime;
	out->last_ack_received = now - tp->rcv_tstamp;
	out->rto = icsk_of(tp).icsk_rto;
	out->srtt_us8 = tp->srtt_us;
	out->unacked = tp->packets_out;
	out->total_retransmissions = tp->total_retrans;
	out->send_window = tp->snd_wnd;
	out->not_sent = unsent > 0 ? unsent : 0;
	out->bytes_acked = tp->bytes_acked;
	out->bytes_received = tp->bytes_received;
}

static __always_inline void write_memory(struct linger_socket *out, struct tcp_sock *tp)
{
	out->receive_allocated = sk_of(tp).sk_backlog.rmem_alloc.counter;
	out->receive_buffer = sk_of(tp).sk_rcvbuf;
	out->send_allocated = sk_of(tp).sk_wmem_alloc.refs.counter - 1;
	out->send_buffer = sk_of(tp).sk_sndbuf;
	out->forward_allocated = sk_of(tp).sk_forward_alloc;
	out->send_queued = sk_of(tp).sk_wmem_queued;
	out->option_memory = sk_of(tp).sk_omem_alloc.counter;
	out->backlog = sk_of(tp).sk_backlog.len;
	out->drops = sk_of(tp).sk_drops.counter;
}

/* The lines of a socket that the walk and this program read. */
static __always_inline void touch_socket(__u64 node)
{
	struct tcp_sock *tp = struct_at(tcp_sock, node - bpf_core_field_offset(struct sock_common, skc_nulls_node));
	__u8 state = sk_of(tp).__sk_common.skc_state;

	/* What is smaller ends there. Nobody waits for the state: the processor goes on with its guess. */
	if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV)
		return;
	touch(sk_of(tp).__sk_common.skc_cookie.counter);
	touch(sk_of(tp).sk_drops.counter);
	touch(sk_of(tp).sk_backlog.rmem_alloc.counter);
	touch(sk_of(tp).sk_socket);
	touch(sk_of(tp).sk_wmem_queued);
	touch(sk_of(tp).sk_timer.expires);
	touch(sk_of(tp).sk_mark);
	touch(sk_of(tp).sk_ack_backlog);
	if (bpf_core_field_exists(sk_of(tp).sk_cgrp_data.cgroup))
		touch(sk_of(tp).sk_cgrp_data.cgroup);
	touch(icsk_of(tp).icsk_rto);
	touch(icsk_of(tp).icsk_pending);
	touch(retransmission_expires(tp));
	touch(tp->snd_wnd);
	touch(tp->write_seq);
	touch(tp->rcv_nxt);
	touch(tp->rcv_tstamp);
	touch(tp->bytes_received);
	touch(tp->bytes_acked);
	touch(tp->total_retrans);
	if (bpf_core_field_exists(tp->is_mptcp))
		touch(tp->is_mptcp);
}

/*
 * A bucket is the address of its first node; that of an empty one is odd (include/linux/list_nulls.h).
 *
 * The walk goes through the table of connections from its first bucket to its last: up to two sockets of the next
 * buckets are touched each time.
 */
static __always_inline void look_ahead(struct sock_common *skc)
{
	enum { BUCKETS = 8, SOCKETS = 2, FARTHEST = 32 };
	struct inet_hashinfo *table;
	__u32 bucket, mask, touched = 0;
	__u64 first;

	if (skc->skc_state == TCP_LISTEN)
		return;
	table = skc->skc_net.net->ipv4.tcp_death_row.hashinfo;
	mask = table->ehash_mask;
	bucket = skc->skc_hash & mask;
	first = word_at((__u64)table + bpf_core_field_offset(struct inet_hashinfo, ehash));
	if (next_bucket <= bucket || next_bucket > bucket + FARTHEST + 1)
		next_bucket = bucket + 1;
	for (int i = 0; i < BUCKETS && touched < SOCKETS; i++) {
		__u64 node;

		if (next_bucket > mask || next_bucket > bucket + FARTHEST)
			break;
		node = word_at(first + (__u64)next_bucket * sizeof(void *));
		next_bucket++;
		if (node & 1)
			continue;
		touch_socket(node);
		touched++;
	}
}

static __always_inline int wanted(__u8 state)
{
	return wanted_states >> (state & 31) & 1;
}

static __always_inline int write_socket(struct seq_file *seq, struct sock_common *skc, __u32 uid)
{
	struct linger_socket out = {};
	struct tcp_sock *tp;
	__u64 now;
	__u8 state;

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
	write_addresses(&out.bucket, skc);
	out.bucket.state = state;
	out.bucket.kind = LINGER_FULL;
	out.bucket.size = sizeof(out);
	if (skc->skc_flags & (1UL << SOCK_KEEPOPEN))
		out.bucket.flags |= LINGER_KEEPALIVE;
	if (bpf_core_field_exists(tp->is_mptcp) && tp->is_mptcp)
		out.bucket.flags |= LINGER_SUBFLOW;
	if (bpf_core_field_exists(sk_of(tp).sk_ino))
		out.inode = sk_of(tp).sk_ino;
	if (sk_of(tp).sk_socket)
		out.bucket.flags |= LINGER_ATTACHED;
	out.uid = uid;
	out.mark = sk_of(tp).sk_mark;
	if (bpf_core_field_exists(sk_of(tp).sk_cgrp_data.cgroup)) {
		struct cgroup *cgroup = sk_of(tp).sk_cgrp_data.cgroup;

		out.cgroup = BPF_CORE_READ(cgroup, kn, id);
	}
	write_memory(&out, tp);
	if (state == TCP_LISTEN) {
		out.receive_queue = sk_of(tp).sk_ack_backlog;
		out.send_queue = sk_of(tp).sk_max_ack_backlog;
	} else {
		write_timer(&out.bucket, tp, now);
		write_info(&out, tp, now);
	}
	bpf_seq_write(seq, &out, sizeof(out));
	return 0;
}

SEC("iter/tcp")
int sockets(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;

	if (!skc)
		return 0;
	return write_socket(ctx->meta->seq, skc, ctx->uid);
}

/* From Linux 6.2 on. Only one of the two is loaded. */
SEC("iter/tcp")
int sockets_ahead(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;

	if (!skc)
		return 0;
	look_ahead(skc);
	return write_socket(ctx->meta->seq, skc, ctx->uid);
}
