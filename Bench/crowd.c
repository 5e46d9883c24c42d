/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a crowd of TCP sockets on loopback and holds it: crowd SOCKETS
 *
 * Three pairs of processes, a server and a client each, share the sockets out among them (both ends count). Every
 * tenth client has shut its sending half down: its end is FIN_WAIT_2, the server's CLOSE_WAIT. A few connections stay
 * in the accept queue. The last pair talks over IPv6. Prints "READY SOCKETS" when all stand; ends, and takes all with
 * it, when its standard input ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIRS = 3, LISTENERS = 8, BATCH = 256, UNACCEPTED = 20, FIRST_PORT = 20000 };

static socklen_t address_of(int pair, int listener, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (pair == PAIRS - 1) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

		in6->sin6_family = AF_INET6;
		in6->sin6_addr = in6addr_loopback;
		in6->sin6_port = htons(FIRST_PORT + listener);
		return sizeof(*in6);
	}
	struct sockaddr_in *in = (struct sockaddr_in *)out;

	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK + 10 * pair + listener);
	in->sin_port = htons(FIRST_PORT + listener);
	return sizeof(*in);
}

/* A child dies with its parent, also when that is gone before the child could ask for it. */
static void die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		err(1, "prctl(PR_SET_PDEATHSIG)");
	if (getppid() != parent)
		exit(1);
}

static void tell(int fd)
{
	if (write(fd, "x", 1) != 1)
		err(1, "write to the other process");
}

static void await(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		errx(1, "the other process of the pair is gone");
}

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/* Each batch goes to one listener; the server answers when it has accepted it, so that no queue overflows. */
static void serve(int pair, int connections, int peer, int ready)
{
	int listeners[LISTENERS];

	for (int i = 0; i < LISTENERS; i++) {
		struct sockaddr_storage address;
		socklen_t length = address_of(pair, i, &address);
		int on = 1;

		listeners[i] = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (listeners[i] < 0)
			err(1, "socket");
		setsockopt(listeners[i], SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(listeners[i], (struct sockaddr *)&address, length) != 0 || listen(listeners[i], 1024) != 0)
			err(1, "listen on port %d", FIRST_PORT + i);
	}
	tell(peer);
	for (int done = 0, batch = 0; done < connections; batch++) {
		int count = smaller(BATCH, connections - done);

		for (int i = 0; i < count; i++)
			if (accept4(listeners[batch % LISTENERS], NULL, NULL, SOCK_CLOEXEC) < 0)
				err(1, "accept");
		done += count;
		tell(peer);
	}
	tell(ready);
	for (;;)
		pause();
}

static int connect_to(int pair, int listener)
{
	struct sockaddr_storage address;
	socklen_t length = address_of(pair, listener, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(1, "socket");
	if (connect(fd, (struct sockaddr *)&address, length) != 0)
		err(1, "connect to port %d", FIRST_PORT + listener);
	return fd;
}

static void be_client(int pair, int connections, int unaccepted, int peer, int ready)
{
	await(peer);
	for (int done = 0, batch = 0; done < connections; batch++) {
		int count = smaller(BATCH, connections - done);

		for (int i = 0; i < count; i++) {
			int fd = connect_to(pair, batch % LISTENERS);

			if ((done + i) % 10 == 0)
				shutdown(fd, SHUT_WR);
		}
		await(peer);
		done += count;
	}
	for (int i = 0; i < unaccepted; i++)
		connect_to(pair, i % LISTENERS);
	tell(ready);
	for (;;)
		pause();
}

static void raise_limit(int descriptors)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		err(1, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		err(1, "setrlimit");
	if ((rlim_t)descriptors > limit.rlim_max)
		errx(1, "%d descriptors a process are needed, the hard limit (ulimit -Hn) is %llu", descriptors,
		     (unsigned long long)limit.rlim_max);
}

/* A crowd that has lost a process is not what was asked for; the others go with the parent. */
static void lost_a_child(int signal)
{
	static const char message[] = "crowd: one of its processes is gone\n";

	(void)signal;
	(void)!write(STDERR_FILENO, message, sizeof(message) - 1);
	_exit(1);
}

int main(int argc, char **argv)
{
	int wanted = argc == 2 ? atoi(argv[1]) : 0;
	pid_t children[2 * PAIRS], self = getpid();
	int ready[2], sockets = 0;
	char byte;

	if (wanted < 2 * PAIRS * (LISTENERS + UNACCEPTED))
		errx(2, "usage: crowd SOCKETS (at least %d)", 2 * PAIRS * (LISTENERS + UNACCEPTED));
	signal(SIGPIPE, SIG_IGN);
	if (pipe(ready) != 0)
		err(1, "pipe");
	for (int pair = 0; pair < PAIRS; pair++) {
		int share = (wanted / PAIRS - LISTENERS) / 2, accepted = share - UNACCEPTED, peers[2];

		raise_limit(share + LISTENERS + 16);
		sockets += 2 * share + LISTENERS;
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, peers) != 0)
			err(1, "socketpair");
		for (int client = 0; client < 2; client++) {
			pid_t child = fork();

			if (child < 0)
				err(1, "fork");
			if (child == 0) {
				die_with(self);
				close(ready[0]);
				close(peers[!client]);
				if (client)
					be_client(pair, accepted, UNACCEPTED, peers[client], ready[1]);
				else
					serve(pair, accepted, peers[client], ready[1]);
			}
			children[2 * pair + client] = child;
		}
		close(peers[0]);
		close(peers[1]);
	}
	close(ready[1]);
	for (int i = 0; i < 2 * PAIRS; i++)
		if (read(ready[0], &byte, 1) != 1)
			errx(1, "a process of the crowd gave up");
	signal(SIGCHLD, lost_a_child);
	printf("READY %d\n", sockets);
	fflush(stdout);

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	signal(SIGCHLD, SIG_DFL);
	for (int i = 0; i < 2 * PAIRS; i++)
		kill(children[i], SIGKILL);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}
