// Makes the races of room Clearing, one at a time: what a plan has seen is swapped for something else before the act.
// Commands on stdin, one answer a line:
//
//   new KIND   a connection whose accepted end stands under descriptor 200 of a process: PID FD INODE COOKIE STATE LPORT
//              RPORT. KIND: none, pid, descriptor, port, state
//   swap       what KIND says: another process gets the number, another connection the descriptor, a new connection the
//              same addresses and ports, the connection another state
//   check      whether the connection that must not be touched is whole, or the first one's if nothing was swapped; ends
//              the trial
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PLACE = 200 };

static int listener, control[2];
static struct sockaddr_in server = { .sin_family = AF_INET };

static void need(int holds, const char *what)
{
	if (holds)
		return;
	printf("error %s: %s\n", what, strerror(errno));
	exit(1);
}

// A connection to our own listener, from `port` or any.
static void connect_pair(int port, int *client, int *accepted)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1;

	*client = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(*client, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	need(bind(*client, (void *)&from, sizeof(from)) == 0, "bind");
	need(connect(*client, (void *)&server, sizeof(server)) == 0, "connect");
	*accepted = accept(listener, NULL, NULL);
	need(*accepted >= 0, "accept");
}

static int port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	getsockname(fd, (void *)&address, &size);
	return ntohs(address.sin_port);
}

static void reset(int fd)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

// A process with a number of its own choosing that has nothing but the connection, and answers what comes on it.
static pid_t hold(pid_t number, int connection)
{
	pid_t numbers[1] = { number };
	struct clone_args arguments = { .exit_signal = SIGCHLD };
	pid_t child;

	if (number) {
		arguments.set_tid = (uintptr_t)numbers;
		arguments.set_tid_size = 1;
	}
	child = syscall(SYS_clone3, &arguments, sizeof(arguments));
	need(child >= 0, "clone3");
	if (child == 0) {
		char byte;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(connection, PLACE);
		close(connection);
		dup2(control[0], 3);
		close_range(4, PLACE - 1, 0);
		close_range(PLACE + 1, ~0U, 0);
		// One byte of control: read one of the connection and send it back.
		while (read(3, &byte, 1) == 1) {
			ssize_t count = recv(PLACE, &byte, 1, 0);

			if (count == 1)
				send(PLACE, &byte, 1, MSG_NOSIGNAL);
			else
				shutdown(PLACE, SHUT_RDWR);
		}
		_exit(0);
	}
	close(connection);
	return child;
}

int main(void)
{
	char line[64], kind[16] = "none";
	int client = -1, accepted = -1, other_client = -1, other = -1, port = 0;
	int is_swapped = 0;
	pid_t child = 0;
	socklen_t size = sizeof(server);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	need(bind(listener, (void *)&server, sizeof(server)) == 0 && listen(listener, 64) == 0, "listen");
	getsockname(listener, (void *)&server, &size);
	need(pipe(control) == 0, "pipe");
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "new %15s", kind) == 1) {
			struct stat status;
			uint64_t cookie = 0;
			socklen_t length = sizeof(cookie);
			int state = 1;

			is_swapped = 0;
			connect_pair(0, &client, &accepted);
			port = port_of(client);
			if (strcmp(kind, "state") != 0) {
				shutdown(client, SHUT_WR);
				state = 8;
			}
			fstat(accepted, &status);
			getsockopt(accepted, SOL_SOCKET, SO_COOKIE, &cookie, &length);
			if (strcmp(kind, "pid") == 0) {
				child = hold(0, accepted);
				accepted = -1;
				// It stands where it should.
				char path[64], link[64];
				snprintf(path, sizeof(path), "/proc/%d/fd/%d", child, PLACE);
				while (readlink(path, link, sizeof(link)) < 0)
					usleep(100);
			} else {
				need(dup2(accepted, PLACE) == PLACE, "dup2");
				close(accepted);
				accepted = PLACE;
			}
			// The FIN has come when the state says so: read ahead without taking it.
			if (state == 8 && accepted >= 0) {
				char byte;
				recv(accepted, &byte, 1, MSG_PEEK);
			} else if (state == 8) {
				usleep(200);
			}
			printf("%d %d %lu %lx %d %d %d\n", child ? child : getpid(), PLACE, (unsigned long)status.st_ino,
			       (unsigned long)cookie, state, ntohs(server.sin_port), port);
		} else if (strncmp(line, "swap", 4) == 0) {
			is_swapped = 1;
			if (strcmp(kind, "pid") == 0) {
				connect_pair(0, &other_client, &other);
				kill(child, SIGKILL);
				waitpid(child, NULL, 0);
				child = hold(child, other);
				other = -1;
			} else if (strcmp(kind, "descriptor") == 0) {
				connect_pair(0, &other_client, &other);
				need(dup2(other, PLACE) == PLACE, "dup2");
				close(other);
				other = PLACE;
			} else if (strcmp(kind, "port") == 0) {
				reset(client);
				reset(accepted);
				connect_pair(port, &other_client, &other);
				need(dup2(other, PLACE) == PLACE, "dup2");
				close(other);
				other = PLACE;
				client = accepted = -1;
			} else if (strcmp(kind, "state") == 0) {
				char byte;
				shutdown(client, SHUT_WR);
				recv(accepted, &byte, 1, MSG_PEEK);
			}
			printf("swapped\n");
		} else if (strncmp(line, "check", 5) == 0) {
			char byte = 'x', answer = 0;
			const char *result = "whole";

			if (!is_swapped || strcmp(kind, "state") == 0) {
				// The peer has sent its FIN and can still read: what is sent now, or the end.
				struct timeval patience = { .tv_sec = 10 };
				ssize_t count;

				if (is_swapped && send(PLACE, &byte, 1, MSG_NOSIGNAL) != 1)
					result = "hurt";
				setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
				count = recv(client, &byte, 1, 0);
				if (count <= 0)
					result = count == 0 ? "fin" : errno == ECONNRESET ? "reset" : "hurt";
			} else {
				send(other_client, &byte, 1, MSG_NOSIGNAL);
				if (child) {
					need(write(control[1], &byte, 1) == 1, "write");
				} else {
					answer = 0;
					if (recv(PLACE, &answer, 1, 0) != 1 || send(PLACE, &answer, 1, MSG_NOSIGNAL) != 1)
						result = "hurt";
				}
				if (recv(other_client, &answer, 1, 0) != 1 || answer != 'x')
					result = "hurt";
			}
			if (child) {
				kill(child, SIGKILL);
				waitpid(child, NULL, 0);
			}
			child = 0;
			if (client >= 0)
				reset(client);
			if (other_client >= 0)
				reset(other_client);
			reset(PLACE);
			client = accepted = other_client = other = -1;
			printf("%s\n", result);
		}
	}
	return 0;
}
