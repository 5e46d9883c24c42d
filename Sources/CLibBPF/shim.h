// SPDX-License-Identifier: Apache-2.0
// libbpf's object and iterator interface (Debian libbpf-dev), as Kernel uses it.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <bpf/skel_internal.h>

// Runs what bpf_object__gen_loader made of an object with one map and one program to load. The loader writes into a
// context that libbpf lays out behind its own struct, which Swift cannot name.
// Returns the program's descriptor or -errno.
static inline int linger_run_loader(const struct gen_loader_opts *loader)
{
	struct {
		struct bpf_loader_ctx head;
		struct bpf_map_desc map;
		struct bpf_prog_desc program;
	} context = { .head.sz = sizeof(context) };
	struct bpf_load_and_run_opts run = {
		.ctx = &context.head,
		.data = loader->data,
		.data_sz = loader->data_sz,
		.insns = loader->insns,
		.insns_sz = loader->insns_sz,
	};
	int code = bpf_load_and_run(&run);

	if (code < 0)
		return code;
	// The program keeps its map.
	skel_closenz(context.map.map_fd);
	return context.program.prog_fd > 0 ? context.program.prog_fd : -ENOENT;
}
