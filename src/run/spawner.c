// SPDX-License-Identifier: Apache-2.0
// The spawner's own side: one thread, one request at a time.
//
// A helper is started from /proc/self/exe, which is the file that this process itself was started from, also when its name has been given to another
// one meanwhile: an upgrade replaces the program while the server runs. By its name, Landlock would refuse the new file, and where it did
// not, the helper would talk another protocol than the server.
#include "run/spawner.h"

#include "base/attr.h"
#include "base/log.h"
#include "base/span.h"
#include "run/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL_FD SPAWNER_FIRST_FD
#define SELF "/proc/self/exe"
#define END_TRIES 200u // of 10 ms: how long helpers may take to end by themselves

struct helper {
	char **words; // of argv; NULL ends them
	pid_t pid;    // 0: none
};
struct state {
	struct helper helpers[SPAWNER_HELPERS_MAX];
	unsigned count;
};

static void helper_bury(struct helper *h)
{
	if (h->pid <= 0)
		return;
	(void)kill(h->pid, SIGKILL); // our own child, not yet waited for: the number is still its
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}

// Moves descriptors above all that the child's dup2 will write to; an errno.
static int sockets_raise(int *sockets, size_t n)
{
	int e = 0;
	for (size_t i = 0; i < n; i++) {
		int high = fcntl(sockets[i], F_DUPFD_CLOEXEC, SPAWNER_FIRST_FD + (int)n);
		if (high < 0) {
			e = errno;
			break;
		}
		close(sockets[i]);
		sockets[i] = high;
	}
	return e;
}

static int helper_start(struct helper *h, int *sockets, size_t n)
{
	posix_spawn_file_actions_t actions;
	extern char **environ;
	helper_bury(h);
	int e = sockets_raise(sockets, n);
	if (e)
		return e;
	posix_spawn_file_actions_init(&actions);
	for (size_t i = 0; i < n; i++)
		posix_spawn_file_actions_adddup2(&actions, sockets[i], SPAWNER_FIRST_FD + (int)i);
	pid_t pid = 0;
	e = posix_spawn(&pid, SELF, &actions, NULL, h->words, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (!e)
		h->pid = pid;
	return e;
}

// The sockets of a message; how many.
static size_t sockets_of(struct msghdr *m, int sockets[SPAWNER_SOCKETS_MAX])
{
	size_t n = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (count > SPAWNER_SOCKETS_MAX - n)
			count = SPAWNER_SOCKETS_MAX - n;
		memcpy(sockets + n, CMSG_DATA(c), count * sizeof(int));
		n += count;
	}
	return n;
}

static bool serve_one(struct state *s)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(SPAWNER_SOCKETS_MAX * sizeof(int))];
	} control;
	unsigned char which, answer;
	int sockets[SPAWNER_SOCKETS_MAX];
	struct iovec iov = { &which, 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control };
	ssize_t got = recvmsg(CONTROL_FD, &m, MSG_CMSG_CLOEXEC);
	if (got < 0 && errno == EINTR)
		return true;
	if (got <= 0)
		return false;
	size_t n = sockets_of(&m, sockets);
	int e = which < s->count && n ? helper_start(&s->helpers[which], sockets, n) : EINVAL;
	for (size_t i = 0; i < n; i++)
		close(sockets[i]);
	answer = (unsigned char)(e < 0 || e > UCHAR_MAX ? EINVAL : e);
	return send(CONTROL_FD, &answer, 1, MSG_NOSIGNAL) == 1;
}

// The loader that the kernel starts the program with; "" when there is none.
static int loader_of(struct dl_phdr_info *info, size_t size, void *ret_path)
{
	const char **path = ret_path;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_INTERP)
			*path = (const char *)(info->dlpi_addr +
				info->dlpi_phdr[i].p_vaddr); // NOLINT
	return 1;                                            // the program itself comes first
}

static int restrict_self(struct op *op)
{
	const char *loader = NULL;
	(void)dl_iterate_phdr(loader_of, &loader); // only says where it stopped
	struct sandbox_path paths[] = {
		{ SELF, SANDBOX_EXECUTE },
		{ loader, SANDBOX_EXECUTE },
	};
	int rc = sandbox_files(op, "spawner", paths, countof(paths), SANDBOX_ONLY_EXECUTE);
	return rc < 0 ? rc : sandbox_calls(op, "spawner", SANDBOX_SPAWNER);
}

// "-- NAME WORDS... -- NAME WORDS...": each list ends where the next "--" was.
static void words_part(struct state *s, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!span_eq(span_str(argv[i]), SPAN("--")))
			continue;
		argv[i] = NULL;
		if (s->count < SPAWNER_HELPERS_MAX)
			s->helpers[s->count++].words = &argv[i + 1];
	}
}

// Helpers see their sockets close when the server is gone; a request under way may take a moment.
static void helpers_end(struct state *s)
{
	bool all = false;
	for (unsigned i = 0; i < END_TRIES && !all; i++) {
		all = true;
		for (unsigned k = 0; k < s->count; k++) {
			struct helper *h = &s->helpers[k];
			if (h->pid > 0 && waitpid(h->pid, NULL, WNOHANG) != 0)
				h->pid = 0;
			all = all && h->pid <= 0;
		}
		if (!all)
			(void)usleep(10000); // only a pause
	}
	for (unsigned k = 0; k < s->count; k++)
		helper_bury(&s->helpers[k]);
}

int spawner_main(int argc, char **argv)
{
	static struct state s;
	struct op op;
	if (argc < 2)
		return 64;
	bool sandbox = span_eq(span_str(argv[1]), SPAN("1"));
	(void)prctl(PR_SET_NAME, "starling-spawn"); // for people who list processes
	(void)fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
	words_part(&s, argc - 2, argv + 2);
	op_init(&op, 0);
	if (sandbox)
		sandbox_no_dumps(); // it may hold a right that helpers inherit
	int rc = sandbox ? restrict_self(&op) : 0;
	if (rc < 0)
		log_error("spawner", "%s", op_text(&op, rc));
	op_done(&op);
	while (rc == 0 && serve_one(&s))
		;
	helpers_end(&s);
	return rc < 0;
}
