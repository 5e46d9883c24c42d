/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0) */
/*
 * Reading what an iterator will come to, a few places ahead.
 *
 * An iterator's time is mostly waiting: each socket, file and bucket stands in lines of memory that no cache has, and the
 * kernel's walk asks for one after the other. A program that reads a word of each of the next ones' lines has the processor
 * fetch them side by side, while the one at hand is worked on (docs/benchmarks.md has the figures). Nothing is done with
 * what is read: it may be stale or no such struct at all, and a read that faults gives 0.
 *
 * Needs bpf_rdonly_cast (Linux 6.2): the programs whose names end in _ahead are loaded from there on. They are the same as
 * the others otherwise. (A test for the function in the program itself is taken for "not there" by libbpf 1.1's gen_loader.)
 */
#ifndef LINGER_AHEAD_H
#define LINGER_AHEAD_H

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

/* The struct at an address that the verifier knows nothing about. */
#define struct_at(type, address) \
	((struct type *)bpf_rdonly_cast((void *)(address), bpf_core_type_id_kernel(struct type)))

/* Has the processor fetch the line of a field: the compiler must not leave the read out. */
#define touch(field) asm volatile("" : : "r"(field))

/* A socket's cookie stands for any word: a number for the verifier, not a pointer. */
static __always_inline __u64 word_at(__u64 address)
{
	address -= bpf_core_field_offset(struct sock_common, skc_cookie.counter);
	return struct_at(sock_common, address)->skc_cookie.counter;
}

#endif
