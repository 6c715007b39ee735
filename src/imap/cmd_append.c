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
static int parse_opts(struct session *s, struct command *c, struct cursor *in,
	struct append_intake *a, struct append_meta *meta)
{
	int rc = 0;
	*meta = (struct append_meta){ .internal_date = INT64_MIN };
	a->opened = false;
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
			a->opened = true;
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

int append_intake_literal(struct session *s, struct command *c, struct cursor *piece,
	const struct literal_header *header, struct append_intake *a)
{
	struct append_meta meta;
	struct literal_header h;
	struct span mailbox = SPAN_NONE;
	int rc = 0;
	if (a->close)
		cursor_char(piece, ')', ")");
	if (!a->append) {
		cursor_sp(piece);
		rc = args_mailbox(s, piece, &mailbox);
	}
	if (rc == 0 && !cursor_is_bad(piece))
		rc = parse_opts(s, c, piece, a, &meta);
	if (rc < 0)
		return rc;
	cursor_open_literal(piece, &h);
	if (cursor_is_bad(piece))
		return piece->open ? LITERAL_COLLECT : 0;
	if (header->size ==
		0) // RFC 3502 section 6.3.11: an empty message takes the whole APPEND back
		return op_fail(&s->op, RC_CANCELLED, "an empty message: nothing was appended");
	uint32_t limit = save_limit(s) > APPEND_MESSAGES_MAX ? APPEND_MESSAGES_MAX : save_limit(s);
	if (limit && a->messages++ == limit) // all or nothing (RFC 9738 section 3.1)
		return message_limit_refuse(s, limit, (struct uid){ 0 });
	if (!a->append) {
		rc = append_begin(&s->op, s->account, mailbox, &a->append);
		if (rc == 0)
			rc = append_compare(&s->op, a->append);
	}
	if (rc == 0)
		rc = keywords_keep(s, &meta.flags);
	if (rc == 0)
		rc = append_message(&s->op, a->append, &meta, header->size);
	a->header = (struct append_scan){ .line_empty = true };
	a->close = a->opened;
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

static void scan_header(struct append_scan *h, struct span octets)
{
	for (size_t i = 0; i < octets.n && !h->over; i++) {
		unsigned char ch = (unsigned char)octets.p[i];
		if (ch == '\n') {
			h->over = h->line_empty;
			h->line_empty = true;
		} else if (ch != '\r') {
			h->line_empty = false;
		}
		scan_char(h, ch);
	}
}

int append_intake_data(struct session *s, struct append_intake *a, struct span octets)
{
	scan_header(&a->header, octets);
	return append_data(&s->op, a->append, octets);
}

int append_intake_end(struct session *s, struct append_intake *a)
{
	// RFC 9755 section 4. Octets that are no UTF-8 are not international mail but old mail that was damaged: it comes in as it is.
	if (a->header.eight_bit && !a->header.broken && !session_is_utf8(s))
		return op_fail(&s->op, RC_CANNOT,
			"the header has UTF-8 in it: ENABLE UTF8=ACCEPT or IMAP4rev2 first");
	return append_message_end(&s->op, a->append);
}

// The last piece: nothing, behind the last message, or the ")" of UTF8 (...).
int append_intake_parse(
	struct session *s, struct command *c, struct cursor *in, struct append_intake *a)
{
	struct append_meta meta;
	struct span mailbox;
	int rc = 0;
	if (a->close)
		cursor_char(in, ')', ")");
	if (!a->append) { // no literal came: say what is missing where
		cursor_sp(in);
		rc = args_mailbox(s, in, &mailbox);
		if (rc == 0 && !cursor_is_bad(in))
			rc = parse_opts(s, c, in, a, &meta);
		cursor_fail(in, "a message as a literal");
	}
	return rc;
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
	int rc = 0;
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
