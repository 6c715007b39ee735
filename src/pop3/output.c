// SPDX-License-Identifier: Apache-2.0
// Answers of many lines: LIST and UIDL of all messages, RETR and TOP. They go into the connection's rope piece by piece; when it is full the
// session parks until it has drained. Bodies are references into the log, with dots put in between (wire/dots.h); nothing is copied but
// NULs, which are shown as 0x80 as in IMAP's BODY[].
#include "base/clock.h"
#include "base/limits.h"
#include "mail/card.h"
#include "mail/uidl.h"
#include "mime/downgrade.h"
#include "pop3/session_priv.h"

#define PIECE (256u << 10)    // octets of a message put into the rope at a time
#define TOP_PIECE (16u << 10) // and for TOP, which mostly wants little

// --- LIST, UIDL ---

void pop3_send_numbers(struct pop3_session *s, enum pop3_sending what)
{
	s->out.what = what;
	s->out.next = 1;
	s->phase = POP3_SEND;
}

static enum conn_next send_numbers(struct pop3_session *s)
{
	struct rope *out = pop3_out(s);
	const struct maildrop *d = &s->drop;
	while (s->out.next <= d->n) {
		if (conn_is_full(s->conn))
			return CONN_FLUSH;
		uint32_t number = s->out.next++;
		const struct drop_message *m = maildrop_message(d, number);
		char text[UIDL_TEXT];
		if (!m)
			continue;
		rope_addu(out, number);
		rope_addc(out, ' ');
		if (s->out.what == SEND_LIST)
			rope_addu(out, m->size);
		else
			rope_add(out, maildrop_uidl(d, m, text));
		rope_add(out, SPAN("\r\n"));
	}
	rope_add(out, SPAN(".\r\n"));
	return CONN_READ;
}

// --- RETR, TOP ---

static const struct section whole = { .what = SECTION_ALL };
static const struct section header = { .what = SECTION_HEADER };

// How many octets of `r` to send so that `*lines` more lines are, counted down; all of them if they hold fewer.
static size_t cut_lines(const struct rope *r, size_t skip, uint64_t *lines)
{
	size_t at = 0;
	for (size_t i = r->first; i < r->count; i++) {
		struct span s = span_of(r->pieces[i].p, r->pieces[i].n);
		for (size_t from = skip > at ? skip - at : 0; from < s.n;) {
			if (*lines == 0)
				return at + from;
			from += span_find_char(span_skip(s, from), '\n') + 1;
			if (from <= s.n)
				--*lines;
		}
		at += s.n;
	}
	return at;
}

// The next octets of the message into out.raw.
static int fetch(struct pop3_session *s)
{
	struct pop3_output *o = &s->out;
	uint64_t n, piece = o->lines == UINT64_MAX ? PIECE : TOP_PIECE;
	int rc = content_section(&s->op, &o->content, &whole, o->offset, piece, &o->raw, &n);
	if (rc == 0 && o->raw.failed)
		rc = op_fail(&s->op, RC_NOMEM, "out of memory");
	if (rc < 0)
		return rc;
	if (o->lines != UINT64_MAX && o->offset + n > o->header) {
		uint64_t skip = o->header > o->offset ? o->header - o->offset : 0;
		size_t keep = cut_lines(&o->raw, (size_t)skip, &o->lines);
		rope_truncate(&o->raw, keep);
		o->last = o->lines == 0;
	}
	o->offset += n;
	o->last |= n == 0 || o->offset >= o->content.size;
	return 0;
}

// International mail must not be sent as it is to who did not ask for it (RFC 6856 section 2.1): its header goes out as a surrogate (RFC 6858).
// Octets that are no UTF-8 are not that but old mail with damage, and go out as they are. *ret_size: octets of all of the message then.
static int surrogate(struct pop3_session *s, uint64_t *ret_size)
{
	struct pop3_output *o = &s->out;
	struct rope r;
	struct buf text = { 0 };
	uint64_t n;
	// The card does not know the private prefix (Return-Path).
	bool suspect = card_flags(o->content.card) & CARD_HEADER_8BIT || o->content.prefix_size > 0;
	if (s->utf8 || !suspect || o->header > POP3_HEADER_MAX)
		return 0;
	rope_init(&r);
	int rc = content_section(&s->op, &o->content, &header, 0, POP3_HEADER_MAX, &r, &n);
	char *p = rc == 0 && !r.failed ? arena_bytes(&s->op.arena, rope_size(&r) + 1) : NULL;
	struct span whole_header = span_of(p, rope_size(&r));
	if (p)
		rope_copy(&r, p);
	else if (rc == 0)
		rc = op_fail(&s->op, RC_NOMEM, "out of memory");
	if (rc == 0 && !span_is_ascii(whole_header) && span_is_utf8(whole_header)) {
		mime_downgrade(&s->op.arena, whole_header, &text);
		rope_add(&o->raw, buf_span(&text));
		if (text.failed || o->raw.failed)
			rc = op_fail(&s->op, RC_NOMEM, "out of memory");
		o->offset = o->header;
		*ret_size = *ret_size - o->header + text.n;
	}
	buf_done(&text);
	rope_done(&r);
	return rc;
}

static int message_open(
	struct pop3_session *s, const struct drop_message *m, uint64_t lines, uint64_t *ret_size)
{
	struct pop3_output *o = &s->out;
	struct section_ranges ranges;
	struct msg msg;
	int rc = view_msg(&s->op, s->drop.view, (struct uid){ m->uid }, &msg);
	if (rc == MSG_GONE)
		return op_fail(&s->op, RC_EXPUNGED, "another session has removed the message");
	if (rc == 0)
		rc = content_open(&s->op, s->drop.view, &msg, &o->content);
	if (rc == 0)
		rc = content_section_find(&s->op, &o->content, &header, &ranges);
	if (rc < 0)
		return rc;
	o->header = ranges.size;
	o->lines = lines;
	*ret_size = m->size;
	rc = surrogate(s, ret_size);
	if (rc < 0 || o->raw.size)
		return rc;
	return fetch(s); // what cannot be read is refused before +OK, if it is the beginning
}

void pop3_send_message(struct pop3_session *s, const struct drop_message *m, uint64_t lines)
{
	struct pop3_output *o = &s->out;
	uint64_t size;
	*o = (struct pop3_output){ .what = SEND_MESSAGE };
	rope_init(&o->raw);
	int rc = message_open(s, m, lines, &size);
	if (rc < 0) {
		pop3_send_done(s);
		pop3_fault(s, rc);
		return;
	}
	if (lines == UINT64_MAX) {
		pop3_ok(s, "%llu octets", (unsigned long long)size);
		s->retrieved++;
	} else {
		pop3_ok(s, "top of the message follows");
	}
	s->phase = POP3_SEND;
}

static enum conn_next send_message(struct pop3_session *s)
{
	struct pop3_output *o = &s->out;
	for (;;) {
		dots_stuff(&o->dots, &o->raw, pop3_out(s));
		if (o->last)
			break;
		if (conn_is_full(s->conn))
			return CONN_FLUSH;
		op_reset(&s->op);
		if (fetch(s) < 0)
			return CONN_ABORT; // an end now would be a lie: the client would take half a message for all of it
	}
	dots_end(&o->dots, pop3_out(s));
	return CONN_READ;
}

enum conn_next pop3_send(struct pop3_session *s)
{
	enum conn_next next = s->out.what == SEND_MESSAGE ? send_message(s) : send_numbers(s);
	if (next == CONN_READ)
		pop3_send_done(s);
	return next;
}

void pop3_send_done(struct pop3_session *s)
{
	if (s->out.what == SEND_MESSAGE) {
		content_close(&s->out.content);
		rope_done(&s->out.raw);
	}
	s->out = (struct pop3_output){ .what = SEND_LIST };
	s->phase = POP3_READ;
	s->active_at = clock_mono(); // a long answer is no silence of the client
}
