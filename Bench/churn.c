/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens and closes TCP connections over loopback as fast as this machine can: churn SECONDS [PAIRS]
 *
 * Each pair is a server that accepts and closes, and a client that connects and closes first; nothing is sent. Prints
 * "CONNECTIONS SECONDS CPU_SECONDS" at the end. To be run in a network namespace of its own: TIME_WAIT fills it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Destinations, so that ports last: each has its own 28,000 from one source address. */
enum { DESTINATIONS = 240, PORT = 7000, BACKLOG = 4096 };

static void die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		err(1, "prctl(PR_SET_PDEATHSIG)");
	if (getppid() != parent)
		exit(1);
}

static struct sockaddr_in place(int pair, int destination)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(PORT + pair),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 256 * pair + destination),
	};
}

static void serve(int listener)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			err(1, "accept");
		close(fd);
	}
}

static void be_client(int pair, volatile long *done)
{
	for (int next = 0;; next = (next + 1) % DESTINATIONS) {
		struct sockaddr_in to = place(pair, next);
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			err(1, "socket");
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
			err(1, "connect");
		close(fd);
		++*done;
	}
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 0;
	int pairs = argc > 2 ? atoi(argv[2]) : 1;
	pid_t parent = getpid(), children[128];

	if (!(seconds > 0) || pairs < 1 || pairs > 64) {
		fprintf(stderr, "usage: churn SECONDS [PAIRS], 1 to 64 pairs\n");
		return 2;
	}
	/* Each client counts in a cache line of its own. */
	volatile long (*counts)[8] = mmap(NULL, sizeof(*counts) * pairs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
					  -1, 0);
	if (counts == MAP_FAILED)
		err(1, "mmap");
	for (int pair = 0; pair < pairs; pair++) {
		int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
		struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT + pair)};

		setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (listener < 0 || bind(listener, (struct sockaddr *)&any, sizeof(any)) != 0 || listen(listener, BACKLOG) != 0)
			err(1, "listen on port %d", PORT + pair);
		for (int side = 0; side < 2; side++) {
			pid_t child = fork();

			if (child < 0)
				err(1, "fork");
			if (child == 0) {
				die_with(parent);
				if (side == 0)
					serve(listener);
				close(listener);
				be_client(pair, &counts[pair][0]);
			}
			children[2 * pair + side] = child;
		}
		close(listener);
	}
	double began = now();
	usleep(seconds * 1e6);
	long connections = 0;
	for (int pair = 0; pair < pairs; pair++)
		connections += counts[pair][0];
	double lasted = now() - began;
	/* The clients first: without its server one would complain. */
	for (int side = 1; side >= 0; side--) {
		for (int pair = 0; pair < pairs; pair++) {
			kill(children[2 * pair + side], SIGKILL);
			waitpid(children[2 * pair + side], NULL, 0);
		}
	}
	struct rusage usage;
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("%ld %.6f %.6f\n", connections, lasted,
	       usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	return 0;
}
