// SPDX-License-Identifier: Apache-2.0
// URLAUTH (RFC 4467): GENURLAUTH, URLFETCH, RESETKEY; URLAUTH=BINARY (RFC 5524). What a URL means and who may have it is mail/urlauth.h's; here are
// the lines. Each URL of URLFETCH is answered in a response of its own. A URL that means nothing is NIL, whatever the reason.
//
// GENURLAUTH signs URLs of the account of this session only. That the user of the access identifier exists is asked when the URL is used (section 7
// allows that, so that nobody learns who there is).
#include "auth/login.h"
#include "base/buf.h"
#include "base/limits.h"
#include "imap/module.h"
#include "imap/reply.h"
#include "imap/session_priv.h"
#include "imap/urlauth.h"
#include "mail/url.h"
#include "mail/url_part.h"
#include "mail/url_structure.h"
#include "mail/urlauth.h"
#include "mail/view.h"
#include "wire/write.h"

#include <stdio.h>

#define URLMECH "URLMECH INTERNAL"

struct url_wish {
	struct span url;
	bool body, binary, structure; // RFC 5524; none: the octets in the simple form
};
struct urls_args {
	struct url_wish *v;        // IMAP_URLS_MAX
	size_t n, at;              // at: the next to be answered
	struct auth_finder finder; // of whom that URL speaks
	struct rope line;          // GENURLAUTH: the answer, all or nothing
	int fault;                 // of the first that our own trouble kept from being answered
	char fault_text[OP_TEXT_MAX];
};

// The place of one more; NULL: the cursor says why.
static struct url_wish *wish_add(struct session *s, struct command *c, struct cursor *in)
{
	if (!c->args) {
		struct urls_args *made = op_new(&s->op, struct urls_args);
		if (made)
			made->v = arena_array(&s->op.arena, IMAP_URLS_MAX, sizeof *made->v);
		if (made && made->v) {
			made->finder = login_finder(s->config->auth, s->conn);
			rope_init(&made->line);
			c->args = made;
		}
	}
	struct urls_args *a = c->args;
	if (!a)
		cursor_fail_rc(in, RC_NOMEM, "less to remember");
	else if (a->n == IMAP_URLS_MAX)
		cursor_fail_rc(in, RC_LIMIT, "fewer URLs");
	return cursor_is_bad(in) ? NULL : &a->v[a->n++];
}

// Of the finder `ctx`.
static int find_user(void *ctx, struct op *op, struct span name, struct span *ret_user)
{
	size_t which;
	int rc = auth_find(op, ctx, &name, 1, ret_user, &which);
	return rc == AUTH_WAIT ? URL_WAIT : rc;
}

static void urls_done(struct session *s, struct command *c)
{
	struct urls_args *a = c->args;
	(void)s;
	if (!a)
		return;
	auth_finder_reset(&a->finder);
	rope_done(&a->line);
}

// --- GENURLAUTH ---

// mechanism = "INTERNAL" / 1*(ALPHA / DIGIT / "-" / "."): the one that there is.
static void take_mechanism(struct cursor *in)
{
	size_t at = in->at;
	if (!span_caseeq(cursor_atom(in), SPAN("INTERNAL")))
		cursor_fail_at(in, at, "the mechanism INTERNAL");
}

// genurlauth = "GENURLAUTH" 1*(SP url-rump SP mechanism)
static int genurlauth_parse(struct session *s, struct command *c, struct cursor *in)
{
	do {
		cursor_sp(in);
		struct span url = cursor_astring(in);
		cursor_sp(in);
		take_mechanism(in);
		struct url_wish *w = wish_add(s, c, in);
		if (w)
			w->url = url;
	} while (!cursor_at_end(in));
	return 0;
}

// What GENURLAUTH checks (RFC 4467 section 7, authimapurlrump in section 9): the text of a BAD; or NULL, and *ret_rc is 0, URL_WAIT or a fault.
static const char *check_rump(
	struct session *s, struct auth_finder *f, const struct url *url, int *ret_rc)
{
	struct span user;
	*ret_rc = 0;
	if (url->form != URL_ABSOLUTE || !url->uid)
		return "not the URL of a message";
	if (!url->user.p)
		return "missing owner username in supplied URL";
	if (!url->access || url->token.p)
		return "missing access identifier in supplied URL";
	// Nobody but the user has access to the keys; what others there are makes no difference.
	*ret_rc = find_user(f, &s->op, url->user, &user);
	if (*ret_rc == RC_NONEXISTENT || (*ret_rc == 0 && !span_eq(user, s->priv->user)))
		return "the URL is of another user";
	return NULL;
}

// 0, URL_WAIT or a fault.
static int sign(struct session *s, struct urls_args *a, struct span text)
{
	struct url url;
	struct buf full = { 0 };
	int rc = url_parse(&s->op, text, &url);
	if (rc < 0)
		return rc; // RC_SYNTAX is a BAD
	const char *wrong = check_rump(s, &a->finder, &url, &rc);
	if (wrong)
		return op_fail(&s->op, RC_SYNTAX, "%s", wrong);
	if (rc != 0)
		return rc;
	buf_add(&full, url.rump);
	rc = urlauth_sign(&s->op, s->account, &url, &full);
	if (rc == RC_NONEXISTENT || rc == RC_BADNAME)
		rc = op_fail(&s->op, RC_SYNTAX, "there is no such mailbox");
	if (rc == 0) {
		rope_addc(&a->line, ' ');
		write_astring(&a->line, buf_span(&full), session_is_utf8(s));
	}
	buf_done(&full);
	return rc;
}

static int genurlauth_run(struct session *s, struct command *c)
{
	struct urls_args *a = c->args;
	if (a->at == 0 && !rope_size(&a->line))
		rope_add(&a->line, SPAN("* GENURLAUTH"));
	for (; a->at < a->n; a->at++) {
		int rc = sign(s, a, a->v[a->at].url);
		if (rc != 0)
			return rc == URL_WAIT ? IMAP_WAIT : rc;
		auth_finder_reset(&a->finder);
	}
	rope_add(&a->line, SPAN("\r\n"));
	if (a->line.failed)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	rope_move(session_out(s), &a->line);
	return IMAP_DONE;
}

// --- URLFETCH ---

// url-fetch-param = "BODY" / "BINARY" / "BODYPARTSTRUCTURE" (RFC 5524 sections 3.1 and 5)
static void take_param(struct cursor *in, struct url_wish *w)
{
	size_t at = in->at;
	struct span name = cursor_atom(in);
	bool *which = span_caseeq(name, SPAN("BODY"))          ? &w->body
		: span_caseeq(name, SPAN("BINARY"))            ? &w->binary
		: span_caseeq(name, SPAN("BODYPARTSTRUCTURE")) ? &w->structure
							       : NULL;
	if (!which || *which)
		cursor_fail_at(in, at, "BODY, BINARY or BODYPARTSTRUCTURE, each once");
	else
		*which = true;
	if (w->body && w->binary)
		cursor_fail_at(in, at, "not both BODY and BINARY");
}

// urlfetch = "URLFETCH" 1*(SP url-fetch-arg)
static int urlfetch_parse(struct session *s, struct command *c, struct cursor *in)
{
	do {
		cursor_sp(in);
		struct url_wish w = { .body = false };
		bool list = cursor_try_char(in, '(');
		w.url = cursor_astring(in);
		while (list && cursor_try_sp(in))
			take_param(in, &w);
		if (list)
			cursor_char(
				in, ')', "\")\" or a space and BODY, BINARY or BODYPARTSTRUCTURE");
		struct url_wish *at = wish_add(s, c, in);
		if (at)
			*at = w;
	} while (!cursor_at_end(in));
	return 0;
}

static bool is_submit_server(const struct session *s)
{
	struct span names = span_str(s->config->submit_users), name;
	while (names.p) {
		names = span_split(names, ' ', &name);
		if (name.n && span_eq(name, s->priv->user))
			return true;
	}
	return false;
}

static int write_body(struct session *s, struct url_part *p, struct rope *out)
{
	if (url_part_size(p) == 0) {
		rope_add(out, SPAN("\"\""));
		return 0;
	}
	write_literal_header(out, url_part_size(p), false);
	return url_part_put(&s->op, p, 0, url_part_size(p), true, out);
}

// "BINARY" SP ( nstring / literal8 )
static void write_binary(struct span octets, struct rope *out)
{
	if (!octets.p) {
		rope_add(out, SPAN("NIL"));
	} else if (octets.n == 0) {
		rope_add(out, SPAN("\"\""));
	} else {
		write_literal_header(out, octets.n, memchr(octets.p, 0, octets.n));
		rope_add(out, octets);
	}
}

// url-metadata (RFC 5524 section 5)
static int write_metadata(
	struct session *s, const struct url_wish *w, struct url_part *p, struct rope *out)
{
	struct buf decoded = { 0 }, structure = { 0 };
	struct span binary = SPAN_NONE;
	int rc = w->binary ? url_part_binary(&s->op, p, &decoded, &binary) : 0;
	if (rc == 0 && w->structure)
		rc = url_part_structure(
			&s->op, p, session_is_utf8(s) ? FORM_UTF8 : FORM_ASCII, binary, &structure);
	if (rc == 0 && w->structure) {
		rope_add(out, SPAN(" (BODYPARTSTRUCTURE "));
		rope_add(out, buf_span(&structure));
		rope_addc(out, ')');
	}
	if (rc == 0 && (w->binary || w->body))
		rope_add(out, w->binary ? SPAN(" (BINARY ") : SPAN(" (BODY "));
	if (rc == 0 && w->binary)
		write_binary(binary, out);
	else if (rc == 0 && w->body)
		rc = write_body(s, p, out);
	if (rc == 0 && (w->binary || w->body))
		rope_addc(out, ')');
	buf_done(&structure);
	buf_done(&decoded);
	return rc;
}

static int fetch_one(
	struct session *s, struct auth_finder *f, const struct url_wish *w, struct rope *out)
{
	struct url_presenter who = { is_submit_server(s) ? URL_BY_SUBMIT_SERVER : URL_BY_USER,
		s->priv->user, find_user, f };
	struct url_part part;
	int rc = urlauth_open(&s->op, s->config->mail, w->url, &who, &part);
	if (rc)
		return rc;
	if (w->structure || w->binary || w->body) {
		rc = write_metadata(s, w, &part, out);
	} else {
		rope_addc(out, ' ');
		rc = write_body(s, &part, out);
	}
	url_part_close(&part);
	return rc;
}

// A response for one URL. Our own trouble is NIL as well, and NO in the end. URL_WAIT: nothing yet.
static int answer(struct session *s, struct urls_args *a, const struct url_wish *w)
{
	struct rope *out = session_out(s);
	struct arena_mark mark = arena_mark(&s->op.arena);
	size_t before = rope_size(out);
	rope_add(out, SPAN("* URLFETCH "));
	write_astring(out, w->url, session_is_utf8(s));
	size_t size = rope_size(out);
	int rc = fetch_one(s, &a->finder, w, out);
	if (rc == URL_WAIT) {
		rope_truncate(out, before);
		arena_release(&s->op.arena, mark);
		return rc;
	}
	if (rc == RC_NOMEM || out->failed)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	if (rc < 0 && !a->fault) {
		a->fault = rc;
		(void)snprintf(a->fault_text, sizeof a->fault_text, "%s",
			op_text(&s->op, rc)); // the same size
	}
	if (rc) {
		rope_truncate(out, size);
		rope_add(out, SPAN(" NIL"));
	}
	rope_add(out, SPAN("\r\n"));
	arena_release(&s->op.arena, mark);
	auth_finder_reset(&a->finder);
	return 0;
}

static int urlfetch_run(struct session *s, struct command *c)
{
	struct urls_args *a = c->args;
	while (a->at < a->n) {
		if (conn_is_full(s->conn) || (a->at && crew_slice_is_over()))
			return IMAP_MORE;
		int rc = answer(s, a, &a->v[a->at]);
		if (rc == URL_WAIT)
			return IMAP_WAIT;
		if (rc < 0)
			return rc;
		a->at++;
	}
	return a->fault ? op_fail(&s->op, a->fault, "%s", a->fault_text) : IMAP_DONE;
}

// --- RESETKEY ---

struct resetkey_args {
	struct span mailbox; // absent: all
	bool others;         // a mechanism that there is not
};

// resetkey = "RESETKEY" [SP mailbox *(SP mechanism)]
static int resetkey_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct resetkey_args *a = op_new(&s->op, struct resetkey_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	if (!cursor_try_sp(in))
		return 0;
	int rc = args_mailbox(s, in, &a->mailbox);
	while (rc == 0 && cursor_try_sp(in))
		a->others |= !span_caseeq(cursor_atom(in), SPAN("INTERNAL"));
	return rc;
}

static int resetkey_run(struct session *s, struct command *c)
{
	const struct resetkey_args *a = c->args;
	if (a->others)
		return op_fail(&s->op, RC_CANNOT, "INTERNAL is the only mechanism");
	int rc = urlauth_reset(&s->op, s->account, a->mailbox);
	if (rc < 0)
		return rc;
	if (!a->mailbox.p)
		return command_ok(s, NULL, "all keys removed");
	return command_ok(s, session_is_private(s) ? URLMECH : NULL, "the mailbox has a new key");
}

// --- URLMECH ---

// RFC 4467 section 10: nothing of it is said where others may listen.
static int tell_mechanisms(struct session *s)
{
	s->priv->key_resets = urlauth_resets(view_mailbox(s->view));
	if (session_is_private(s))
		reply_ok(s, URLMECH, "mechanisms of URLAUTH");
	return 0;
}

void urlauth_tell(struct session *s)
{
	if (s->priv->key_resets != urlauth_resets(view_mailbox(s->view)))
		(void)tell_mechanisms(s); // never fails
}

static const struct imap_command commands[] = {
	{ "GENURLAUTH", STATE_AUTHENTICATED | STATE_SELECTED, genurlauth_parse, genurlauth_run,
		urls_done, NULL, NULL },
	{ "RESETKEY", STATE_AUTHENTICATED | STATE_SELECTED, resetkey_parse, resetkey_run, NULL,
		NULL, NULL },
	{ "URLFETCH", STATE_AUTHENTICATED | STATE_SELECTED, urlfetch_parse, urlfetch_run, urls_done,
		NULL, NULL },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "URLAUTH", CAP_AFTER_LOGIN, NULL, NULL },
	{ "URLAUTH=BINARY", CAP_AFTER_LOGIN, NULL, NULL, "RFC 5524" },
	{ NULL },
};

const struct imap_module imap_module_urlauth = {
	.name = "urlauth",
	.rfc = "RFC 4467",
	.capabilities = capabilities,
	.commands = commands,
	.select_tell = tell_mechanisms,
};
