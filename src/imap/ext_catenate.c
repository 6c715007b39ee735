// SPDX-License-Identifier: Apache-2.0
// CATENATE (RFC 4469) with URL-PARTIAL (RFC 5550 section 5.7.1): a message of APPEND and REPLACE made of texts and of parts of messages that are
// here already. Octets go from the store into the new message piece by piece, as a client's would, and are parsed on their way.
//
// A URL is a reference (no "imap://server"), in the account of the session: RFC 4469 section 3. One that stands before a text is looked up before
// the "+" of that text.
#include "base/buf.h"
#include "base/limits.h"
#include "imap/append.h"
#include "imap/module.h"
#include "imap/session_priv.h"
#include "mail/url.h"
#include "mail/url_part.h"
#include "mail/view.h"

#define COPY_STEP (UINT64_C(256) << 10) // octets of a part between two looks at the clock

// --- parsing ---

struct append_step *append_step_add(
	struct session *s, struct append_piece *p, enum append_step_kind kind)
{
	struct append_step *step = op_new(&s->op, struct append_step);
	if (!step)
		return NULL;
	*step = (struct append_step){ .kind = kind, .meta = p->meta };
	*p->tail = step;
	p->tail = &step->next;
	return step;
}

// cat-part = text-literal / url / utf8-literal (RFC 4469 section 5, RFC 6855 section 4). *ret_text: the literal of a text comes now.
static int take_part(struct session *s, struct cursor *in, struct append_piece *p, bool *ret_text)
{
	p->opened = cursor_try_word(in, "UTF8");
	*ret_text = p->opened || cursor_try_word(in, "TEXT");
	if (!*ret_text && !cursor_try_word(in, "URL"))
		cursor_fail(in, "TEXT or URL");
	cursor_sp(in);
	if (p->opened)
		cursor_char(in, '(', "(");
	if (*ret_text)
		return 0;
	size_t at = in->at;
	struct span url = cursor_astring(in);
	if (!cursor_is_bad(in) && url.n == 0)
		cursor_fail_at(in, at, "a URL"); // there is no BADURL of nothing
	if (cursor_is_bad(in))
		return 0;
	struct append_step *step = append_step_add(s, p, APPEND_URL);
	if (!step)
		return RC_NOMEM;
	step->url = url;
	return 0;
}

int catenate_parse(struct session *s, struct cursor *in, struct append_piece *p)
{
	bool text = false;
	int rc = 0;
	for (; rc == 0 && !text && !cursor_is_bad(in); p->begun = true) {
		if (p->begun && cursor_try_char(in, ')')) {
			p->catenating = false;
			return append_step_add(s, p, APPEND_END) ? 0 : RC_NOMEM;
		}
		if (p->begun)
			cursor_sp(in);
		rc = take_part(s, in, p, &text);
	}
	return rc;
}

// --- URLs ---

// BADURL url-resp-text (RFC 4469 section 5): what a URL may not hold anyway is encoded, so that it is a TEXT-CHAR but "]".
static int refuse(struct session *s, struct span url)
{
	struct buf code = { 0 };
	buf_add(&code, SPAN("BADURL "));
	for (size_t i = 0; i < url.n; i++) {
		unsigned char c = (unsigned char)url.p[i];
		if (c > ' ' && c < 0x7f && c != ']' && c != '\\')
			buf_addc(&code, (char)c);
		else
			buf_addf(&code, "%%%02X", c);
	}
	s->priv->cmd.code = code.failed ? NULL : arena_str(&s->op.arena, buf_span(&code));
	buf_done(&code);
	return op_fail(&s->op, RC_BADURL, "the URL means nothing that is there");
}

// The mailbox of the URL, canonical. RC_SYNTAX, RC_BADNAME.
static int mailbox_of(struct session *s, const struct url *url, struct span *ret_name)
{
	struct span base = s->view ? mailbox_name(&s->op, view_mailbox(s->view)) : SPAN_NONE, name;
	// Nothing of another server or user, no list of messages, and nothing that authorises.
	if ((url->form != URL_PATH && url->form != URL_RELATIVE) || !url->uid || url->access)
		return op_fail(&s->op, RC_SYNTAX, "not the URL of a message of this account");
	int rc = url_resolve(&s->op, url, base, &name);
	return rc < 0 ? rc : account_name_check(&s->op, name, ret_name);
}

static int open_url(struct session *s, struct append_intake *a, struct span text)
{
	struct url url;
	struct span mailbox;
	if (a->urls++ >= CATENATE_PARTS_MAX)
		return op_fail(
			&s->op, RC_LIMIT, "more than %u URLs in one command", CATENATE_PARTS_MAX);
	int rc = url_parse(&s->op, text, &url);
	if (rc == 0)
		rc = mailbox_of(s, &url, &mailbox);
	if (rc == 0)
		rc = url_part_open(&s->op, s->account, &url, mailbox, a->part);
	if (rc == URL_NOTHING || rc == RC_SYNTAX || rc == RC_BADNAME)
		return refuse(s, text);
	if (rc < 0)
		return rc;
	a->part_at = 0;
	a->url_octets += url_part_size(a->part);
	if (a->url_octets > CATENATE_OCTETS_MAX)
		return op_fail(&s->op, RC_TOOBIG, "more than %llu octets of URLs in one command",
			(unsigned long long)CATENATE_OCTETS_MAX);
	return append_expect(&s->op, a->append, url_part_size(a->part));
}

static int copy_some(struct session *s, struct append_intake *a, uint64_t n)
{
	struct rope rope;
	struct arena_mark mark = arena_mark(&s->op.arena);
	rope_init(&rope);
	int rc = url_part_put(&s->op, a->part, a->part_at, n, false, &rope);
	for (struct span some; rc == 0 && (some = rope_front(&rope)).n;) {
		rc = append_intake_stored(s, a, some);
		rope_consume(&rope, some.n);
	}
	rope_done(&rope);
	a->part_at += n;
	if (rc == 0)                               // else it holds what is to be said
		arena_release(&s->op.arena, mark); // a header that was looked through again
	return rc;
}

int catenate_url(struct session *s, struct append_intake *a, struct span url)
{
	int rc = 0;
	if (!a->part && !(a->part = op_new(&s->op, struct url_part)))
		return RC_NOMEM;
	if (!a->part->view) {
		if (a->urls && crew_slice_is_over()) // also between those that bring nothing
			return IMAP_MORE;
		a->part_mark = arena_mark(&s->op.arena);
		rc = open_url(s, a, url);
	}
	while (rc == 0 && a->part_at < url_part_size(a->part)) {
		if (crew_slice_is_over())
			return IMAP_MORE;
		uint64_t left = url_part_size(a->part) - a->part_at;
		rc = copy_some(s, a, left < COPY_STEP ? left : COPY_STEP);
	}
	catenate_done(a);
	if (rc == 0) // else it holds what is to be said
		arena_release(&s->op.arena, a->part_mark);
	return rc;
}

void catenate_done(struct append_intake *a)
{
	if (a->part)
		url_part_close(a->part);
}

static const struct imap_capability capabilities[] = {
	{ "CATENATE", CAP_AFTER_LOGIN, NULL, NULL },
	{ "URL-PARTIAL", CAP_AFTER_LOGIN, NULL, NULL, "RFC 5550" },
	{ NULL },
};

const struct imap_module imap_module_catenate = {
	.name = "catenate",
	.rfc = "RFC 4469",
	.capabilities = capabilities,
};
