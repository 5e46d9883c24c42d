/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of the benchmark: floor FOLDER parallel|sequential
 *
 * Loads the same eBPF iterators as linger, NAME.bpf.o in FOLDER, and reads all their records into memory. What linger
 * needs beyond this is its own work. Times go to standard error, in linger's form: "phase NAME N ms, from START".
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "records.h"

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void print_phase(const char *name, double from, double to)
{
	fprintf(stderr, "phase %s %.3f ms, from %.3f\n", name, to - from, from);
}

struct reader {
	const char *name, *load_name, *folder;
	struct bpf_object *object;
	char *bytes;
	size_t length, capacity;
	double from, loaded, to;
};

/* The program that reads ahead (Probes/ahead.h, Linux 6.2); every other one of the object is left out. */
static struct bpf_program *load(struct reader *reader)
{
	struct bpf_program *program, *wanted;
	char path[4096], name[64];

	snprintf(path, sizeof(path), "%s/%s.bpf.o", reader->folder, reader->name);
	reader->object = bpf_object__open_file(path, NULL);
	if (!reader->object)
		err(1, "open %s", path);
	snprintf(name, sizeof(name), "%s_ahead", reader->name);
	wanted = bpf_object__find_program_by_name(reader->object, name);
	if (!wanted)
		errx(1, "%s has no program named %s", path, name);
	bpf_object__for_each_program(program, reader->object)
		bpf_program__set_autoload(program, program == wanted);
	if (bpf_object__load(reader->object) != 0)
		err(1, "load %s (needs CAP_BPF and CAP_PERFMON)", path);
	return wanted;
}

static void *read_all(void *argument)
{
	enum { AT_LEAST = 64 << 10 };
	struct reader *reader = argument;
	struct bpf_program *program;
	struct bpf_link *link;
	int fd;

	reader->from = now();
	program = load(reader);
	reader->loaded = now();
	link = bpf_program__attach_iter(program, NULL);
	if (!link)
		err(1, "attach iterator %s", reader->name);
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		err(1, "create iterator %s", reader->name);
	for (;;) {
		ssize_t count;

		if (reader->capacity - reader->length < AT_LEAST) {
			reader->capacity = reader->capacity ? 2 * reader->capacity : 1 << 20;
			reader->bytes = realloc(reader->bytes, reader->capacity);
			if (!reader->bytes)
				err(1, "no memory for the records");
		}
		count = read(fd, reader->bytes + reader->length, reader->capacity - reader->length);
		if (count == 0)
			break;
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (count < 0)
			err(1, "read iterator %s", reader->name);
		reader->length += count;
	}
	close(fd);
	bpf_link__destroy(link);
	reader->to = now();
	return NULL;
}

static size_t count_sockets(const struct reader *reader)
{
	size_t sockets = 0;

	for (size_t at = 0; at + sizeof(struct linger_bucket) <= reader->length; sockets++) {
		struct linger_bucket bucket;

		memcpy(&bucket, reader->bytes + at, sizeof(bucket));
		if (bucket.size < sizeof(bucket))
			errx(1, "a record of %u bytes", bucket.size);
		at += bucket.size;
	}
	return sockets;
}

int main(int argc, char **argv)
{
	struct reader readers[2] = {
		{ .name = "sockets", .load_name = "load sockets" },
		{ .name = "descriptors", .load_name = "load descriptors" },
	};
	int parallel = argc == 3 && strcmp(argv[2], "parallel") == 0;

	if (!parallel && !(argc == 3 && strcmp(argv[2], "sequential") == 0))
		errx(2, "usage: floor FOLDER parallel|sequential");
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	readers[0].folder = readers[1].folder = argv[1];
	if (parallel) {
		pthread_t thread;

		errno = pthread_create(&thread, NULL, read_all, &readers[1]);
		if (errno != 0)
			err(1, "pthread_create");
		read_all(&readers[0]);
		pthread_join(thread, NULL);
	} else {
		read_all(&readers[0]);
		read_all(&readers[1]);
	}
	for (int i = 0; i < 2; i++) {
		print_phase(readers[i].load_name, readers[i].from, readers[i].loaded);
		print_phase(readers[i].name, readers[i].loaded, readers[i].to);
	}
	printf("%zu sockets, %zu descriptors\n", count_sockets(&readers[0]),
	       readers[1].length / sizeof(struct linger_descriptor));
	return 0;
}
