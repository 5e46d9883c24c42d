// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0)
/*
 * Destroys the sockets whose cookies stand in a map, in one pass over the reader's network namespace (iter/tcp and the
 * kernel function bpf_sock_destroy, Linux 6.5). The iterator holds the socket's lock, so nothing comes between the check
 * of the state and the act.
 */
#define LINGER_PROBE
#include "kernel.h"

#include <bpf/bpf_helpers.h>

#include "records.h"

/* bpf_sock_destroy takes programs under the GPL only. */
char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* include/uapi/linux/bpf.h */
enum { BPF_MAP_TYPE_HASH = 1 };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct linger_destroy);
} condemned SEC(".maps");

extern int bpf_sock_destroy(struct sock_common *sock) __ksym;

SEC("iter/tcp")
int destroy(struct bpf_iter__tcp *ctx)
{
	struct sock_common *skc = ctx->sk_common;
	struct linger_destroy *order;
	__u64 cookie;
	__u8 state;

	if (!skc)
		return 0;
	state = skc->skc_state;
	/* The small sockets are not destroyed here: bpf_sock_destroy reads fields that they do not have. */
	if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV)
		return 0;
	cookie = bpf_get_socket_cookie(skc);
	order = bpf_map_lookup_elem(&condemned, &cookie);
	if (!order || order->outcome != LINGER_NOT_MET)
		return 0;
	order->seen = state;
	if (!(order->states >> (state & 31) & 1)) {
		order->outcome = LINGER_OTHER_STATE;
		return 0;
	}
	order->code = bpf_sock_destroy(skc);
	order->outcome = order->code ? LINGER_REFUSED : LINGER_DESTROYED;
	return 0;
}
