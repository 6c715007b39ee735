// SPDX-License-Identifier: Apache-2.0
#include "auth/worker.h"

#include "auth/exchange.h"
#include "auth/protocol_priv.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "run/helper_serve.h"
#include "run/sandbox.h"

#include <sys/prctl.h>
#include <unistd.h>

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

static void serve(void *ctx, struct op *op, struct span request, struct buf *ret_answer)
{
	struct desk_reply reply;
	serve_one(op, ctx, request, &reply);
	buf_add_u32(ret_answer, (uint32_t)reply.rc);
	buf_add_u32(ret_answer, reply.delay_ms);
	buf_add_u8(ret_answer, reply.throttled);
	buf_add_u64(ret_answer, reply.exchange);
	buf_add_field(ret_answer, reply.challenge);
	buf_add_field(ret_answer, reply.user);
	buf_add_field(ret_answer, reply.rc < 0 ? span_str(op_text(op, reply.rc)) : SPAN_NONE);
}

// What is left of the files: those of users, and the migrated users' file.
static int restrict_self(struct op *op, const char *dir, const char *passwd_file)
{
	struct buf own = { 0 };
	struct sandbox_path paths[3];
	size_t n = sandbox_replaced(op, passwd_file, paths);
	buf_addf(&own, "%s/auth", dir);
	paths[n++] =
		(struct sandbox_path){ own.failed ? NULL : arena_str(&op->arena, buf_span(&own)),
			SANDBOX_FOLDER };
	buf_done(&own);
	int rc = sandbox_files(op, "auth", paths, n, 0);
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
	// What is meant for the key process alone; without a sandbox, too.
	const char *const files[] = { dir, passwd_file };
	bool kept;
	int rc = sandbox_capabilities_reaching(&op, files, countof(files), &kept);
	if (rc == 0)
		rc = users_open(&op, dir, passwd_file, &users);
	if (rc == 0 && sandbox)
		rc = restrict_self(&op, dir, passwd_file);
	if (rc == 0)
		rc = desk_new(&op, users, dir, &desk);
	if (rc < 0)
		log_error("auth", "%s", op_text(&op, rc));
	else
		status = helper_serve(
			&(struct helper_service){
				.message_max = AUTH_MESSAGE_MAX, .serve = serve, .ctx = desk },
			(unsigned)count);
	desk_free(desk);
	users_close(users);
	op_done(&op);
	return status;
}
