// SPDX-License-Identifier: Apache-2.0
#include "imap/reply.h"

#include <assert.h>

#include "base/buf.h"
#include "base/limits.h"
#include "imap/context.h"
#include "imap/module.h"
#include "imap/notify.h"
#include "imap/session_priv.h"
#include "imap/urlauth.h"
#include "mail/view.h"
#include "wire/write.h"

static void status_line(struct session *s, struct span word, const char *code, const char *text)
{
	struct rope *out = session_out(s);
	rope_add(out, word);
	if (code) {
		rope_addc(out, '[');
		rope_add(out, span_str(code));
		rope_add(out, SPAN("] "));
	}
	reply_text(s, span_str(text));
	rope_add(out, SPAN("\r\n"));
}

void reply_text(struct session *s, struct span english)
{
	// RFC 5255 section 3.5: text may be UTF-8 once a language was chosen.
	bool utf8 = session_is_rev2(s) || s->language != LANGUAGE_DEFAULT;
	if (s->language <= LANGUAGE_EN) {
		write_text(session_out(s), english, utf8);
		return;
	}
	struct buf text = { 0 };
	language_translate(s->language, english, &text);
	write_text(session_out(s), text.n && !text.failed ? buf_span(&text) : english, utf8);
	buf_done(&text);
}

void reply_text_of(struct session *s, const char *subject, const char *predicate)
{
	char both[64]; // names of commands are short; one that is not goes without saying
	size_t n = strlen(subject), m = strlen(predicate);
	if (n + m > sizeof both) {
		reply_text(s, span_str(predicate));
		return;
	}
	memcpy(both, subject, n);
	memcpy(both + n, predicate, m);
	reply_text(s, span_of(both, n + m));
}

void reply_ok(struct session *s, const char *code, const char *text)
{
	status_line(s, SPAN("* OK "), code, text);
}

void reply_no(struct session *s, const char *code, const char *text)
{
	status_line(s, SPAN("* NO "), code, text);
}

// --- CAPABILITY ---

#define CAPABILITIES_USUAL 1024u // octets

static void capabilities(struct session *s, struct buf *to)
{
	unsigned when = s->state == STATE_NOT_AUTHENTICATED ? CAP_BEFORE_LOGIN : CAP_AFTER_LOGIN;
	if (!buf_room(to, CAPABILITIES_USUAL)) // it would grow in steps otherwise
		return;
	buf_add(to, SPAN("CAPABILITY"));
	for (size_t i = 0; imap_modules[i]; i++)
		for (const struct imap_capability *c = imap_modules[i]->capabilities; c && c->name;
			c++) {
			if (!(c->when & when) || (c->is_offered && !c->is_offered(s)))
				continue;
			if (c->write) {
				c->write(s, to);
			} else {
				buf_addc(to, ' ');
				buf_add(to, span_str(c->name));
			}
		}
}

void reply_capability(struct session *s)
{
	struct buf b = { 0 };
	struct rope *out = session_out(s);
	capabilities(s, &b);
	rope_add(out, SPAN("* "));
	rope_add(out, buf_span(&b));
	rope_add(out, SPAN("\r\n"));
	out->failed |= b.failed;
	buf_done(&b);
}

const char *reply_capability_code(struct session *s)
{
	struct buf b = { 0 };
	capabilities(s, &b);
	const char *text = b.failed ? NULL : arena_str(&s->op.arena, buf_span(&b));
	buf_done(&b);
	return text ? text : "CAPABILITY IMAP4rev2 IMAP4rev1";
}

// --- flags ---

// By bit of FLAG_*.
static const struct span flag_texts[] = {
	{ " \\Seen", 6 },
	{ " \\Answered", 10 },
	{ " \\Flagged", 9 },
	{ " \\Deleted", 9 },
	{ " \\Draft", 7 },
	{ " \\Recent", 8 },
};
static_assert(FLAG_SEEN == 1 && FLAG_ANSWERED == 2 && FLAG_FLAGGED == 4 && FLAG_DELETED == 8 &&
		FLAG_DRAFT == 16 && FLAG_RECENT == 32,
	"the rows above");

void reply_flag_list(struct session *s, uint32_t flags, struct span keyword_text)
{
	struct rope *out = session_out(s);
	if (session_is_rev2(s))
		flags &= ~(uint32_t)FLAG_RECENT; // RFC 9051 section 2.3.2
	bool first = true;
	rope_addc(out, '(');
	flags &= (1u << countof(flag_texts)) - 1;
	for (; flags; flags &= flags - 1) { // the lowest bit each time
		rope_add(out, span_skip(flag_texts[__builtin_ctz(flags)], first));
		first = false;
	}
	if (first && keyword_text.n && keyword_text.p[0] == ' ')
		keyword_text = span_skip(keyword_text, 1);
	rope_add(out, keyword_text);
	rope_addc(out, ')');
}

void reply_flags_item(struct session *s, const struct msg *m, const struct keywords *k)
{
	rope_add(session_out(s), SPAN("FLAGS "));
	reply_flag_list(s, m->flags, m->kwset ? keywords_set_text(k, m->kwset) : SPAN_NONE);
}

void reply_modseq_item(struct session *s, struct modseq modseq)
{
	struct rope *out = session_out(s);
	s->priv->modseq_sent = true;
	rope_add(out, SPAN("MODSEQ ("));
	rope_addu(out, modseq.v);
	rope_addc(out, ')');
}

void reply_fetch_begin(struct session *s, const struct msg *m)
{
	struct rope *out = session_out(s);
	bool uidonly = s->enabled & ENABLED_UIDONLY;
	rope_add(out, SPAN("* "));
	rope_addu(out, uidonly ? m->uid.v : m->seq.v);
	rope_add(out, uidonly ? SPAN(" UIDFETCH (") : SPAN(" FETCH ("));
}

static void fetch_uid_item(struct session *s, const struct msg *m)
{
	struct rope *out = session_out(s);
	if (s->enabled & ENABLED_UIDONLY)
		return;
	rope_add(out, SPAN("UID "));
	rope_addu(out, m->uid.v);
	rope_addc(out, ' ');
}

void reply_fetch_modseq(struct session *s, const struct msg *m, struct modseq modseq)
{
	reply_fetch_begin(s, m);
	fetch_uid_item(s, m);
	reply_modseq_item(s, modseq);
	rope_add(session_out(s), SPAN(")\r\n"));
}

void reply_fetch_flags(struct session *s, const struct msg *m, const struct keywords *k, bool uid)
{
	struct rope *out = session_out(s);
	reply_fetch_begin(s, m);
	if (uid || s->enabled & ENABLED_CONDSTORE)
		fetch_uid_item(s, m);
	reply_flags_item(s, m, k);
	if (s->enabled & ENABLED_CONDSTORE) {
		rope_addc(out, ' ');
		reply_modseq_item(s, m->modseq);
	}
	rope_add(out, SPAN(")\r\n"));
}

void reply_mailbox_flags(struct session *s)
{
	struct rope *out = session_out(s);
	struct span keywords = mailbox_keyword_text(&s->op, view_mailbox(s->view));
	rope_add(out, SPAN("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft"));
	if (keywords.n && keywords.p[0] != ' ')
		rope_addc(out, ' ');
	rope_add(out, keywords);
	rope_add(out, SPAN(")\r\n"));
	if (view_is_readonly(s->view)) {
		reply_ok(s, "PERMANENTFLAGS ()", "read-only mailbox");
		return;
	}
	rope_add(out, SPAN("* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft"));
	if (keywords.n && keywords.p[0] != ' ')
		rope_addc(out, ' ');
	rope_add(out, keywords);
	rope_add(out, SPAN(" \\*)] "));
	reply_text(s, SPAN("flags and keywords are kept"));
	rope_add(out, SPAN("\r\n"));
}

// --- modseqs ---

void reply_modseq(struct session *s)
{
	rope_add(session_out(s), SPAN("* OK [HIGHESTMODSEQ "));
	rope_addu(session_out(s), view_modseq(s->view).v);
	rope_add(session_out(s), SPAN("] "));
	reply_text(s, SPAN("highest modseq"));
	rope_add(session_out(s), SPAN("\r\n"));
}

const char *reply_modseq_code(struct session *s)
{
	struct buf b = { 0 };
	buf_addf(&b, "HIGHESTMODSEQ %llu", (unsigned long long)view_modseq(s->view).v);
	const char *code = b.failed ? NULL : arena_str(&s->op.arena, buf_span(&b));
	buf_done(&b);
	return code;
}

int reply_vanished(struct session *s, const struct numset *uids, bool earlier)
{
	struct rope *out = session_out(s);
	struct buf line = { 0 };
	for (size_t i = 0; i < uids->count; i += IMAP_VANISHED_RANGES) {
		size_t left = uids->count - i;
		struct numset part = { .ranges = &uids->ranges[i],
			.count = left < IMAP_VANISHED_RANGES ? left : IMAP_VANISHED_RANGES };
		buf_reset(&line);
		numset_print(&part, &line);
		rope_add(out, earlier ? SPAN("* VANISHED (EARLIER) ") : SPAN("* VANISHED "));
		rope_add(out, buf_span(&line));
		rope_add(out, SPAN("\r\n"));
	}
	bool failed = line.failed;
	buf_done(&line);
	return failed ? op_fail(&s->op, RC_NOMEM, "out of memory") : 0;
}

// --- changes ---

static void write_change(struct session *s, const struct view_change *ch, bool uid)
{
	struct rope *out = session_out(s);
	switch (ch->kind) {
	case CHANGE_EXPUNGE:
		s->priv->modseq_behind = true;
		rope_add(out, SPAN("* "));
		rope_addu(out, ch->msg.seq.v);
		rope_add(out, SPAN(" EXPUNGE\r\n"));
		break;
	case CHANGE_EXISTS:
		rope_add(out, SPAN("* "));
		rope_addu(out, ch->count);
		rope_add(out, SPAN(" EXISTS\r\n"));
		break;
	case CHANGE_RECENT:
		if (session_is_rev2(s))
			break;
		rope_add(out, SPAN("* "));
		rope_addu(out, ch->count);
		rope_add(out, SPAN(" RECENT\r\n"));
		break;
	case CHANGE_KEYWORDS:
		reply_mailbox_flags(s);
		break;
	case CHANGE_FLAGS:
		reply_fetch_flags(s, &ch->msg, view_keywords(s->view), uid);
		break;
	}
}

// RFC 9051 section 3, transition (6): an unsolicited CLOSED ends the selected state. IMAP4rev1 has no such thing: BYE (RFC 2180).
void reply_gone(struct session *s)
{
	if (session_is_rev2(s)) {
		reply_ok(s, "CLOSED", "the selected mailbox was deleted");
		session_unselect(s);
	} else {
		session_bye(s, NULL, "the selected mailbox was deleted");
	}
}

// Expunges as UIDs, all at once (RFC 7162 section 3.2.10.2, RFC 9586 section 3.6).
static int tell_vanished(struct session *s)
{
	struct numset gone = { 0 };
	int rc = view_sync_vanished(&s->op, s->view, &gone);
	if (rc == 0 && !numset_is_empty(&gone)) {
		s->priv->modseq_behind = true;
		rc = reply_vanished(s, &gone, false);
	}
	numset_done(&gone);
	return rc;
}

int reply_changes(struct session *s, bool expunges, bool uid)
{
	// RFC 9051 section 7.5.2, RFC 7162 section 3.2.4, RFC 5465 section 5.1: unsolicited FETCH responses have the UID.
	uid = uid || (s->enabled & (ENABLED_REV2 | ENABLED_CONDSTORE)) || notify_is_on(s);
	unsigned what = notify_lets(s);
	expunges = expunges && what & SYNC_EXPUNGE;
	if (!expunges)
		what &= SYNC_REST;
	if (view_is_gone(s->view)) {
		reply_gone(s);
		return 0;
	}
	urlauth_tell(s);
	if (!what)
		return 0;
	int before = contexts_tell_gone(s);
	if (before)
		return before;
	if (expunges && s->enabled & (ENABLED_QRESYNC | ENABLED_UIDONLY)) {
		int rc = tell_vanished(s);
		if (rc < 0)
			return rc;
		what &= SYNC_REST;
	}
	for (bool first = true;; first = false) {
		struct view_change ch;
		uint32_t next = view_uid_next(s->view).v;
		if (conn_is_full(s->conn) || (!first && crew_slice_is_well_over()))
			return 1;
		int rc = view_sync_next(&s->op, s->view, what, &ch);
		if (rc < 0)
			return rc;
		if (rc == SYNC_END)
			break;
		write_change(s, &ch, uid);
		if (ch.kind == CHANGE_EXISTS)
			notify_new(s, next, view_uid_next(s->view).v);
	}
	int rc = contexts_tell_changed(s);
	if (rc == 0)
		rc = notify_fetch(s); // behind ADDTO (RFC 5465 section 5.2)
	if (rc == 0)
		numset_done(&s->priv->fetched);
	return rc;
}
