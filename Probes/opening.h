/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Who opens a socket: the running process by the reader's numbers, the descriptor by which it has it, and its stack. A part
 * of transitions.bpf.c, whose ring buffer and counters it writes to.
 */
#ifndef LINGER_OPENING_H
#define LINGER_OPENING_H

static __always_inline __u32 pid_for_reader(struct task_struct *leader)
{
	struct pid *pid;
	int nr = 0;

	if (reader_level == 0)
		return BPF_CORE_READ(leader, tgid);
	pid = BPF_CORE_READ(leader, thread_pid);
	if (reader_level < 32)
		bpf_probe_read_kernel(&nr, sizeof(nr), (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      reader_level * bpf_core_type_size(struct upid) +
				      bpf_core_field_offset(struct upid, nr));
	return nr;
}

/* The file behind a descriptor of the running process; 0 for none. */
static __always_inline struct file *file_behind(struct task_struct *task, __u32 descriptor)
{
	struct fdtable *table = task->files->fdt;
	struct file *file = NULL;

	if (descriptor >= table->max_fds || bpf_probe_read_kernel(&file, sizeof(file), table->fd + descriptor))
		return NULL;
	return file;
}

/* The socket behind a descriptor of the running process; 0 for none. */
static __always_inline struct sock *socket_behind(struct task_struct *task, __u32 descriptor)
{
	struct file *file = file_behind(task, descriptor);
	struct socket *socket;

	if (!file)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	/* The private data of a file that is no socket is something else: a socket points back. */
	if (!socket || BPF_CORE_READ(socket, file) != file)
		return NULL;
	return BPF_CORE_READ(socket, sk);
}

static __always_inline void fill_opening(struct linger_opening *out, __u64 cookie, __u32 namespace_inode, __u8 way,
					 __s32 descriptor, struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	out->time = bpf_ktime_get_ns();
	out->cookie = cookie;
	out->namespace_inode = namespace_inode;
	out->kind = LINGER_OPENING;
	out->way = way;
	out->frames = 0;
	out->pid = pid_for_reader(leader);
	out->thread = reader_level == 0 ? (__u32)bpf_get_current_pid_tgid() : 0;
	out->descriptor = descriptor;
	out->words = 0;
	out->started = bpf_core_field_exists(leader->start_boottime) ? leader->start_boottime : 0;
	bpf_probe_read_kernel(out->command, sizeof(out->command), (void *)leader + bpf_core_field_offset(leader->comm));
}

struct opening_with_stack {
	struct linger_opening opening;
	__u64 words[LINGER_WORDS];
	__u64 frames[LINGER_FRAMES];
};

/* The reader knows how to go on from there on x86-64. */
static __always_inline __u32 copy_stack(struct task_struct *task, __u64 *words)
{
#ifdef __TARGET_ARCH_arm64
	return 0;
#else
	struct pt_regs *registers = (void *)bpf_task_pt_regs(task);

	words[0] = BPF_CORE_READ(registers, bp);
	words[1] = BPF_CORE_READ(registers, sp);
	/* Zeros, where it cannot be read. */
	bpf_probe_read_user(words + 2, (LINGER_WORDS - 2) * sizeof(*words), (void *)words[1]);
	return LINGER_WORDS;
#endif
}

static __always_inline void write_opening(void *ctx, __u64 cookie, __u32 namespace_inode, __u8 way, __s32 descriptor,
					  struct task_struct *task)
{
	if (choice.stacks) {
		struct opening_with_stack *out = bpf_ringbuf_reserve(&events, sizeof(*out), 0);
		long size;

		if (!out) {
			count(lost_openings);
			return;
		}
		fill_opening(&out->opening, cookie, namespace_inode, way, descriptor, task);
		size = bpf_get_stack(ctx, out->frames, sizeof(out->frames), BPF_F_USER_STACK);
		out->opening.frames = size > 0 ? size / 8 : 0;
		out->opening.words = copy_stack(task, out->words);
		bpf_ringbuf_submit(out, wakeup());
	} else {
		struct linger_opening *out = bpf_ringbuf_reserve(&events, sizeof(*out), 0);

		if (!out) {
			count(lost_openings);
			return;
		}
		fill_opening(out, cookie, namespace_inode, way, descriptor, task);
		bpf_ringbuf_submit(out, wakeup());
	}
	count(openings);
}

/*
 * connect(2), listen(2), sendto(2) with MSG_FASTOPEN: their first argument is the descriptor, and the registers that
 * the system call saved still have it. Whatever else they hold, that both lead to one file tells.
 */
static __always_inline __s32 descriptor_of(struct task_struct *task, struct sock *sk)
{
	struct pt_regs *registers = (void *)bpf_task_pt_regs(task);
	struct socket *socket = sk->sk_socket;
#ifdef __TARGET_ARCH_arm64
	__u64 first = registers->orig_x0;
#else
	__u64 first = registers->di;
#endif

	if (first > 0x7fffffff || !socket || !socket->file || file_behind(task, first) != socket->file)
		return -1;
	return first;
}

#endif
