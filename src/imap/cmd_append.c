// SPDX-License-Identifier: Apache-2.0
// APPEND (RFC 9051 section 6.3.12, MULTIAPPEND RFC 3502). Messages stream into the store as they come; nothing is visible until all of them are
// there and committed in one step. Sizes and the mailbox are checked before "+" is sent, so that a client need not send in vain.
//
// A literal may hold NULs here although the grammar keeps them to literal8: mail that has them must not be held back from coming in
// (users.md section 4); BODY[] shows them as 0x80.
#include "imap/append.h"

#include "base/buf.h"
#include "base/limits.h"
#include "imap/message_limit.h"
#include "imap/module.h"
#include "imap/notify.h"

// append-opts (RFC 9051 section 9): [SP flag-list] [SP date-time] *(SP append-ext), and the space before the data.
static int parse_opts(
	struct session *s, struct command *c, struct cursor *in, struct append_piece *p)
{
	int rc = 0;
	struct append_meta *meta = &p->meta;
	*meta = (struct append_meta){ .internal_date = INT64_MIN };
	p->opened = false;
	cursor_sp(in);
	if (cursor_peek(in) == '(') {
		size_t count = 0;
		const struct span *flags = cursor_flag_list(in, &count);
		cursor_sp(in);
		if (!cursor_is_bad(in))
			rc = args_flags(s, flags, count, &meta->flags);
	}
	if (cursor_peek(in) == '"') {
		meta->internal_date = cursor_date_time(in, &meta->zone);
		cursor_sp(in);
	}
	while (rc == 0 && !cursor_is_bad(in) && cursor_peek(in) != '{' && cursor_peek(in) != '~') {
		size_t at = in->at;
		struct span name = cursor_name(in, "a message as a literal");
		if (!cursor_is_bad(in) && span_caseeq(name, SPAN("UTF8"))) {
			// RFC 6855 section 4; without a meaning of its own since RFC 9755, and still sent.
			cursor_sp(in);
			cursor_char(in, '(', "(");
			p->opened = true;
			break;
		}
		if (!cursor_is_bad(in) && span_caseeq(name, SPAN("CATENATE"))) {
			cursor_sp(in);
			cursor_char(in, '(', "(");
			p->catenating = true;
			p->begun = false;
			break;
		}
		const struct append_item *item =
			cursor_is_bad(in) ? NULL : module_find(MODULE_TABLE(append_items), name);
		if (!item) {
			cursor_fail_at(in, at, "a message as a literal");
			break;
		}
		cursor_sp(in);
		rc = item->parse(s, c, in, meta);
		cursor_sp(in);
	}
	return rc;
}

// The keywords of the metadata must outlive the piece that they were read from.
static int keywords_keep(struct session *s, struct flag_list *list)
{
	struct span *copy = arena_array(
		&s->op.arena, list->keyword_count ? list->keyword_count : 1, sizeof *copy);
	for (size_t i = 0; copy && i < list->keyword_count; i++) {
		copy[i] = arena_dup(&s->op.arena, list->keywords[i]);
		if (!copy[i].p)
			copy = NULL;
	}
	list->keywords = copy;
	return copy ? 0 : op_fail(&s->op, RC_NOMEM, "out of memory");
}

// append-message *(append-message) as far as the piece goes: up to a literal, or the end of the command.
static int parse_messages(struct session *s, struct command *c, struct cursor *in,
	const struct append_intake *a, struct append_piece *p)
{
	int rc = 0;
	do {
		if (!p->catenating) {
			if (a->single && (a->append || p->steps))
				cursor_fail(in, "nothing behind the message");
			rc = parse_opts(s, c, in, p);
			if (rc < 0 || cursor_is_bad(in) || !p->catenating)
				return rc;
			rc = append_step_add(s, p, APPEND_MESSAGE) ? 0 : RC_NOMEM;
		}
		if (rc == 0)
			rc = catenate_parse(s, in, p);
	} while (rc == 0 && !cursor_is_bad(in) && !p->catenating && !cursor_at_end(in));
	return rc;
}

// From the beginning of a piece on. *ret_mailbox is set where the name stands in it.
static int parse_piece(struct session *s, struct command *c, struct cursor *in,
	const struct append_intake *a, struct append_piece *p, struct span *ret_mailbox)
{
	int rc = 0;
	*p = (struct append_piece){ .catenating = a->catenating, .begun = true };
	p->tail = &p->steps;
	if (a->close)
		cursor_char(in, ')', ")");
	if (!a->append) {
		cursor_sp(in);
		rc = args_mailbox(s, in, ret_mailbox);
	}
	if (rc == 0 && !cursor_is_bad(in) && !(a->append && !a->catenating && cursor_at_end(in)))
		rc = parse_messages(s, c, in, a, p);
	return rc;
}

static int intake_begin(struct session *s, struct append_intake *a, struct span mailbox)
{
	int rc = append_begin(&s->op, s->account, mailbox, &a->append);
	return rc < 0 ? rc : append_compare(&s->op, a->append);
}

static int message_begin(
	struct session *s, struct append_intake *a, struct append_meta *meta, uint64_t size)
{
	uint32_t limit = save_limit(s) > APPEND_MESSAGES_MAX ? APPEND_MESSAGES_MAX : save_limit(s);
	if (limit && a->messages++ == limit) // all or nothing (RFC 9738 section 3.1)
		return message_limit_refuse(s, limit, (struct uid){ 0 });
	a->header = (struct append_scan){ .line_empty = true };
	a->octets = 0;
	int rc = keywords_keep(s, &meta->flags);
	return rc < 0 ? rc : append_message(&s->op, a->append, meta, size);
}

// RFC 3502 section 6.3.11: an empty message takes the whole APPEND back.
static int refuse_empty(struct session *s)
{
	return op_fail(&s->op, RC_CANCELLED, "an empty message: nothing was appended");
}

static int message_end(struct session *s, struct append_intake *a)
{
	if (a->octets == 0)
		return refuse_empty(s);
	// RFC 9755 section 4. Octets that are no UTF-8 are not international mail but old mail that was damaged: it comes in as it is.
	if (a->header.eight_bit && !a->header.broken && !session_is_utf8(s))
		return op_fail(&s->op, RC_CANNOT,
			"the header has UTF-8 in it: ENABLE UTF8=ACCEPT or IMAP4rev2 first");
	return append_message_end(&s->op, a->append);
}

// Does what was parsed before. IMAP_MORE when the slice is over.
static int do_steps(struct session *s, struct append_intake *a)
{
	int rc = 0;
	while (rc == 0 && a->steps) {
		struct append_step *step = a->steps;
		if (step->kind == APPEND_MESSAGE)
			rc = message_begin(s, a, &step->meta, 0);
		else if (step->kind == APPEND_URL)
			rc = catenate_url(s, a, step->url);
		else
			rc = message_end(s, a);
		if (rc == 0)
			a->steps = step->next;
	}
	return rc;
}

// Parses the piece, up to the literal. LITERAL_STREAM: it is a->piece, and its steps are to be done.
static int take_piece(struct session *s, struct command *c, struct cursor *piece,
	const struct literal_header *header, struct append_intake *a)
{
	struct append_piece *p = &a->piece;
	struct literal_header h;
	struct span mailbox = SPAN_NONE;
	int rc = parse_piece(s, c, piece, a, p, &mailbox);
	if (rc < 0)
		return rc;
	cursor_open_literal(piece, &h);
	if (cursor_is_bad(piece))
		return LITERAL_COLLECT;
	if (header->size == 0 && !p->catenating)
		return refuse_empty(s);
	if (!a->append)
		rc = intake_begin(s, a, mailbox);
	a->steps = p->steps;
	return rc < 0 ? rc : LITERAL_STREAM;
}

int append_intake_literal(struct session *s, struct command *c, struct cursor *piece,
	const struct literal_header *header, struct append_intake *a)
{
	struct append_piece *p = &a->piece;
	int rc = a->waits ? LITERAL_STREAM : take_piece(s, c, piece, header, a);
	if (rc != LITERAL_STREAM)
		return rc;
	rc = do_steps(s, a);
	a->waits = rc == IMAP_MORE;
	if (a->waits)
		return LITERAL_LATER;
	if (rc == 0 && p->catenating)
		rc = append_expect(&s->op, a->append, header->size);
	else if (rc == 0)
		rc = message_begin(s, a, &p->meta, header->size);
	a->close = p->opened;
	a->catenating = p->catenating;
	return rc < 0 ? rc : LITERAL_STREAM;
}

// UTF-8 by the shape of its octets (RFC 3629 section 3): enough to tell mail with UTF-8 headers from mail with damage in its headers.
static void scan_char(struct append_scan *h, unsigned char ch)
{
	if (h->missing) {
		h->broken |= (ch & 0xc0) != 0x80;
		h->missing--;
		return;
	}
	if (ch < 0x80)
		return;
	h->eight_bit = true;
	h->missing = ch >= 0xf0 ? 3 : ch >= 0xe0 ? 2 : 1;
	h->broken |= ch < 0xc2 || ch > 0xf4;
}

// Line by line: nearly all are ASCII, which is soon seen.
static void scan_header(struct append_scan *h, struct span octets)
{
	while (octets.n && !h->over) {
		size_t lf = span_find_char(octets, '\n');
		struct span line = span_cut(octets, 0, lf);
		bool ends = lf < octets.n;
		octets = span_skip(octets, lf + ends);
		for (size_t i = 0; i < line.n && h->line_empty; i++)
			h->line_empty = line.p[i] == '\r';
		bool plain = !h->missing && span_is_ascii(line);
		for (size_t i = 0; i < line.n && !plain; i++)
			scan_char(h, (unsigned char)line.p[i]);
		if (ends) {
			scan_char(h, '\n');
			h->over = h->line_empty;
			h->line_empty = true;
		}
	}
}

int append_intake_data(struct session *s, struct append_intake *a, struct span octets)
{
	scan_header(&a->header, octets);
	a->octets += octets.n;
	return append_data(&s->op, a->append, octets);
}

int append_intake_stored(struct session *s, struct append_intake *a, struct span octets)
{
	scan_header(&a->header, octets);
	a->octets += octets.n;
	return append_data_exact(&s->op, a->append, octets);
}

int append_intake_end(struct session *s, struct append_intake *a)
{
	return a->catenating ? 0 : message_end(s, a);
}

// The last piece: behind the last literal, or all of the command, if it is catenated of URLs alone.
int append_intake_parse(
	struct session *s, struct command *c, struct cursor *in, struct append_intake *a)
{
	struct append_piece p;
	int rc = parse_piece(s, c, in, a, &p, &a->mailbox);
	if (rc == 0 && (p.catenating || (!a->append && !p.steps) || !cursor_at_end(in)))
		cursor_fail(in, "a message as a literal");
	a->steps = p.steps;
	return rc;
}

int append_intake_run(struct session *s, struct append_intake *a)
{
	int rc = a->append ? 0 : intake_begin(s, a, a->mailbox);
	return rc < 0 ? rc : do_steps(s, a);
}

const char *append_intake_code(struct session *s, const struct append_intake *a)
{
	struct buf code = { 0 };
	buf_addf(&code, "APPENDUID %u ", a->result.uid_validity);
	numset_print(&a->result.uids, &code);
	const char *text = code.failed ? NULL : arena_str(&s->op.arena, buf_span(&code));
	buf_done(&code);
	return text;
}

void append_intake_done(struct append_intake *a)
{
	catenate_done(a);
	if (!a->committed)
		append_abort(a->append);
	numset_done(&a->result.uids);
}

// --- APPEND ---

static int intake_of(struct session *s, struct command *c, struct append_intake **ret_intake)
{
	if (!c->args)
		c->args = op_new(&s->op, struct append_intake);
	*ret_intake = c->args;
	return c->args ? 0 : RC_NOMEM;
}

static int append_literal(struct session *s, struct command *c, struct cursor *piece,
	const struct literal_header *header)
{
	struct append_intake *a;
	int rc = intake_of(s, c, &a);
	return rc < 0 ? rc : append_intake_literal(s, c, piece, header, a);
}

static int append_octets(struct session *s, struct command *c, struct span octets)
{
	return append_intake_data(s, c->args, octets);
}

static int append_octets_end(struct session *s, struct command *c)
{
	return append_intake_end(s, c->args);
}

static int append_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct append_intake *a;
	int rc = intake_of(s, c, &a);
	return rc < 0 ? rc : append_intake_parse(s, c, in, a);
}

static int append_run(struct session *s, struct command *c)
{
	struct append_intake *a = c->args;
	int rc = a->committed ? 0 : append_intake_run(s, a);
	if (rc)
		return rc;
	if (!a->committed) {
		a->committed = true;
		struct span mailbox = arena_dup(&s->op.arena, append_mailbox(a->append));
		session_commit_begin(s);
		rc = append_commit(&s->op, a->append, &a->result);
		if (rc == 0)
			notify_own(s, mailbox, &a->result.uids);
	}
	int committed = session_commit(s);
	if (rc < 0 || committed)
		return rc < 0 ? rc : committed;
	return command_ok(
		s, append_intake_code(s, a), "APPEND completed"); // done, with a code or without
}

static void append_done(struct session *s, struct command *c)
{
	(void)s;
	if (c->args)
		append_intake_done(c->args);
}

static const struct imap_stream stream = {
	.literal = append_literal,
	.data = append_octets,
	.end = append_octets_end,
};
static const struct imap_command commands[] = {
	{ "APPEND", STATE_AUTHENTICATED | STATE_SELECTED | CMD_CHANGES, append_parse, append_run,
		append_done, &stream, NULL },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "MULTIAPPEND", CAP_AFTER_LOGIN, NULL, NULL, "RFC 3502" },
	{ "BINARY", CAP_AFTER_LOGIN, NULL, NULL, "RFC 3516" },
	{ NULL },
};

const struct imap_module imap_module_append = {
	.name = "append",
	.rfc = "RFC 9051, RFC 3502, RFC 3516",
	.capabilities = capabilities,
	.commands = commands,
};
