// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0)
/*
 * Every descriptor of a TCP or MPTCP socket, of every process (iter/task_file), and how many each process has.
 */
#define LINGER_PROBE
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "records.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The process whose descriptors are being walked. One reader at a time. */
__u32 walked_pid;
__u32 walked_descriptors;
__u32 walked_sockets;

/* The number that the /proc of a reader in a container shows, which is not the host's. */
static __always_inline __u32 pid_for_reader(struct task_struct *task)
{
	struct task_struct *reader = bpf_get_current_task_btf();
	__u32 level = BPF_CORE_READ(reader, thread_pid, level);
	struct pid *pid = BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID_]);
	int nr = 0;

	if (level < 32)
		bpf_probe_read_kernel(&nr, sizeof(nr), (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid) +
				      bpf_core_field_offset(struct upid, nr));
	return nr;
}

static __always_inline long write_total(struct seq_file *seq)
{
	struct linger_descriptor out = {};

	if (walked_pid == 0)
		return 0;
	out.pid = walked_pid;
	out.descriptor = walked_descriptors;
	out.inode = walked_sockets;
	out.kind = LINGER_TOTAL;
	return bpf_seq_write(seq, &out, sizeof(out));
}

/* A record of a TCP or MPTCP socket. 0 also for what is none: nothing to write. */
static __always_inline long write_socket(struct seq_file *seq, struct sock *sk, struct linger_descriptor *out)
{
	if (!sk || (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6))
		return 0;
	if (sk->sk_protocol != IPPROTO_TCP && sk->sk_protocol != IPPROTO_MPTCP)
		return 0;
	out->cookie = bpf_get_socket_cookie(sk);
	/* A socket that was connected keeps its peer's port when it is reset. */
	if (sk->__sk_common.skc_dport == 0)
		out->port = sk->__sk_common.skc_num;
	out->state = sk->__sk_common.skc_state;
	return bpf_seq_write(seq, out, sizeof(*out));
}

/*
 * When the reader's buffer is full, the kernel throws away what this file wrote and calls again for the same file. So
 * the counts move only when everything was written.
 */
static __always_inline int walk(struct seq_file *seq, struct task_struct *task, struct file *file, __u32 fd, __u32 pid)
{
	/* A thread with a descriptor table of its own: what it holds counts, but not as the process's table. */
	bool is_leader = task->pid == task->tgid;
	bool is_next = is_leader && pid != walked_pid;
	struct linger_descriptor out = {};
	struct socket *socket;

	if (is_next && write_total(seq))
		return 0;
	socket = bpf_sock_from_file(file);
	if (socket) {
		out.inode = file->f_inode->i_ino;
		out.pid = pid;
		out.descriptor = fd;
		out.kind = is_leader ? LINGER_DESCRIPTOR : LINGER_THREAD;
		if (write_socket(seq, socket->sk, &out))
			return 0;
	}
	if (!is_leader)
		return 0;
	if (is_next) {
		walked_pid = pid;
		walked_descriptors = 0;
		walked_sockets = 0;
	}
	walked_descriptors++;
	if (socket)
		walked_sockets++;
	return 0;
}

static __always_inline int end_of_walk(struct seq_file *seq)
{
	if (!write_total(seq))
		walked_pid = 0;
	return 0;
}

SEC("iter/task_file")
int descriptors(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	if (!task || !file)
		return end_of_walk(ctx->meta->seq);
	return walk(ctx->meta->seq, task, file, ctx->fd, task->tgid);
}

/* The same for a reader in a PID namespace of its own. Only one of the two is loaded. */
SEC("iter/task_file")
int descriptors_nested(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	if (!task || !file)
		return end_of_walk(ctx->meta->seq);
	return walk(ctx->meta->seq, task, file, ctx->fd, pid_for_reader(task));
}
