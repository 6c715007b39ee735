// SPDX-License-Identifier: Apache-2.0
// SEARCH programs: from text to keys (RFC 9051 section 6.4.4, RFC 3501 section 6.4.4). Without recursion: keys that wait for their children
// are a list in the arena, held to SEARCH_DEPTH_MAX.
//
// Strings become UTF-8 here. Without CHARSET, and under US-ASCII, octets above 0x7f are read as UTF-8 (RFC 9051 section 6.4.4; for rev1 clients
// that forget to say so, see users.md section 1.5). What is no text of the charset is a BAD: better than to find nothing.
#include "base/buf.h"
#include "base/limits.h"
#include "imap/module.h"
#include "imap/search.h"
#include "mail/view.h"
#include "mime/charset.h"

// --- operands ---

// Whether the octets mean the same in UTF-8 as they stand.
static bool is_utf8_charset(struct span charset)
{
	return !charset.p || span_caseeq(charset, SPAN("UTF-8")) ||
		span_caseeq(charset, SPAN("US-ASCII")) || span_caseeq(charset, SPAN("UTF8"));
}

static bool is_ascii_based(struct span charset)
{
	struct charset_conv conv;
	charset_conv_init(&conv, charset);
	bool based = charset_conv_is_ascii_based(&conv);
	charset_conv_done(&conv);
	return based;
}

int search_take_string(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	cursor_sp(in);
	size_t at = in->at;
	key->text = cursor_astring(in);
	if (cursor_is_bad(in) || args->charset_unknown)
		return 0;
	if (is_utf8_charset(args->charset)) {
		if (!span_is_utf8(key->text))
			cursor_fail_at(in, at, "a string in UTF-8");
		return 0;
	}
	if (span_is_ascii(key->text) && is_ascii_based(args->charset))
		return 0;
	if (!charset_check(args->charset, key->text)) {
		cursor_fail_at(in, at, "a string in the charset that was named");
		return 0;
	}
	struct buf utf8 = { 0 };
	charset_to_utf8(args->charset, key->text, &utf8);
	key->text = utf8.failed ? SPAN_NONE : arena_dup(&s->op.arena, buf_span(&utf8));
	bool fine = key->text.p || (utf8.n == 0 && !utf8.failed);
	buf_done(&utf8);
	return fine ? 0 : op_fail(&s->op, RC_NOMEM, "out of memory");
}

int search_take_date(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	(void)s;
	(void)args;
	cursor_sp(in);
	key->day = cursor_date(in);
	return 0;
}

int search_take_number(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	(void)s;
	(void)args;
	cursor_sp(in);
	key->number = cursor_number64(in);
	return 0;
}

int search_take_seconds(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	(void)s;
	(void)args;
	cursor_sp(in);
	key->number = cursor_nz_number(in);
	return 0;
}

// "KEYWORD" SP flag-keyword
static int take_keyword(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	(void)s;
	(void)args;
	cursor_sp(in);
	key->text = cursor_keyword(in);
	return 0;
}

static int take_unkeyword(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	struct search_key *child = op_new(&s->op, struct search_key);
	if (!child)
		return RC_NOMEM;
	child->kind = SEARCH_KEYWORD;
	key->child = child;
	return take_keyword(s, in, args, child);
}

// "HEADER" SP header-fld-name SP astring
static int take_header(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	cursor_sp(in);
	key->name = cursor_astring(in);
	return search_take_string(s, in, args, key);
}

static int take_set(struct session *s, struct cursor *in, struct search_args *args,
	struct search_key *key, bool uid)
{
	struct search_set *set = op_new(&s->op, struct search_set);
	if (!set)
		return RC_NOMEM;
	cursor_sequence_set(in, &set->set);
	set->uid = uid;
	set->key = key;
	set->next = args->sets;
	args->sets = set;
	key->kind = SEARCH_UIDS;
	key->set = &set->uids;
	return 0;
}

// "UID" SP sequence-set
static int take_uids(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	cursor_sp(in);
	return take_set(s, in, args, key, true);
}

// RFC 9051 took NEW, OLD and RECENT out.
static bool is_rev1(const struct session *s)
{
	return !session_is_rev2(s);
}

#define HAS(name, flag)                                                                            \
	{                                                                                          \
		name,                                                                              \
		{                                                                                  \
			.kind = SEARCH_FLAGS, .flags_mask = flag, .flags_value = flag              \
		}                                                                                  \
	}
#define LACKS(name, flag)                                                                          \
	{                                                                                          \
		name,                                                                              \
		{                                                                                  \
			.kind = SEARCH_FLAGS, .flags_mask = flag                                   \
		}                                                                                  \
	}
#define FIELD(key, field)                                                                          \
	{                                                                                          \
		key, { .kind = SEARCH_HEADER, .name = SPAN(field) }, 0, search_take_string, NULL   \
	}

const struct search_key_row search_base_keys[] = {
	{ "ALL", { .kind = SEARCH_ALL } },
	{ "NOT", { .kind = SEARCH_NOT }, 1, NULL, NULL },
	{ "OR", { .kind = SEARCH_OR }, 2, NULL, NULL },
	{ "UID", { .kind = SEARCH_UIDS }, 0, take_uids, NULL },
	HAS("ANSWERED", FLAG_ANSWERED),
	HAS("DELETED", FLAG_DELETED),
	HAS("DRAFT", FLAG_DRAFT),
	HAS("FLAGGED", FLAG_FLAGGED),
	HAS("SEEN", FLAG_SEEN),
	LACKS("UNANSWERED", FLAG_ANSWERED),
	LACKS("UNDELETED", FLAG_DELETED),
	LACKS("UNDRAFT", FLAG_DRAFT),
	LACKS("UNFLAGGED", FLAG_FLAGGED),
	LACKS("UNSEEN", FLAG_SEEN),
	{ "KEYWORD", { .kind = SEARCH_KEYWORD }, 0, take_keyword, NULL },
	{ "UNKEYWORD", { .kind = SEARCH_NOT }, 0, take_unkeyword, NULL },
	FIELD("BCC", "Bcc"),
	FIELD("CC", "Cc"),
	FIELD("FROM", "From"),
	FIELD("SUBJECT", "Subject"),
	FIELD("TO", "To"),
	{ "HEADER", { .kind = SEARCH_HEADER }, 0, take_header, NULL },
	{ "BODY", { .kind = SEARCH_BODY }, 0, search_take_string, NULL },
	{ "TEXT", { .kind = SEARCH_TEXT }, 0, search_take_string, NULL },
	{ "BEFORE", { .kind = SEARCH_BEFORE }, 0, search_take_date, NULL },
	{ "ON", { .kind = SEARCH_ON }, 0, search_take_date, NULL },
	{ "SINCE", { .kind = SEARCH_SINCE }, 0, search_take_date, NULL },
	{ "SENTBEFORE", { .kind = SEARCH_SENTBEFORE }, 0, search_take_date, NULL },
	{ "SENTON", { .kind = SEARCH_SENTON }, 0, search_take_date, NULL },
	{ "SENTSINCE", { .kind = SEARCH_SENTSINCE }, 0, search_take_date, NULL },
	{ "LARGER", { .kind = SEARCH_LARGER }, 0, search_take_number, NULL },
	{ "SMALLER", { .kind = SEARCH_SMALLER }, 0, search_take_number, NULL },
	{ "NEW",
		{ .kind = SEARCH_FLAGS,
			.flags_mask = FLAG_RECENT | FLAG_SEEN,
			.flags_value = FLAG_RECENT },
		0, NULL, is_rev1 },
	{ "OLD", { .kind = SEARCH_FLAGS, .flags_mask = FLAG_RECENT }, 0, NULL, is_rev1 },
	{ "RECENT", { .kind = SEARCH_FLAGS, .flags_mask = FLAG_RECENT, .flags_value = FLAG_RECENT },
		0, NULL, is_rev1 },
	{ NULL },
};

// --- keys ---

struct open_key { // a key that waits for children
	struct search_key *key, **tail;
	unsigned missing; // children still to come; 0: any number, up to ")"
	struct open_key *parent;
};
struct parser {
	struct session *s;
	struct cursor *in;
	struct search_args *args;
	struct open_key *top; // the innermost one
	unsigned depth, keys;
};

static struct search_key *add_key(struct parser *p)
{
	struct search_key *key = op_new(&p->s->op, struct search_key);
	if (!key)
		return NULL;
	if (++p->keys > SEARCH_KEYS_MAX)
		cursor_fail_rc(p->in, RC_LIMIT, "fewer search keys");
	if (p->top) {
		*p->top->tail = key;
		p->top->tail = &key->next;
	}
	return key;
}

static int open_key(struct parser *p, struct search_key *key, unsigned children)
{
	struct open_key *open = op_new(&p->s->op, struct open_key);
	if (!open)
		return RC_NOMEM;
	if (++p->depth > SEARCH_DEPTH_MAX)
		cursor_fail_rc(p->in, RC_LIMIT, "search keys that are nested less deeply");
	*open = (struct open_key){ key, &key->child, children, p->top };
	p->top = open;
	return 0;
}

static void close_key(struct parser *p)
{
	p->top = p->top->parent;
	p->depth--;
}

// search-key, or the beginning of one that has children (*ret_opened).
static int parse_key(struct parser *p, bool *ret_opened)
{
	struct cursor *in = p->in;
	struct search_key *key = add_key(p);
	if (!key)
		return RC_NOMEM;
	*ret_opened = true;
	if (cursor_try_char(in, '(')) {
		key->kind = SEARCH_AND;
		return open_key(p, key, 0);
	}
	int next = cursor_peek(in);
	if ((next >= '0' && next <= '9') || next == '*' || next == '$') {
		*ret_opened = false;
		if (p->s->enabled & ENABLED_UIDONLY) // RFC 9586 section 3.5
			cursor_fail_rc(in, RC_UIDREQUIRED, "UID and a set of UIDs");
		return take_set(p->s, in, p->args, key, false);
	}
	size_t at = in->at;
	struct span name = cursor_name(in, "a search key");
	const struct search_key_row *row =
		cursor_is_bad(in) ? NULL : module_find(MODULE_TABLE(search_keys), name);
	if (!row || (row->is_offered && !row->is_offered(p->s))) {
		cursor_fail_at(in, at, "a search key");
		return 0;
	}
	*key = row->key;
	if (row->children) {
		cursor_sp(in);
		return open_key(p, key, row->children);
	}
	*ret_opened = false;
	return row->parse ? row->parse(p->s, in, p->args, key) : 0;
}

// Behind a complete key: goes up to the key that takes another child. False: the program is complete, or wrong.
static bool next_key(struct parser *p)
{
	struct cursor *in = p->in;
	while (!cursor_is_bad(in)) {
		struct open_key *top = p->top;
		if (top->missing > 1) {
			top->missing--;
			cursor_sp(in);
			return true;
		}
		if (top->missing == 0) {
			if (cursor_try_sp(in))
				return true;
			if (!top->parent)
				return false;
			cursor_char(in, ')', "a space or )");
		}
		close_key(p);
	}
	return false;
}

int search_keys_parse(struct session *s, struct cursor *in, struct search_args *args)
{
	struct parser p = { .s = s, .in = in, .args = args };
	struct search_key *all = add_key(&p);
	bool opened = false;
	if (!all)
		return RC_NOMEM;
	all->kind = SEARCH_AND;
	all->collation = s->collation;
	args->program = all;
	int rc = open_key(&p, all, 0);
	do {
		if (rc == 0 && !cursor_is_bad(in))
			rc = parse_key(&p, &opened);
	} while (rc == 0 && !cursor_is_bad(in) && (opened || next_key(&p)));
	return rc;
}

// --- charsets ---

void search_charset_parse(struct session *s, struct cursor *in, struct search_args *args)
{
	size_t at = in->at;
	args->charset = cursor_charset(in);
	if (cursor_is_bad(in))
		return;
	// RFC 9755 section 3 has no use for a charset any more; one that says what is so does no harm (users.md section 1.5).
	if (s->enabled & ENABLED_UTF8 && !is_utf8_charset(args->charset))
		cursor_fail_at(in, at, "no charset but UTF-8 after ENABLE UTF8=ACCEPT");
	args->charset_unknown = !charset_is_known(args->charset);
}

int search_bad_charset(struct session *s, const struct search_args *args)
{
	struct buf code = { 0 };
	buf_add(&code, SPAN("BADCHARSET ("));
	for (size_t i = 0; charset_nth(i).p; i++) {
		if (i)
			buf_addc(&code, ' ');
		buf_add(&code, charset_nth(i));
	}
	buf_addc(&code, ')');
	const char *text = code.failed ? NULL : arena_str(&s->op.arena, buf_span(&code));
	buf_done(&code);
	return command_no(s, text ? text : "BADCHARSET", "the charset \"%.*s\" is not supported",
		(int)(args->charset.n > 40 ? 40 : args->charset.n), args->charset.p);
}

int search_program_parse(struct session *s, struct cursor *in, struct search_args *args)
{
	if (cursor_try_word(in, "CHARSET")) {
		cursor_sp(in);
		search_charset_parse(s, in, args);
		cursor_sp(in);
	}
	return search_keys_parse(s, in, args);
}

// --- sets ---

// RFC 7377 section 2: in "any SEARCH or UID SEARCH command, it MUST NOT be considered an error" that numbers go beyond the mailbox.
static int numbers_resolve(struct session *s, struct search_set *set)
{
	struct numset numbers = { 0 };
	seqset_resolve(&set->set, view_exists(s->view), &numbers);
	int rc = numbers.failed ? op_fail(&s->op, RC_NOMEM, "out of memory")
				: view_uids_of(&s->op, s->view, &numbers, &set->uids);
	numset_done(&numbers);
	return rc;
}

int search_sets_resolve(struct session *s, struct search_args *args)
{
	for (struct search_set *set = args->sets; set; set = set->next) {
		if (set->resolved)
			continue;
		if (set->set.saved && args->foreign)
			continue;
		if (set->set.saved) { // not changed before the end of this command
			set->key->set = &s->saved;
			continue;
		}
		// FETCH 1:* is an error in an empty mailbox; as a condition it just holds for no message.
		if (!set->uid && view_exists(s->view) == 0 && seqset_has_star(&set->set))
			continue;
		int rc = set->uid ? args_messages(s, &set->set, true, &set->uids)
				  : numbers_resolve(s, set);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void search_sets_forget(struct search_args *args)
{
	for (struct search_set *set = args->sets; set; set = set->next) {
		if (set->resolved)
			continue;
		numset_done(&set->uids);
		set->key->set = &set->uids;
	}
}

void search_sets_done(struct search_args *args)
{
	for (struct search_set *set = args->sets; set; set = set->next)
		numset_done(&set->uids);
}
