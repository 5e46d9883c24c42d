/* Accepts connections of its own and forgets them: port as the argument. Says when they stand, ends with its input. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT 60

static int handle_request(int listener)
{
	return accept4(listener, NULL, NULL, 0) >= 0;
}

int main(int count, char **words)
{
	struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int listener = socket(AF_INET, SOCK_STREAM, 0), handled = 0;

	place.sin_port = htons(count > 1 ? atoi(words[1]) : 0);
	if (bind(listener, (struct sockaddr *)&place, sizeof place) || listen(listener, COUNT))
		return 1;
	for (int one = 0; one < COUNT; one++) {
		int client = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(client, (struct sockaddr *)&place, sizeof place))
			return 1;
		handled += handle_request(listener);
		close(client);
	}
	if (handled == COUNT && puts("stands") >= 0 && fflush(stdout) == 0)
		getchar();
	return 0;
}
