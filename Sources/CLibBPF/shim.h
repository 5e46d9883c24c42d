// SPDX-License-Identifier: Apache-2.0
// libbpf's object and iterator interface (Debian libbpf-dev), as Kernel uses it.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
