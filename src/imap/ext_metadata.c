// SPDX-License-Identifier: Apache-2.0
// METADATA (RFC 5464), LIST-METADATA (RFC 9590): annotations of mailboxes and of the server; mail/metadata.h keeps them. What is /shared of the
// server is the administrator's: it comes from the configuration, and nobody sets it here. /private of the server is the user's.
#include "base/limits.h"
#include "imap/list.h"
#include "imap/module.h"
#include "imap/notify.h"
#include "mail/metadata.h"
#include "wire/write.h"

#include <assert.h>

// --- names ---

// entry = astring. `below`: may be a name that only others lie below. A fault, or the cursor's error.
static int take_entry(struct session *s, struct cursor *in, bool below, struct span *ret_name)
{
	struct span name = cursor_astring(in);
	return cursor_is_bad(in) ? 0 : metadata_name_check(&s->op, name, below, ret_name);
}

struct entries {
	struct span *v;
	size_t n;
};

static int entry_add(struct session *s, struct cursor *in, struct entries *e)
{
	if (!e->v)
		e->v = arena_array(&s->op.arena, IMAP_METADATA_NAMED_MAX, sizeof *e->v);
	if (!e->v)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	if (e->n == IMAP_METADATA_NAMED_MAX) {
		cursor_fail_rc(in, RC_LIMIT, "fewer entries");
		return 0;
	}
	int rc = take_entry(s, in, true, &e->v[e->n]);
	e->n += rc == 0 && !cursor_is_bad(in);
	return rc;
}

// "(" entry *(SP entry) ")"
static int entry_list(struct session *s, struct cursor *in, struct entries *e)
{
	int rc;
	cursor_char(in, '(', "a list of entries");
	do
		rc = entry_add(s, in, e);
	while (rc == 0 && cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
	return rc;
}

// mailbox, or "" for the server: *ret_name is empty then.
static int take_mailbox(struct session *s, struct cursor *in, struct span *ret_name)
{
	struct span text = cursor_astring(in);
	*ret_name = SPAN("");
	return cursor_is_bad(in) || text.n == 0 ? 0 : args_mailbox_name(s, text, ret_name);
}

// --- answering ---

struct answer { // to some entries of one mailbox
	struct session *s;
	const struct tree_entry *mailbox; // NULL: the server
	bool begun;                       // "* METADATA box (" was written
	bool found;                       // of one entry
	const struct entries *entries;    // what was asked for
	size_t at;                        // the one that is being answered
	uint32_t depth;
	uint32_t max, longest; // MAXSIZE, and what was longer
};

// entry-value = entry SP value
static void write_value(struct answer *a, struct span name, struct span value)
{
	struct rope *out = session_out(a->s);
	if (a->begun) {
		rope_addc(out, ' ');
	} else {
		rope_add(out, SPAN("* METADATA "));
		write_mailbox(out, a->mailbox ? a->mailbox->name : SPAN(""), session_is_utf8(a->s));
		rope_add(out, SPAN(" ("));
	}
	a->begun = true;
	write_astring(out, name, false);
	rope_addc(out, ' ');
	if (value.p && span_find_char(value, '\0') < value.n) {
		write_literal_header(out, value.n, true);
		rope_add(out, value);
	} else {
		write_nstring(out, value, session_is_utf8(a->s));
	}
}

static int answer_one(void *ctx, struct span name, struct span value)
{
	struct answer *a = ctx;
	struct buf uses = { 0 };
	a->found = true;
	for (size_t i = 0; i < a->at; i++) // told already
		if (metadata_levels_below(name, a->entries->v[i]) <= a->depth)
			return 0;
	if (a->mailbox && span_eq(name, METADATA_SPECIALUSE)) {
		list_uses_add(a->mailbox->uses, &uses);
		value = buf_span(&uses);
	}
	if (value.n <= a->max)
		write_value(a, name, value.p ? value : SPAN(""));
	else if (value.n > a->longest)
		a->longest = (uint32_t)value.n;
	buf_done(&uses);
	return 0;
}

static void answer_server(struct answer *a, struct span name)
{
	const struct imap_config *config = a->s->config;
	const struct {
		struct span name;
		const char *value;
	} rows[] = { { SPAN("/shared/admin"), config->admin },
		{ SPAN("/shared/comment"), config->comment } };
	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].value && metadata_levels_below(rows[i].name, name) <= a->depth)
			(void)answer_one(a, rows[i].name, span_str(rows[i].value));
}

// The METADATA response for these entries, if there is anything to tell. An entry that was asked for alone and is not there is NIL (RFC 9590
// section 4).
static int answer_all(struct answer *a)
{
	for (; a->at < a->entries->n; a->at++) {
		struct span name = a->entries->v[a->at];
		a->found = false;
		if (!a->mailbox)
			answer_server(a, name);
		int rc = metadata_read(
			&a->s->op, a->s->account, a->mailbox, name, a->depth, answer_one, a);
		if (rc < 0)
			return rc;
		bool again = false; // asked for twice
		for (size_t i = 0; i < a->at; i++)
			again = again || span_eq(a->entries->v[i], name);
		if (!a->found && a->depth == 0 && !again)
			write_value(a, name, SPAN_NONE);
	}
	if (a->begun)
		rope_add(session_out(a->s), SPAN(")\r\n"));
	return 0;
}

// --- GETMETADATA ---

struct get_args {
	struct span mailbox;
	struct entries entries;
	uint32_t depth, max;
};

// maxsize-opt = "MAXSIZE" SP number; scope-opt = "DEPTH" SP ("0" / "1" / "infinity")
static void get_options(struct get_args *a, struct cursor *in)
{
	cursor_char(in, '(', "a list of options");
	do {
		if (cursor_try_word(in, "MAXSIZE")) {
			cursor_sp(in);
			a->max = cursor_number(in);
		} else if (cursor_try_word(in, "DEPTH")) {
			cursor_sp(in);
			if (cursor_try_word(in, "infinity"))
				a->depth = METADATA_ALL;
			else if (cursor_try_word(in, "1"))
				a->depth = 1;
			else if (cursor_try_word(in, "0"))
				a->depth = 0;
			else
				cursor_fail(in, "0, 1 or infinity");
		} else {
			cursor_fail(in, "MAXSIZE or DEPTH");
		}
	} while (cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
}

// The examples of RFC 5464 have the options behind the mailbox, the grammar before it (errata 2785, 2786, 3868): both are understood.
static bool options_come(const struct cursor *in)
{
	size_t at = in->at + 1;
	return cursor_peek(in) == '(' && at < in->in.n && in->in.p[at] != '/' &&
		in->in.p[at] != '"' && in->in.p[at] != '{';
}

// getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
static int get_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct get_args *a = op_new(&s->op, struct get_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	a->max = UINT32_MAX;
	cursor_sp(in);
	if (cursor_peek(in) == '(') {
		get_options(a, in);
		cursor_sp(in);
	}
	int rc = take_mailbox(s, in, &a->mailbox);
	if (rc < 0)
		return rc;
	cursor_sp(in);
	if (options_come(in)) {
		get_options(a, in);
		cursor_sp(in);
	}
	return cursor_peek(in) == '(' ? entry_list(s, in, &a->entries)
				      : entry_add(s, in, &a->entries);
}

static int get_run(struct session *s, struct command *c)
{
	const struct get_args *a = c->args;
	struct answer answer = { .s = s, .max = a->max, .entries = &a->entries, .depth = a->depth };
	const struct tree *t = account_tree_ref(s->account);
	int rc = 0;
	if (a->mailbox.n) {
		bool found;
		size_t at = tree_find(t, a->mailbox, &found);
		if (found && t->entries[at].mailbox)
			answer.mailbox = &t->entries[at];
		else
			rc = op_fail(&s->op, RC_NONEXISTENT, "there is no mailbox of that name");
	}
	if (rc == 0)
		rc = answer_all(&answer);
	tree_unref(t);
	if (rc < 0 || !answer.longest)
		return rc;
	struct buf code = { 0 };
	buf_addf(&code, "METADATA LONGENTRIES %u", answer.longest);
	const char *text = code.failed ? NULL : arena_str(&s->op.arena, buf_span(&code));
	buf_done(&code);
	return text ? command_ok(s, text, "GETMETADATA completed, longer entries left out")
		    : op_fail(&s->op, RC_NOMEM, "out of memory");
}

// --- SETMETADATA ---

struct set_args {
	struct span mailbox;
	struct metadata_change *changes;
	size_t count;
};

// The special uses that the text names. RC_USEATTR.
static int take_uses(struct session *s, struct span text, unsigned *ret_uses)
{
	*ret_uses = 0;
	while (text.n) {
		struct span word;
		text = span_split(text, ' ', &word);
		unsigned use = list_use_of(word);
		if (!use && word.n)
			return op_fail(&s->op, RC_USEATTR, "special use %.*s is not supported",
				(int)(word.n > 40 ? 40 : word.n), word.p);
		*ret_uses |= use;
	}
	return 0;
}

// entry-value = entry SP value; value = nstring / literal8
static int take_change(struct session *s, struct cursor *in, struct set_args *a)
{
	struct metadata_change *m = &a->changes[a->count];
	if (a->count == IMAP_METADATA_NAMED_MAX) {
		cursor_fail_rc(in, RC_LIMIT, "fewer entries");
		return 0;
	}
	int rc = take_entry(s, in, false, &m->name);
	cursor_sp(in);
	m->value = cursor_try_word(in, "NIL") ? SPAN_NONE : cursor_any_string(in);
	if (!cursor_is_bad(in))
		a->count++;
	return rc;
}

// setmetadata = "SETMETADATA" SP mailbox SP entry-values
static int set_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct set_args *a = op_new(&s->op, struct set_args);
	if (a)
		a->changes =
			arena_array(&s->op.arena, IMAP_METADATA_NAMED_MAX + 1, sizeof *a->changes);
	if (!a || !a->changes)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	c->args = a;
	cursor_sp(in);
	int rc = take_mailbox(s, in, &a->mailbox);
	cursor_sp(in);
	cursor_char(in, '(', "a list of entries and values");
	do
		rc = rc < 0 ? rc : take_change(s, in, a);
	while (rc == 0 && cursor_try_sp(in));
	if (rc < 0)
		return rc;
	cursor_char(in, ')', "a space or )");
	return 0;
}

// What may not be set here; what /private/specialuse means.
static int look_at(struct session *s, struct set_args *a)
{
	for (size_t i = 0; i < a->count; i++) {
		struct metadata_change *m = &a->changes[i];
		if (a->mailbox.n == 0 && span_starts(m->name, SPAN("/shared/")))
			return op_fail(&s->op, RC_NOPERM,
				"shared entries of the server are set by its administrator");
		int rc = a->mailbox.n && span_eq(m->name, METADATA_SPECIALUSE)
			? take_uses(s, m->value, &m->uses)
			: 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int set_run(struct session *s, struct command *c)
{
	struct set_args *a = c->args;
	static_assert(METADATA_VALUE_MAX == 65536, "the code below says so");
	int rc = look_at(s, a);
	if (rc == 0)
		rc = metadata_set(&s->op, s->account, a->mailbox, a->changes, a->count);
	if (rc == METADATA_TOO_BIG)
		return command_no(s, "METADATA MAXSIZE 65536", "a value is too long");
	if (rc == METADATA_TOO_MANY)
		return command_no(s, "METADATA TOOMANY", "too many entries");
	return rc;
}

// --- LIST RETURN (METADATA (entry ...)) ---

// return-option =/ "METADATA" SP "(" entry *(SP entry) ")"
static int list_parse(struct session *s, struct command *c, struct cursor *in, void **ret_arg)
{
	(void)c;
	struct entries *e = op_new(&s->op, struct entries);
	if (!e)
		return RC_NOMEM;
	*ret_arg = e;
	cursor_sp(in);
	return entry_list(s, in, e);
}

static int list_write_metadata(struct session *s, void *arg, const struct tree_entry *entry)
{
	struct answer a = { .s = s, .mailbox = entry, .entries = arg, .max = UINT32_MAX };
	return answer_all(&a);
}

#define LOGGED_IN (STATE_AUTHENTICATED | STATE_SELECTED)
static const struct imap_capability capabilities[] = {
	{ "METADATA", CAP_AFTER_LOGIN, NULL, NULL, "RFC 5464" },
	{ "LIST-METADATA", CAP_AFTER_LOGIN, NULL, NULL, "RFC 9590" },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "GETMETADATA", LOGGED_IN, get_parse, get_run, NULL, NULL, NULL },
	{ "SETMETADATA", LOGGED_IN, set_parse, set_run, NULL, NULL, NULL },
	{ NULL },
};
static const struct imap_enable enables[] = {
	{ "METADATA", ENABLED_METADATA, notify_enable_metadata },
	{ NULL },
};
static const struct imap_list_return list_returns[] = {
	{ "METADATA", list_parse, list_write_metadata },
	{ NULL },
};

const struct imap_module imap_module_metadata = {
	.name = "metadata",
	.rfc = "RFC 5464, RFC 9590",
	.capabilities = capabilities,
	.commands = commands,
	.enables = enables,
	.list_returns = list_returns,
};
