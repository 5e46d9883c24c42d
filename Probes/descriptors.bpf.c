// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0)
/*
 * Every descriptor of a TCP or MPTCP socket, of every process (iter/task_file), and how many each process has.
 */
#define LINGER_PROBE
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "ahead.h"
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

/* What stands behind the descriptors ahead, by the last bits of their numbers: found in three steps, each a line further. */
enum { AHEAD = 8, FILE_AHEAD = 6, SOCKET_AHEAD = 4, SOCK_AHEAD = 2 };
__u64 private_data_ahead[AHEAD];
__u64 socks_ahead[AHEAD];

static __always_inline void look_ahead(struct task_struct *task, __u32 fd)
{
	struct files_struct *files = task->files;
	struct fdtable *table;
	struct socket_alloc *socket;
	struct tcp_sock *tp;
	struct file *file;
	__u64 address;

	if (!files)
		return;
	table = files->fdt;
	if (!table || fd + FILE_AHEAD >= table->max_fds)
		return;
	address = word_at((__u64)table->fd + (fd + FILE_AHEAD) * sizeof(void *));
	file = struct_at(file, address);
	private_data_ahead[(fd + FILE_AHEAD) % AHEAD] = (__u64)file->private_data;
	touch(word_at(address + 64));
	touch(word_at(address + 128));

	/* The private data of a file that is no socket is something else: only a socket's is gone on from. */
	socket = struct_at(socket_alloc, private_data_ahead[(fd + SOCKET_AHEAD) % AHEAD]);
	address = word_at((__u64)table->fd + (fd + SOCKET_AHEAD) * sizeof(void *));
	socks_ahead[(fd + SOCKET_AHEAD) % AHEAD] = (__u64)socket->socket.file == address ? (__u64)socket->socket.sk : 0;

	tp = struct_at(tcp_sock, socks_ahead[(fd + SOCK_AHEAD) % AHEAD]);
	touch(sk_of(tp).__sk_common.skc_state);
	touch(sk_of(tp).__sk_common.skc_cookie.counter);
	touch(sk_of(tp).sk_protocol);
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
static __always_inline long write_socket(struct seq_file *seq, struct socket *socket, struct linger_descriptor *out)
{
	struct sock *sk = ((struct socket_alloc *)socket)->socket.sk;
	/* Of any protocol, of which only what each socket begins with is read. */
	struct tcp_sock *tp = (void *)sk;
	long unsigned int inode = 0;

	if (!sk || (sk_of(tp).__sk_common.skc_family != AF_INET && sk_of(tp).__sk_common.skc_family != AF_INET6))
		return 0;
	if (sk_of(tp).sk_protocol != IPPROTO_TCP && sk_of(tp).sk_protocol != IPPROTO_MPTCP)
		return 0;
	bpf_core_read(&inode, sizeof(inode), &((struct socket_alloc *)socket)->vfs_inode.i_ino);
	out->inode = inode;
	out->cookie = bpf_get_socket_cookie(sk);
	/* A socket that was connected keeps its peer's port when it is reset. */
	if (sk_of(tp).__sk_common.skc_dport == 0)
		out->port = sk_of(tp).__sk_common.skc_num;
	out->state = sk_of(tp).__sk_common.skc_state;
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
		out.pid = pid;
		out.descriptor = fd;
		out.kind = is_leader ? LINGER_DESCRIPTOR : LINGER_THREAD;
		if (write_socket(seq, socket, &out))
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

static __always_inline int descriptors_of(struct bpf_iter__task_file *ctx, bool nested, bool ahead)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	if (!task || !file)
		return end_of_walk(ctx->meta->seq);
	if (ahead)
		look_ahead(task, ctx->fd);
	return walk(ctx->meta->seq, task, file, ctx->fd, nested ? pid_for_reader(task) : task->tgid);
}

/* Only one of the four is loaded. */
SEC("iter/task_file")
int descriptors(struct bpf_iter__task_file *ctx)
{
	return descriptors_of(ctx, false, false);
}

/* From Linux 6.2 on. */
SEC("iter/task_file")
int descriptors_ahead(struct bpf_iter__task_file *ctx)
{
	return descriptors_of(ctx, false, true);
}

/* For a reader in a PID namespace of its own. */
SEC("iter/task_file")
int descriptors_nested(struct bpf_iter__task_file *ctx)
{
	return descriptors_of(ctx, true, false);
}

SEC("iter/task_file")
int descriptors_nested_ahead(struct bpf_iter__task_file *ctx)
{
	return descriptors_of(ctx, true, true);
}
