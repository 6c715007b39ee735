// SPDX-License-Identifier: Apache-2.0
#include "smtp/header_fix.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/limits.h"
#include "mime/header.h"
#include "smtp/trace.h"

// --- cutting it off ---

// field-name ":" (RFC 5322 section 2.2; blanks before the colon are section 4.5's).
static bool is_field(struct span line)
{
	size_t i = 0;
	while (i < line.n && line.p[i] > ' ' && line.p[i] < 0x7f && line.p[i] != ':')
		i++;
	size_t name = i;
	while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
		i++;
	return name > 0 && i < line.n && line.p[i] == ':';
}

static bool is_folded(struct span line)
{
	return line.n && (line.p[0] == ' ' || line.p[0] == '\t');
}

// The last line of what was collected is whole: does the header go on?
static void take_line(struct header_cutter *c, struct buf *header)
{
	struct span line = span_skip(buf_span(header), c->line);
	bool empty = span_eq(line, SPAN("\r\n"));
	if (empty || is_field(line) || (c->line && is_folded(line))) {
		c->over = empty;
		c->line = header->n;
		return;
	}
	size_t n = line.n; // the body begins without an empty line before it
	buf_add(header, SPAN("\r\n"));
	if (header->failed)
		return;
	memmove(header->p + c->line + 2, header->p + c->line, n);
	memcpy(header->p + c->line, "\r\n", 2);
	c->line += 2;
	c->over = true;
}

int header_cut(struct op *op, struct header_cutter *c, struct span octets, struct buf *header,
	size_t *ret_used)
{
	*ret_used = 0;
	while (!c->over && *ret_used < octets.n) {
		struct span rest = span_skip(octets, *ret_used);
		size_t lf = span_find_char(rest, '\n');
		struct span part = span_cut(rest, 0, lf + 1);
		if (header->n + part.n > SUBMISSION_HEADER_MAX)
			return op_fail(op, RC_TOOBIG, "the header is larger than %u octets",
				SUBMISSION_HEADER_MAX);
		buf_add(header, part);
		*ret_used += part.n;
		if (!header->failed && lf < rest.n)
			take_line(c, header);
		if (header->failed)
			return op_fail(op, RC_NOMEM, "out of memory");
	}
	return 0;
}

int header_cut_end(struct op *op, struct header_cutter *c, struct buf *header)
{
	if (!c->over && header->n > c->line) { // a last line without its end
		buf_add(header, SPAN("\r\n"));
		if (!header->failed)
			take_line(c, header);
	}
	if (!c->over) {
		buf_add(header, SPAN("\r\n"));
		c->line = header->n;
		c->over = true;
	}
	return header->failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

// --- checking and changing it ---

static void add_date(struct buf *to)
{
	buf_add(to, SPAN("Date: "));
	smtp_add_date(to);
	buf_add(to, SPAN("\r\n"));
}

static void add_message_id(struct buf *to, const char *host)
{
	uint64_t id[2];
	random_bytes(id, sizeof id);
	buf_addf(to, "Message-ID: <%016llx%016llx@%s>\r\n", (unsigned long long)id[0],
		(unsigned long long)id[1], host);
}

// What is known of the header after one look.
struct survey {
	bool date, message_id, resent;
	struct span authors; // the name of the field that says who wrote it
	struct span sender;  // and of the one that says who sent it
};

static struct survey survey_of(struct span header)
{
	struct survey s = { .authors = SPAN("From"), .sender = SPAN("Sender") };
	struct mime_fields it = mime_fields_of(header);
	struct mime_field f;
	while (mime_fields_next(&it, &f)) {
		s.date |= span_caseeq(f.name, SPAN("Date"));
		s.message_id |= span_caseeq(f.name, SPAN("Message-ID"));
		s.resent |= span_caseeq(f.name, SPAN("Resent-From"));
	}
	if (s.resent) {
		s.authors = SPAN("Resent-From");
		s.sender = SPAN("Resent-Sender");
	}
	return s;
}

// Whose the addresses of a field are: what the worst of them is (the order of enum address_owner), OWNER_WAIT as soon as one is not known, or a fault.
static int owner_of_field(
	struct op *op, const struct header_rules *rules, struct span value, unsigned *io_count)
{
	struct mime_addresses it = mime_addresses_of(value);
	struct mime_address a;
	int worst = OWNER_USER;
	while (mime_addresses_next(&op->arena, &it, &a)) {
		if (++*io_count >
			SUBMISSION_AUTHORS_MAX) // groups, too: no address stands unseen behind many
			return op_fail(
				op, RC_TOOBIG, "more than %u authors", SUBMISSION_AUTHORS_MAX);
		if (a.kind != MIME_ADDRESS)
			continue;
		int owner =
			a.local.n ? rules->owner(op, rules->ctx, a.local, a.domain) : OWNER_NOBODY;
		if (owner < 0 || owner == OWNER_WAIT)
			return owner;
		worst = owner > worst ? owner : worst;
	}
	return it.failed ? op_fail(op, RC_NOMEM, "out of memory") : worst;
}

static bool is_bcc(struct span name)
{
	return span_caseeq(name, SPAN("Bcc")) || span_caseeq(name, SPAN("Resent-Bcc"));
}

// The newest of the times that a message was sent on: its fields stand together before those of older ones (RFC 5322 section 3.6.6), which are
// history.
struct newest {
	bool begun, over, authors, sender;
};

static bool is_of_newest(struct newest *n, struct span name, bool authors, bool sender)
{
	bool resent = span_casestarts(name, SPAN("Resent-"));
	n->over |= n->begun && (!resent || (authors && n->authors) || (sender && n->sender));
	n->begun |= resent;
	n->authors |= authors;
	n->sender |= sender;
	return !n->over;
}

struct parts { // as they are collected
	struct buf head, bcc, added, sender;
};

static int sort_fields(struct op *op, struct span header, const struct header_rules *rules,
	const struct survey *s, struct parts *to)
{
	struct mime_fields it = mime_fields_of(header);
	struct mime_field f;
	struct newest newest = { .begun = false };
	unsigned count = 0;
	int worst = OWNER_USER;
	bool written = false,
	     sent = false; // the fields were there, the latter with the user's address
	while (mime_fields_next(&it, &f)) {
		bool authors = span_caseeq(f.name, s->authors);
		bool sender = span_caseeq(f.name, s->sender);
		if (is_bcc(f.name)) {
			buf_add(&to->bcc, f.raw);
			continue;
		}
		bool counts = !s->resent || is_of_newest(&newest, f.name, authors, sender);
		if (counts && (authors || sender)) {
			int owner = owner_of_field(op, rules, f.value, &count);
			if (owner < 0)
				return owner;
			if (owner == OWNER_WAIT)
				return HEADER_WAIT;
			if (sender && owner != OWNER_USER)
				continue; // RFC 6409 section 8.1: replaced below
			sent |= sender;
			written |= authors;
			worst = authors && owner > worst ? owner : worst;
		}
		buf_add(&to->head, f.raw);
	}
	buf_add(&to->head, span_skip(header, it.at));
	if (worst == OWNER_ANOTHER)
		return op_fail(
			op, RC_NOPERM, "%.*s has an address of another user", SPAN_FMT(s->authors));
	if ((worst != OWNER_USER || !written) && !sent)
		buf_addf(&to->sender, "%.*s: %.*s\r\n", SPAN_FMT(s->sender),
			SPAN_FMT(rules->sender));
	return 0;
}

static int keep(struct op *op, struct buf *b, struct span *ret)
{
	*ret = b->n ? arena_dup(&op->arena, buf_span(b)) : SPAN("");
	return b->failed || !ret->p ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

int header_fix(struct op *op, struct span header, const struct header_rules *rules,
	struct fixed_header *ret_fixed)
{
	struct survey s = survey_of(header);
	struct parts p = { .head = { 0 } };
	ret_fixed->has_message_id = s.message_id;
	ret_fixed->is_changed = false;
	int rc = sort_fields(op, header, rules, &s, &p);
	if (!s.date)
		add_date(&p.added);
	if (!s.message_id)
		add_message_id(&p.added, rules->host);
	if (rc == 0)
		rc = keep(op, &p.added, &ret_fixed->added);
	if (rc == 0)
		rc = keep(op, &p.head, &ret_fixed->head);
	if (rc == 0)
		rc = keep(op, &p.sender, &ret_fixed->sender);
	if (rc == 0)
		rc = keep(op, &p.bcc, &ret_fixed->bcc);
	ret_fixed->is_changed = rc == 0 && ret_fixed->head.n < header.n;
	buf_done(&p.head);
	buf_done(&p.bcc);
	buf_done(&p.added);
	buf_done(&p.sender);
	return rc;
}
