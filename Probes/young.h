/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Young connections, whose transitions stay in the kernel: most are over soon, and told as a whole then (LINGER_COURSE), which
 * takes one record and not six. A part of transitions.bpf.c.
 *
 * Each connection has its place by its cookie. One that finds it taken, or that is no longer young, is told transition by
 * transition. The kernel makes one transition of a socket at a time, so only a beginning has to be atomic. The reader reads a
 * place and frees it after it has marked it as released, and has waited until no program runs that has not seen the mark.
 */
#ifndef LINGER_YOUNG_H
#define LINGER_YOUNG_H

/*
 * 8 MB. Cookies are numbers in a row, 4096 a CPU, and take the next place each: so many places that one is mostly taken again
 * when what the other CPU wrote there has left that one's cache.
 */
enum { PLACES = 1 << 16 };
/* What `after` can hold. */
#define LONGEST 0xffffffffull

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PLACES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct linger_young);
} young SEC(".maps");

static __always_inline struct linger_young *place_of(__u64 cookie)
{
	__u32 place = cookie % PLACES;

	return bpf_map_lookup_elem(&young, &place);
}

static __always_inline bool begins(__u32 old_state, __u32 new_state)
{
	return new_state == TCP_SYN_SENT || (old_state == TCP_LISTEN && new_state == TCP_SYN_RECV);
}

static __always_inline void name_opener(struct linger_young *it, __u64 cookie, __u8 way, __s32 descriptor,
					struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	it->pid = pid_for_reader(leader);
	it->started = bpf_core_field_exists(leader->start_boottime) ? leader->start_boottime : 0;
	it->descriptor = descriptor;
	it->way = way;
	bpf_probe_read_kernel(it->command, sizeof(it->command), (void *)leader + bpf_core_field_offset(leader->comm));
	it->opened = cookie;
}

/* False where its place is taken. */
static __always_inline bool begin_young(struct sock *sk, __u64 cookie, __u32 new_state, __u32 namespace_inode,
					__u16 family, __u16 local, __u16 remote)
{
	struct linger_young *it = place_of(cookie);

	if (!it || __sync_val_compare_and_swap(&it->cookie, 0, cookie) != 0)
		return false;
	it->released = 0;
	it->opened = 0;
	it->began = bpf_ktime_get_ns();
	it->states[0] = new_state;
	it->count = 1;
	it->reserved = 0;
	it->namespace_inode = namespace_inode;
	it->interface = sk->__sk_common.skc_bound_dev_if;
	it->family = family;
	it->local_port = local;
	it->remote_port = remote;
	copy_addresses(it->local, it->remote, family, sk);
	if (choice.openings && new_state == TCP_SYN_SENT) {
		struct task_struct *task = bpf_get_current_task_btf();

		name_opener(it, cookie, LINGER_CONNECT, descriptor_of(task, sk), task);
	}
	return true;
}

/*
 * The clock is what costs most here. A segment that came in has just had its socket note the time (tcp_mstamp_refresh,
 * microseconds of the same clock), and only one that came in leads into these states.
 */
static __always_inline __u64 time_of(struct linger_young *it, struct sock *sk, __u32 new_state)
{
	struct tcp_sock *tp;
	__u64 stamp;

	if (new_state != TCP_ESTABLISHED && new_state != TCP_CLOSE_WAIT && new_state != TCP_FIN_WAIT2 &&
	    new_state != TCP_CLOSING)
		return bpf_ktime_get_ns();
	tp = bpf_skc_to_tcp_sock(sk);
	stamp = tp ? tp->tcp_mstamp * 1000 : 0;
	return stamp > it->began ? stamp : it->began;
}

/* Tells of a connection's course as far as it went; the place is free afterwards. */
static __always_inline void tell_course(struct linger_young *it, struct sock *sk, __u8 old_state, __u64 ended)
{
	struct linger_course *out = bpf_ringbuf_reserve(&events, sizeof(*out), 0);
	__u8 transitions = it->count + (ended != 0);
	/* Read first, for it is written last: accept's program may be at work on it. */
	__u32 opened = *(volatile __u32 *)&it->opened;

	if (out) {
		out->ended = ended;
		out->kind = LINGER_COURSE;
		out->old_state = old_state;
		out->reserved = 0;
		out->reserved2 = 0;
		copy_traffic(out, sk);
		__builtin_memcpy(&out->young, it, sizeof(out->young));
		out->young.opened = opened;
		bpf_ringbuf_submit(out, wakeup());
	} else {
		count_more(lost_transitions, transitions);
		if (opened)
			count(lost_openings);
	}
	it->cookie = 0;
}

/* False where the connection is not a young one, or is no longer. */
static __always_inline bool go_on_young(struct sock *sk, __u64 cookie, __u32 old_state, __u32 new_state)
{
	struct linger_young *it = place_of(cookie);
	__u64 now;
	__u8 count;

	if (!it || it->cookie != cookie || it->released)
		return false;
	now = time_of(it, sk, new_state);
	count = it->count;
	if (count == 0 || count > LINGER_PATH)
		return false;
	if (it->states[count - 1] == new_state && (count == 1 ? begins(old_state, new_state) :
						   it->states[(count - 2) & 7] == old_state))
		/* `passed_over` did not find its mark: this one was told. */
		return true;
	if (it->states[count - 1] != old_state) {
		/* One was missed: whoever is told both sees the hole. */
		tell_course(it, sk, old_state, 0);
		return false;
	}
	/* A port is chosen, and an address, after SYN_SENT. */
	if (old_state == TCP_SYN_SENT) {
		it->local_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
		if (it->local_port && !port_wanted(it->local_port, choice.local_ports)) {
			it->cookie = 0;
			return true;
		}
		copy_addresses(it->local, it->remote, it->family, sk);
	}
	if (new_state == TCP_CLOSE) {
		tell_course(it, sk, old_state, now);
		return true;
	}
	if (now - it->began > LONGEST || count == LINGER_PATH || begins(old_state, new_state)) {
		tell_course(it, sk, old_state, 0);
		return false;
	}
	it->after[count - 1] = now - it->began;
	it->states[count] = new_state;
	it->count = count + 1;
	return true;
}

/* Who accepted it. False where it is not a young one. */
static __always_inline bool open_young(__u64 cookie, __s32 descriptor, struct task_struct *task)
{
	struct linger_young *it = place_of(cookie);

	if (!it || !cookie || it->cookie != cookie || it->released)
		return false;
	name_opener(it, cookie, LINGER_ACCEPT, descriptor, task);
	/* It ended meanwhile, and its place may be another's: who opened that one is not known rather than wrong. */
	if (it->cookie != cookie)
		it->opened = 0;
	return true;
}

#endif
