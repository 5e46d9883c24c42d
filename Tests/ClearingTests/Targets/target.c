// A server for the tests of room Clearing: it blocks in every way that a program can, and says so when a call fails.
//
//   target PORT
//
// On PORT an epoll loop answers each line with the same line. A connection that says "keep" is never closed: the leak.
// Other threads wait in read, accept, futex, nanosleep, poll, select, epoll_wait, sigtimedwait, semop; one compares its
// registers without end; one gets real-time signals, which are never lost, and counts them. Whatever fails, is cut short
// or is not as it was is one line on stdout: FAIL. On "status" the server answers with the counts.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned long failures, rounds, sent, received;

static void fail(const char *what)
{
	__atomic_add_fetch(&failures, 1, __ATOMIC_SEQ_CST);
	printf("FAIL %s: %s\n", what, strerror(errno));
	fflush(stdout);
}

static void block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
}

static void *in_read(void *unused)
{
	int ends[2];
	char byte;

	block_signals();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		fail("socketpair");
	if (read(ends[0], &byte, 1) != 1)
		errno = errno;
	fail("read");
	return NULL;
}

static void *in_accept(void *unused)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	block_signals();
	if (listen(fd, 5))
		fail("listen");
	accept(fd, NULL, NULL);
	fail("accept");
	return NULL;
}

static void *in_recv_timeout(void *unused)
{
	struct timeval hour = { .tv_sec = 3600 };
	int ends[2];
	char byte;

	block_signals();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		fail("socketpair");
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &hour, sizeof(hour));
	recv(ends[0], &byte, 1, 0);
	fail("recv with a timeout");
	return NULL;
}

static void *in_futex(void *unused)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	uint32_t word = 0;
	struct timespec hour = { .tv_sec = 3600 };

	block_signals();
	pthread_mutex_lock(&mutex);
	syscall(SYS_futex, &word, 0 /* FUTEX_WAIT */, 0, &hour, NULL, 0);
	fail("futex");
	return NULL;
}

static void *in_nanosleep(void *unused)
{
	struct timespec hour = { .tv_sec = 3600 };

	block_signals();
	syscall(SYS_nanosleep, &hour, &hour);
	fail("nanosleep");
	return NULL;
}

static void *in_poll(void *unused)
{
	int ends[2];

	block_signals();
	if (pipe(ends))
		fail("pipe");
	struct pollfd one = { .fd = ends[0], .events = POLLIN };
	poll(&one, 1, 3600 * 1000);
	fail("poll");
	return NULL;
}

static void *in_select(void *unused)
{
	struct timeval hour = { .tv_sec = 3600 };

	block_signals();
	select(0, NULL, NULL, NULL, &hour);
	fail("select");
	return NULL;
}

static void *in_epoll(void *timeout)
{
	int epoll = epoll_create1(0);
	struct epoll_event event;

	block_signals();
	epoll_wait(epoll, &event, 1, (int)(intptr_t)timeout);
	fail("epoll_wait");
	return NULL;
}

static void *in_sigtimedwait(void *unused)
{
	struct timespec hour = { .tv_sec = 3600 };
	sigset_t set;

	block_signals();
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 5);
	sigtimedwait(&set, NULL, &hour);
	fail("sigtimedwait");
	return NULL;
}

static void *in_semop(void *unused)
{
	int id = semget(IPC_PRIVATE, 1, 0600);
	struct sembuf wait = { .sem_op = -1 };
	struct timespec hour = { .tv_sec = 3600 };

	block_signals();
	if (id < 0) {
		fail("semget");
		return NULL;
	}
	semtimedop(id, &wait, 1, &hour);
	fail("semtimedop");
	return NULL;
}

// A busy thread: registers hold known values through a long loop, and so do two of SSE.
static void *in_user_mode(void *unused)
{
	sigset_t before, now;

	block_signals();
	pthread_sigmask(SIG_BLOCK, NULL, &before);
	for (;;) {
		uint64_t wrong = 0;
#if defined(__x86_64__)
		__asm__ volatile(
			"mov $0x1111111111111111, %%rbx\n mov $0x2222222222222222, %%rcx\n mov $0x3333333333333333, %%rdx\n"
			"mov $0x4444444444444444, %%rsi\n mov $0x5555555555555555, %%rdi\n mov $0x6666666666666666, %%r8\n"
			"mov $0x7777777777777777, %%r9\n mov $0x1212121212121212, %%r10\n mov $0x2323232323232323, %%r11\n"
			"mov $0x3434343434343434, %%r12\n mov $0x4545454545454545, %%r13\n mov $0x5656565656565656, %%r14\n"
			"movq %%r14, %%xmm6\n mov $200000, %%rax\n"
			"1: dec %%rax\n jnz 1b\n"
			"mov $0x1111111111111111, %%rax\n xor %%rax, %%rbx\n or %%rbx, %0\n"
			"mov $0x2222222222222222, %%rax\n xor %%rax, %%rcx\n or %%rcx, %0\n"
			"mov $0x3333333333333333, %%rax\n xor %%rax, %%rdx\n or %%rdx, %0\n"
			"mov $0x4444444444444444, %%rax\n xor %%rax, %%rsi\n or %%rsi, %0\n"
			"mov $0x5555555555555555, %%rax\n xor %%rax, %%rdi\n or %%rdi, %0\n"
			"mov $0x6666666666666666, %%rax\n xor %%rax, %%r8\n or %%r8, %0\n"
			"mov $0x7777777777777777, %%rax\n xor %%rax, %%r9\n or %%r9, %0\n"
			"mov $0x1212121212121212, %%rax\n xor %%rax, %%r10\n or %%r10, %0\n"
			"mov $0x2323232323232323, %%rax\n xor %%rax, %%r11\n or %%r11, %0\n"
			"mov $0x3434343434343434, %%rax\n xor %%rax, %%r12\n or %%r12, %0\n"
			"mov $0x4545454545454545, %%rax\n xor %%rax, %%r13\n or %%r13, %0\n"
			"movq %%xmm6, %%rbx\n xor %%rbx, %%r14\n or %%r14, %0\n"
			: "+r"(wrong)
			:
			: "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "xmm6", "cc");
#endif
		pthread_sigmask(SIG_BLOCK, NULL, &now);
		if (wrong || memcmp(&before, &now, sizeof(before)))
			fail("registers or signal mask");
		rounds++;
	}
	return NULL;
}

static void count(int signal)
{
	received++;
}

// Handles real-time signals, with a blocked one pending all the time, and waits in a call that they interrupt.
static void *with_signals(void *ready)
{
	sigset_t set, pending, mask;

	sigfillset(&set);
	sigdelset(&set, SIGRTMIN);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	pthread_kill(pthread_self(), SIGRTMIN + 1);
	*(volatile int *)ready = 1;
	for (;;) {
		struct timespec hour = { .tv_sec = 3600 };

		if (nanosleep(&hour, NULL) == 0 || errno != EINTR)
			fail("nanosleep under signals");
		sigpending(&pending);
		pthread_sigmask(SIG_BLOCK, NULL, &mask);
		if (!sigismember(&pending, SIGRTMIN + 1))
			fail("pending signal");
		if (sigismember(&mask, SIGRTMIN) || !sigismember(&mask, SIGRTMIN + 1))
			fail("signal mask");
	}
	return NULL;
}

static pthread_t receiver;

static void *sender(void *unused)
{
	struct timespec pause = { .tv_nsec = 200000 };

	block_signals();
	for (;;) {
		if (pthread_sigqueue(receiver, SIGRTMIN, (union sigval){ 0 }) == 0)
			sent++;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void start(void *(*body)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, argument))
		fail("pthread_create");
}

static void serve(int port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any };
	struct epoll_event event = { .events = EPOLLIN };
	int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), epoll = epoll_create1(0), one = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (void *)&address, sizeof(address)) || listen(listener, 4096)) {
		fail("listen");
		exit(1);
	}
	event.data.fd = listener;
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	printf("ready %d\n", getpid());
	fflush(stdout);
	for (;;) {
		char line[4096], answer[256];
		ssize_t length;
		int found = epoll_wait(epoll, &event, 1, -1), fd;

		if (found < 0) {
			fail("epoll_wait of the server");
			continue;
		}
		if (found == 0)
			continue;
		fd = event.data.fd;
		if (fd == listener) {
			fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
			if (fd < 0) {
				fail("accept4");
				continue;
			}
			event.data.fd = fd;
			event.events = EPOLLIN;
			epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
			continue;
		}
		length = read(fd, line, sizeof(line) - 1);
		if (length <= 0) {
			if (length < 0)
				fail("read of the server");
			close(fd);
			continue;
		}
		line[length] = 0;
		if (strncmp(line, "keep", 4) == 0) {
			// The leak: not watched any more, never closed.
			if (write(fd, line, length) != length)
				fail("write");
			epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
			continue;
		}
		if (strncmp(line, "status", 6) == 0) {
			unsigned long before = sent;
			struct timespec moment = { .tv_nsec = 50000000 };

			nanosleep(&moment, NULL);
			length = snprintf(answer, sizeof(answer), "failures %lu rounds %lu sent %lu lost %ld\n", failures, rounds,
					  before, received >= before ? 0L : (long)(before - received));
			if (write(fd, answer, length) != length)
				fail("write");
			continue;
		}
		if (write(fd, line, length) != length)
			fail("write");
	}
}

int main(int count_of_arguments, char **arguments)
{
	volatile int ready = 0;
	struct rlimit files;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	// Whatever the tests had open when they started this.
	close_range(3, ~0U, 0);
	getrlimit(RLIMIT_NOFILE, &files);
	if (count_of_arguments > 2)
		files.rlim_cur = atoi(arguments[2]);
	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGRTMIN, count);
	signal(SIGPIPE, SIG_IGN);
	pthread_create(&receiver, NULL, with_signals, (void *)&ready);
	while (!ready)
		usleep(1000);
	block_signals();
	start(in_read, NULL);
	start(in_accept, NULL);
	start(in_recv_timeout, NULL);
	start(in_futex, NULL);
	start(in_nanosleep, NULL);
	start(in_poll, NULL);
	start(in_select, NULL);
	start(in_epoll, (void *)(intptr_t)-1);
	start(in_epoll, (void *)(intptr_t)3600000);
	start(in_sigtimedwait, NULL);
	start(in_semop, NULL);
	start(in_user_mode, NULL);
	start(sender, NULL);
	serve(atoi(arguments[1]));
}
