// SPDX-License-Identifier: Apache-2.0
#include "auth/worker.h"

#include "auth/exchange.h"
#include "auth/protocol_priv.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "run/sandbox.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREAD_STACK (256u << 10)

struct seat { // one socket and the thread that serves it
	struct desk *desk;
	pthread_t thread;
	int fd;
	bool started;
};

static void peer_read(
	struct op *op, struct reader *r, struct auth_peer *ret_peer, uint8_t *ret_bits)
{
	struct auth_peer p = { 0 };
	uint8_t bits = reader_u8(r);
	p.secure = bits & AUTH_BIT_SECURE;
	p.tls = bits & AUTH_BIT_TLS;
	p.service = arena_str(&op->arena, reader_field(r));
	p.address = arena_str(&op->arena, reader_field(r));
	p.channel_binding = reader_field(r);
	p.client_identity = reader_field(r);
	if (!p.service || !p.address)
		r->bad = true;
	*ret_peer = p;
	*ret_bits = bits;
}

static void serve_one(
	struct op *op, struct desk *d, struct span request, struct desk_reply *ret_reply)
{
	struct reader r = reader_of(request);
	struct auth_peer peer;
	uint8_t bits, type = reader_u8(&r);
	uint64_t number = reader_u64(&r);
	*ret_reply = (struct desk_reply){ 0 };
	if (type == AUTH_BEGIN || type == AUTH_LOGIN) {
		peer_read(op, &r, &peer, &bits);
		struct span first = reader_field(&r), second = reader_field(&r);
		if (r.bad)
			goto bad;
		if (type == AUTH_LOGIN)
			desk_login(op, d, &peer, first, second, ret_reply);
		else
			desk_begin(op, d, &peer, first,
				bits & AUTH_BIT_INITIAL ? second : SPAN_NONE, ret_reply);
		return;
	}
	if (type == AUTH_STEP) {
		struct span response = reader_field(&r);
		if (r.bad)
			goto bad;
		desk_step(op, d, number, response, ret_reply);
		return;
	}
	if (type == AUTH_FIND) {
		struct span names[AUTH_FIND_MAX];
		size_t n = reader_u8(&r);
		for (size_t i = 0; i < n && i < AUTH_FIND_MAX; i++)
			names[i] = reader_field(&r);
		if (r.bad || n > AUTH_FIND_MAX)
			goto bad;
		desk_find(op, d, names, n, ret_reply);
		return;
	}
	if (type == AUTH_RETRY) {
		desk_retry(op, d, number, ret_reply);
		return;
	}
	if (type == AUTH_CANCEL) {
		desk_cancel(d, number);
		return;
	}
bad:
	ret_reply->rc = op_fail(op, RC_SERVERBUG, "malformed request to the auth process");
}

static bool answer(int fd, const struct op *op, const struct desk_reply *reply)
{
	struct buf b = { 0 };
	buf_add_u32(&b, (uint32_t)reply->rc);
	buf_add_u32(&b, reply->delay_ms);
	buf_add_u64(&b, reply->exchange);
	buf_add_field(&b, reply->challenge);
	buf_add_field(&b, reply->user);
	buf_add_field(&b, reply->rc < 0 ? span_str(op_text(op, reply->rc)) : SPAN_NONE);
	ssize_t n = b.failed ? -1 : send(fd, b.p, b.n, MSG_NOSIGNAL);
	buf_done(&b);
	return n > 0;
}

static void *seat_run(void *arg)
{
	struct seat *seat = arg;
	struct op op;
	char *request = malloc(AUTH_MESSAGE_MAX);
	op_init(&op, 4 * AUTH_MESSAGE_MAX);
	for (;;) {
		ssize_t n = request ? recv(seat->fd, request, AUTH_MESSAGE_MAX, 0) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		struct desk_reply reply;
		serve_one(&op, seat->desk, span_of(request, (size_t)n), &reply);
		sodium_memzero(request, (size_t)n);
		if (!answer(seat->fd, &op, &reply))
			break;
		op_reset(&op);
	}
	op_done(&op);
	free(request);
	close(seat->fd);
	return NULL;
}

static int seats_run(struct desk *d, unsigned count)
{
	struct seat *seats = calloc(count, sizeof *seats);
	pthread_attr_t attr;
	if (!seats)
		return 1;
	pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, THREAD_STACK); // the default is only larger
	for (unsigned i = 0; i < count; i++) {
		seats[i].desk = d;
		seats[i].fd = AUTH_FIRST_FD + (int)i;
		seats[i].started =
			pthread_create(&seats[i].thread, &attr, seat_run, &seats[i]) == 0;
		if (!seats[i].started)
			close(seats[i].fd);
	}
	pthread_attr_destroy(&attr);
	for (unsigned i = 0; i < count; i++)
		if (seats[i].started)
			pthread_join(seats[i].thread, NULL);
	free(seats);
	return 0;
}

// What is left of the files: those of users, and the migrated users' file; a file that is replaced has another inode, so its folder is meant.
static int restrict_self(struct op *op, const char *dir, const char *passwd_file)
{
	struct buf own = { 0 };
	buf_addf(&own, "%s/auth", dir);
	char *auth = own.failed ? NULL : arena_str(&op->arena, buf_span(&own));
	buf_done(&own);
	struct span passwd = passwd_file ? span_str(passwd_file) : SPAN_NONE;
	const char *slash = passwd_file ? strrchr(passwd_file, '/') : NULL;
	char *folder = slash
		? arena_str(&op->arena, span_cut(passwd, 0, (size_t)(slash - passwd_file) + 1))
		: NULL;
	if (!auth || (slash && !folder))
		return op_fail(op, RC_NOMEM, "out of memory");
	struct sandbox_path paths[] = {
		{ auth, SANDBOX_FOLDER },
		{ passwd_file && !slash ? "." : folder, SANDBOX_READ },
	};
	int rc = sandbox_files(op, "auth", paths, countof(paths), 0);
	return rc < 0 ? rc : sandbox_calls(op, "auth", SANDBOX_AUTH);
}

int auth_worker_main(int argc, char **argv)
{
	uint64_t count;
	if (argc < 4 || !span_to_u64(span_str(argv[1]), 1024, &count) || count == 0)
		return 64;
	bool sandbox = span_eq(span_str(argv[2]), SPAN("1"));
	const char *dir = argv[3], *passwd_file = argc > 4 ? argv[4] : NULL;
	if (sandbox)
		sandbox_no_dumps();
	(void)prctl(PR_SET_NAME, "starling-auth"); // for people who list processes
	struct op op;
	struct users *users = NULL;
	struct desk *desk = NULL;
	op_init(&op, 0);
	int status = 1;
	int rc = users_open(&op, dir, passwd_file, &users);
	if (rc == 0 && sandbox)
		rc = restrict_self(&op, dir, passwd_file);
	if (rc == 0)
		rc = desk_new(&op, users, dir, &desk);
	if (rc < 0)
		log_error("auth", "%s", op_text(&op, rc));
	else
		status = seats_run(desk, (unsigned)count);
	desk_free(desk);
	users_close(users);
	op_done(&op);
	return status;
}
