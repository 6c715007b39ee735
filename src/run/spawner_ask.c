// SPDX-License-Identifier: Apache-2.0
// The server's side of the spawner. A request is one octet, which helper, with the sockets beside it; the answer one octet: 0, or an errno.
#include "run/spawner.h"

#include "base/attr.h"
#include "base/log.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_SECONDS 30
#define CLOSE_TRIES 500u // of 10 ms

struct spawner {
	int fd;
	pid_t pid;
};

// "starling spawner SANDBOX -- starling WORDS -- starling WORDS"; NULL without memory.
static char **words_of(struct op *op, const struct spawner_config *config)
{
	size_t n = 0, room = 4;
	for (size_t i = 0; i < config->count; i++) {
		room += 2;
		for (size_t k = 0; config->words[i][k]; k++)
			room++;
	}
	const char **words = op_alloc(op, room * sizeof *words);
	if (!words)
		return NULL;
	words[n++] = "starling";
	words[n++] = SPAWNER_COMMAND;
	words[n++] = config->sandbox ? "1" : "0";
	for (size_t i = 0; i < config->count; i++) {
		words[n++] = "--";
		words[n++] = "starling";
		for (size_t k = 0; config->words[i][k]; k++)
			words[n++] = config->words[i][k];
	}
	words[n] = NULL;
	return (char **)(uintptr_t)words; // posix_spawn() takes them so, and changes nothing
}

static int spawn(struct op *op, const struct spawner_config *config, int theirs, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	char **words = words_of(op, config);
	if (!words)
		return op_fail(op, RC_NOMEM, "out of memory");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, theirs, SPAWNER_FIRST_FD);
	extern char **environ;
	int e = posix_spawn(ret_pid, config->program, &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return e ? op_fail_errno(op, RC_UNAVAILABLE, e, "cannot start %s", config->program) : 0;
}

int spawner_open(struct op *op, const struct spawner_config *config, struct spawner **ret_spawner)
{
	int pair[2], high = -1;
	must(config->count <= SPAWNER_HELPERS_MAX);
	struct spawner *k = calloc(1, sizeof *k);
	if (!k)
		return op_fail(op, RC_NOMEM, "out of memory");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		free(k);
		return op_fail_errno(op, RC_UNAVAILABLE, errno, "cannot reach the spawner");
	}
	k->fd = pair[0];
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	int rc = 0;
	// Above its place in the child: dup2 to the same number would leave it to be closed.
	high = fcntl(pair[1], F_DUPFD_CLOEXEC, SPAWNER_FIRST_FD + 1);
	if (high < 0 || setsockopt(k->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0)
		rc = op_fail_errno(op, RC_UNAVAILABLE, errno, "cannot reach the spawner");
	if (rc == 0)
		rc = spawn(op, config, high, &k->pid);
	if (high >= 0)
		close(high);
	close(pair[1]);
	if (rc < 0) {
		spawner_close(k);
		return rc;
	}
	*ret_spawner = k;
	return 0;
}

int spawner_start(struct op *op, struct spawner *k, unsigned which, const int *sockets, size_t n)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(SPAWNER_SOCKETS_MAX * sizeof(int))];
	} control = { 0 };
	unsigned char octet = (unsigned char)which;
	struct iovec iov = { &octet, 1 };
	must(n && n <= SPAWNER_SOCKETS_MAX);
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), sockets, n * sizeof(int));
	ssize_t got;
	do
		got = sendmsg(k->fd, &m, MSG_NOSIGNAL);
	while (got < 0 && errno == EINTR);
	while (got > 0 && (got = recv(k->fd, &octet, 1, 0)) < 0 && errno == EINTR)
		got = 1;
	if (got <= 0)
		return op_fail(op, RC_UNAVAILABLE,
			"the spawner does not answer: helpers can be started again only by "
			"restarting the server");
	return octet ? op_fail_errno(op, RC_UNAVAILABLE, octet, "cannot start a helper process")
		     : 0;
}

void spawner_close(struct spawner *k)
{
	if (!k)
		return;
	close(k->fd);
	for (unsigned i = 0; i < CLOSE_TRIES && k->pid > 0; i++) {
		if (waitpid(k->pid, NULL, WNOHANG) != 0)
			k->pid = 0;
		else
			(void)usleep(10000); // only a pause
	}
	if (k->pid > 0)
		log_warn("server", "the spawner (process %ld) does not end", (long)k->pid);
	free(k);
}
