// SPDX-License-Identifier: Apache-2.0
#include "cli/link.h"

#include "mail/account.h"
#include "mail/spool.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve(void *arg)
{
	struct link *l = arg;
	admin_serve(&l->what, l->served, true, &l->cancel);
	return NULL;
}

static int serve_itself(struct cli *c, struct link *l, bool given_up)
{
	const struct config *config = &c->config;
	struct store_config store = { .engine = config->engine,
		.dir = config->volume,
		.segment_bytes = config->store.segment_bytes,
		.page_cache = config->store.page_cache,
		.reserve_bytes = config->store.reserve_bytes };
	struct mail_config mail = { .append_limit = config->limits.message_bytes,
		.mailboxes_max = (uint32_t)config->limits.mailboxes,
		.create_accounts = true,
		.given_up = given_up };
	int fds[2];
	int rc = store_relocate(&c->op, config->data, config->volume, true);
	if (rc == 0)
		rc = store_open(&c->op, &store, &l->store);
	if (rc == RC_LOCKED)
		return op_fail(&c->op, rc,
			"another process has %s, but does not answer on its admin socket",
			config->data);
	if (rc == 0)
		rc = mail_open(&c->op, l->store, &mail, &l->mail);
	if (rc == 0)
		rc = spool_open(&c->op, l->mail, &l->what.spool.spool);
	l->what.mail = l->what.spool.mail = l->mail;
	l->what.spool.hostname = config->smtp.hostname;
	if (rc == 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		rc = op_fail(&c->op, RC_IO, "cannot make a pair of sockets");
	if (rc < 0)
		return rc;
	l->fd = fds[0];
	l->served = fds[1];
	if (pthread_create(&l->thread, NULL, serve, l) != 0) {
		close(l->served);
		return op_fail(&c->op, RC_NOMEM, "cannot make a thread");
	}
	l->has_thread = true;
	return 0;
}

int link_open(struct cli *c, struct link *l, bool given_up)
{
	*l = (struct link){ .fd = -1 };
	int rc = frame_connect(&c->op, c->config.data, &l->fd);
	if (rc == RC_NONEXISTENT) {
		c->op.rc = 0; // that is no fault
		rc = serve_itself(c, l, given_up);
	}
	if (rc == 0)
		rc = link_ask(&c->op, l, "hello");
	struct span words;
	if (rc == 0)
		rc = link_answer(&c->op, l, &words);
	if (rc == 0 && !span_starts(words, SPAN("starling 1 ")))
		rc = op_fail(&c->op, RC_VERSION, "the server speaks another admin protocol");
	if (rc < 0)
		link_close(l);
	return rc;
}

void link_close(struct link *l)
{
	atomic_store(&l->cancel, true);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	if (l->has_thread)
		(void)pthread_join(l->thread, NULL);
	l->has_thread = false;
	spool_free(l->what.spool.spool);
	l->what.spool.spool = NULL;
	mail_close(l->mail);
	store_close(l->store);
	l->mail = NULL;
	l->store = NULL;
	buf_done(&l->in);
	buf_done(&l->out);
}

int link_ask(struct op *op, struct link *l, const char *fmt, ...)
{
	char line[8192]; // ADMIN_LINE_MAX
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof line)
		return op_fail(op, RC_TOOBIG, "a request is too long");
	return frame_write(op, l->fd, FRAME_REQUEST, span_of(line, (size_t)n));
}

int link_next(struct op *op, struct link *l, struct frame *ret_frame)
{
	int rc = frame_read(op, l->fd, &l->in, ret_frame);
	if (rc < 0)
		return rc;
	switch (ret_frame->kind) {
	case FRAME_HEAD:
	case FRAME_DATA:
		return 0;
	case FRAME_END:
		return LINK_END;
	case FRAME_FAULT:
		return frame_fault(op, ret_frame->payload);
	default:
		return op_fail(op, RC_SYNTAX, "no answer of the admin socket");
	}
}

int link_answer(struct op *op, struct link *l, struct span *ret_words)
{
	struct frame f;
	int rc;
	do
		rc = link_next(op, l, &f);
	while (rc == 0);
	if (rc == LINK_END && ret_words)
		*ret_words = f.payload;
	return rc == LINK_END ? 0 : rc;
}

const char *link_hex(struct op *op, struct span s)
{
	struct buf text = { 0 };
	if (s.n == 0)
		return s.p ? "." : "-";
	buf_add_hex(&text, s);
	char *p = text.failed ? NULL : arena_str(&op->arena, buf_span(&text));
	buf_done(&text);
	return p ? p : "?"; // the request will be refused
}
