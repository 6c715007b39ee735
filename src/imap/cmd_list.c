// SPDX-License-Identifier: Apache-2.0
// LIST in full (RFC 9051 section 6.3.9, RFC 5258), with SPECIAL-USE (RFC 6154) and STATUS (RFC 5819), and rev1's LSUB (RFC 3501 section 6.3.9).
//
// The tree is an immutable picture of all names. run() walks it once; with RECURSIVEMATCH, and for LSUB's "%", it is walked first to mark the
// parents of what is selected: a bit for those that are entries, a list of those that are not. It writes until the output is full and goes
// on later from the same picture.
#include "base/limits.h"
#include "imap/list.h"
#include "imap/list_match.h"
#include "imap/session_priv.h"
#include "imap/status.h"

#include <stdlib.h>

#define RETURNS_MAX 8u

enum { // options: bits
	SELECT_SUBSCRIBED = 1,
	SELECT_REMOTE = 2,
	SELECT_RECURSIVEMATCH = 4,
	SELECT_SPECIAL_USE = 8,
	RETURN_SUBSCRIBED = 16,
	RETURN_CHILDREN = 32,
	RETURN_SPECIAL_USE = 64,
	RETURN_STATUS = 128,
};
#define SELECT_BASE (SELECT_SUBSCRIBED | SELECT_SPECIAL_USE)

// What is known of an entry's descendants: bits of list_args.below.
enum {
	BELOW_SELECTED = 1, // one meets the selection criteria
	BELOW_HIDDEN = 2,   // and matches no pattern
};
struct list_args {
	unsigned options;
	bool extended; // the extended syntax (RFC 9051 section 6.3.9)
	bool lsub;
	bool root; // LIST ref "": the hierarchy delimiter
	struct span reference;
	struct span *texts; // patterns as given
	size_t count;
	struct list_pattern *patterns;
	size_t pattern_count;
	struct status_items status;
	const struct imap_list_return *returns[RETURNS_MAX];
	void *return_args[RETURNS_MAX];
	size_t return_count;
	// run
	const struct tree *tree;
	uint8_t *below;       // for each entry, RECURSIVEMATCH and LSUB
	struct span *parents; // that are no entries; sorted, unique once prepared
	size_t parent_count, parent_cap;
	size_t at, parent_at;
	bool prepared;
};

// --- parsing ---

static void option(struct list_args *a, struct cursor *in, size_t at, unsigned bit)
{
	if (bit)
		a->options |= bit;
	else
		cursor_fail_at(in, at, "a known option of LIST");
}

// list-select-opts = "(" [list-select-opt *(SP list-select-opt)] ")"
static void select_options(struct list_args *a, struct cursor *in)
{
	cursor_char(in, '(', "a list of options");
	if (cursor_try_char(in, ')'))
		return;
	do {
		size_t at = in->at;
		struct span name = cursor_name(in, "a selection option");
		option(a, in, at,
			span_caseeq(name, SPAN("SUBSCRIBED"))               ? SELECT_SUBSCRIBED
				: span_caseeq(name, SPAN("REMOTE"))         ? SELECT_REMOTE
				: span_caseeq(name, SPAN("RECURSIVEMATCH")) ? SELECT_RECURSIVEMATCH
				: span_caseeq(name, SPAN("SPECIAL-USE"))    ? SELECT_SPECIAL_USE
									    : 0u);
	} while (cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
	if ((a->options & SELECT_RECURSIVEMATCH) && !(a->options & SELECT_BASE))
		cursor_fail(in, "SUBSCRIBED or SPECIAL-USE beside RECURSIVEMATCH");
}

static int module_option(struct session *s, struct command *c, struct cursor *in, struct span name)
{
	struct list_args *a = c->args;
	const struct imap_list_return *row = module_find(MODULE_TABLE(list_returns), name);
	if (!row || a->return_count == RETURNS_MAX) {
		cursor_fail(in, "a known return option of LIST");
		return 0;
	}
	size_t i = a->return_count++;
	a->returns[i] = row;
	return row->parse ? row->parse(s, c, in, &a->return_args[i]) : 0;
}

// list-return-opts = "RETURN" SP "(" [list-return-opt *(SP list-return-opt)] ")"
static int return_options(struct session *s, struct command *c, struct cursor *in)
{
	struct list_args *a = c->args;
	if (!cursor_try_word(in, "RETURN"))
		cursor_fail(in, "RETURN");
	cursor_sp(in);
	cursor_char(in, '(', "a list of options");
	if (cursor_try_char(in, ')'))
		return 0;
	do {
		struct span name = cursor_name(in, "a return option");
		int rc = 0;
		if (span_caseeq(name, SPAN("SUBSCRIBED"))) {
			a->options |= RETURN_SUBSCRIBED;
		} else if (span_caseeq(name, SPAN("CHILDREN"))) {
			a->options |= RETURN_CHILDREN;
		} else if (span_caseeq(name, SPAN("SPECIAL-USE"))) {
			a->options |= RETURN_SPECIAL_USE;
		} else if (span_caseeq(name, SPAN("STATUS"))) {
			a->options |= RETURN_STATUS;
			cursor_sp(in);
			status_items_take(s, in, &a->status);
		} else if (!cursor_is_bad(in)) {
			rc = module_option(s, c, in, name);
		}
		if (rc < 0)
			return rc;
	} while (cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
	return 0;
}

// mbox-or-pat = list-mailbox / patterns; patterns = "(" list-mailbox *(SP list-mailbox) ")" (RFC 5258 section 6)
static void mailbox_or_patterns(struct session *s, struct list_args *a, struct cursor *in)
{
	bool many = cursor_try_char(in, '(');
	a->texts = arena_array(&s->op.arena, many ? IMAP_PATTERNS_MAX : 1, sizeof *a->texts);
	if (!a->texts) {
		cursor_fail_rc(in, RC_LIMIT, "fewer patterns");
		return;
	}
	a->texts[a->count++] = cursor_list_mailbox(in);
	while (many && cursor_try_sp(in)) {
		if (a->count == IMAP_PATTERNS_MAX) {
			cursor_fail_rc(in, RC_LIMIT, "fewer patterns");
			return;
		}
		a->texts[a->count++] = cursor_list_mailbox(in);
	}
	if (many) {
		cursor_char(in, ')', "a space or )");
		a->extended = true;
	}
}

// Compiles what matches anything; a pattern that cannot be a name is silently ignored (RFC 9051 section 6.3.9).
static void compile(struct session *s, struct list_args *a, struct span text)
{
	struct list_pattern *p = &a->patterns[a->pattern_count];
	struct span reference, pattern, name;
	if (args_mailbox_text(s, a->reference, &reference) < 0 ||
		args_mailbox_text(s, text, &pattern) < 0)
		return;
	// A name without wildcards may be in another Unicode form (RFC 9051 section 5.1).
	if (!span_is_ascii(pattern) && reference.n == 0 &&
		span_find_char(pattern, '*') == pattern.n &&
		span_find_char(pattern, '%') == pattern.n &&
		account_name_check(&s->op, pattern, &name) == 0)
		pattern = name;
	if (list_pattern_make(&s->op.arena, reference, pattern, p))
		a->pattern_count++;
}

static void compile_all(struct session *s, struct list_args *a)
{
	// A lone empty name asks for the delimiter; in the extended syntax empty names are ignored.
	a->root = !a->extended && !a->lsub && a->texts[0].n == 0;
	a->patterns = arena_array(&s->op.arena, a->count, sizeof *a->patterns);
	for (size_t i = 0; i < a->count && a->patterns; i++)
		if (a->texts[i].n)
			compile(s, a, a->texts[i]);
	s->op.rc = 0;
}

// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
static int list_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct list_args *a = op_new(&s->op, struct list_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	cursor_sp(in);
	if (cursor_peek(in) == '(') {
		a->extended = true;
		select_options(a, in);
		cursor_sp(in);
	}
	a->reference = cursor_astring(in);
	cursor_sp(in);
	mailbox_or_patterns(s, a, in);
	int rc = 0;
	if (cursor_try_sp(in)) {
		a->extended = true;
		rc = return_options(s, c, in);
	}
	if (!cursor_is_bad(in) && rc >= 0)
		compile_all(s, a);
	return rc;
}

// lsub = "LSUB" SP mailbox SP list-mailbox
static int lsub_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct list_args *a = op_new(&s->op, struct list_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	a->lsub = true;
	a->options = SELECT_SUBSCRIBED;
	cursor_sp(in);
	a->reference = cursor_astring(in);
	cursor_sp(in);
	a->texts = op_new(&s->op, struct span);
	if (!a->texts)
		return RC_NOMEM;
	a->texts[a->count++] = cursor_list_mailbox(in);
	if (!cursor_is_bad(in))
		compile_all(s, a);
	return 0;
}

// --- which names ---

// Some pattern matches; only those that end in "%" when `parents`.
static bool matches(const struct list_args *a, struct span name, bool parents)
{
	// INBOX is INBOX in any case, also where it is the first level of a name (RFC 9051 section 5.1).
	bool inbox = span_starts(name, SPAN("INBOX")) && (name.n == 5 || name.p[5] == '/');
	for (size_t i = 0; i < a->pattern_count; i++)
		if ((!parents || a->patterns[i].parents) &&
			list_pattern_match(&a->patterns[i], name, inbox ? 5 : 0))
			return true;
	return false;
}

// Meets the selection criteria.
static bool is_selected(const struct list_args *a, const struct tree_entry *e)
{
	if ((a->options & SELECT_SUBSCRIBED) && !e->subscribed)
		return false;
	if ((a->options & SELECT_SPECIAL_USE) && !(e->mailbox && e->uses))
		return false;
	return e->mailbox || (a->options & SELECT_SUBSCRIBED);
}

static bool parent_add(struct list_args *a, struct span name)
{
	if (a->parent_count && span_eq(a->parents[a->parent_count - 1], name))
		return true;
	if (a->parent_count == a->parent_cap) {
		size_t cap = a->parent_cap ? a->parent_cap * 2 : 16;
		struct span *p = realloc(a->parents, cap * sizeof *p);
		if (!p)
			return false;
		a->parents = p;
		a->parent_cap = cap;
	}
	a->parents[a->parent_count++] = name;
	return true;
}

// Marks every level above a selected name.
static bool mark_parents(struct list_args *a, struct span name, uint8_t marks)
{
	for (size_t i = 1; i < name.n; i++) {
		if (name.p[i] != '/')
			continue;
		struct span parent = span_cut(name, 0, i);
		bool found;
		size_t at = tree_find(a->tree, parent, &found);
		if (found)
			a->below[at] |= marks;
		else if ((marks & BELOW_HIDDEN) && !parent_add(a, parent))
			return false;
	}
	return true;
}

static int by_name(const void *x, const void *y)
{
	const struct span *a = x, *b = y;
	return span_cmp(*a, *b);
}

static void parents_unique(struct list_args *a)
{
	if (a->parent_count == 0)
		return;
	qsort(a->parents, a->parent_count, sizeof *a->parents, by_name);
	size_t n = 1;
	for (size_t i = 1; i < a->parent_count; i++)
		if (!span_eq(a->parents[i], a->parents[n - 1]))
			a->parents[n++] = a->parents[i];
	a->parent_count = n;
}

static bool has_parent_pattern(const struct list_args *a)
{
	for (size_t i = 0; i < a->pattern_count; i++)
		if (a->patterns[i].parents)
			return true;
	return false;
}

static int prepare(struct session *s, struct list_args *a)
{
	a->prepared = true;
	a->tree = account_tree_ref(s->account);
	if (!(a->options & SELECT_RECURSIVEMATCH) && !(a->lsub && has_parent_pattern(a)))
		return 0;
	a->below = op_alloc(&s->op, a->tree->count + 1);
	if (!a->below)
		return RC_NOMEM;
	for (size_t i = 0; i < a->tree->count; i++) {
		const struct tree_entry *e = &a->tree->entries[i];
		if (!is_selected(a, e))
			continue;
		uint8_t marks = BELOW_SELECTED;
		if (!matches(a, e->name, false))
			marks |= BELOW_HIDDEN;
		if (!mark_parents(a, e->name, marks))
			return op_fail(&s->op, RC_NOMEM, "out of memory");
	}
	parents_unique(a);
	return 0;
}

// --- writing ---

static const char *criteria(const struct list_args *a)
{
	bool subscribed = a->options & SELECT_SUBSCRIBED;
	if (!(a->options & SELECT_SPECIAL_USE))
		return "\"SUBSCRIBED\"";
	return subscribed ? "\"SUBSCRIBED\" \"SPECIAL-USE\"" : "\"SPECIAL-USE\"";
}

static unsigned line_flags(const struct session *s, const struct list_args *a)
{
	if (a->lsub)
		return LIST_LSUB;
	unsigned flags = 0;
	if (a->options & (SELECT_SUBSCRIBED | RETURN_SUBSCRIBED))
		flags |= LIST_SUBSCRIBED;
	if (!a->extended && !session_is_rev2(s))
		flags |= LIST_BASIC_REV1;
	return flags;
}

// What comes behind the LIST line of a mailbox that was selected.
static int more_of(struct session *s, struct list_args *a, const struct tree_entry *e)
{
	if (a->options & RETURN_STATUS)
		status_write(s, e->name, e->mailbox, &a->status);
	for (size_t i = 0; i < a->return_count; i++) {
		int rc = a->returns[i]->write(s, a->return_args[i], e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int entry_list(struct session *s, struct list_args *a, size_t at)
{
	const struct tree_entry *e = &a->tree->entries[at];
	uint8_t below = a->below ? a->below[at] : 0;
	struct list_line line = { .flags = line_flags(s, a), .criteria = criteria(a) };
	bool selected = is_selected(a, e);
	if (selected) {
		if (!matches(a, e->name, false))
			return 0;
	} else if (a->below) {
		// Only for a descendant that is not listed itself; LSUB: only levels that a "%" stands for.
		if (!(below & BELOW_HIDDEN) || !matches(a, e->name, a->lsub))
			return 0;
	} else if (e->mailbox || !e->has_children || (a->options & SELECT_BASE) ||
		!matches(a, e->name, true)) {
		return 0; // else: a level of hierarchy that "%" stands for
	}
	if (below && !a->lsub)
		line.flags |= LIST_CHILDINFO;
	struct tree_entry shown = *e;
	if (a->lsub && !selected)
		shown.mailbox = NULL;
	list_write(s, &shown, &line);
	return selected && e->mailbox && !a->lsub ? more_of(s, a, e) : 0;
}

static void parent_list(struct session *s, struct list_args *a, struct span name)
{
	if (!matches(a, name, a->lsub))
		return;
	struct tree_entry e = { .name = name, .has_children = false };
	struct list_line line = { .flags = line_flags(s, a) | (a->lsub ? 0u : LIST_CHILDINFO),
		.criteria = criteria(a) };
	list_write(s, &e, &line);
}

static int list_run(struct session *s, struct command *c)
{
	struct list_args *a = c->args;
	if (a->root) {
		rope_add(session_out(s), SPAN("* LIST (\\Noselect) \"/\" \"\"\r\n"));
		return IMAP_DONE;
	}
	if (!a->prepared) {
		int rc = prepare(s, a);
		if (rc < 0)
			return rc;
	}
	for (unsigned i = 0; a->at < a->tree->count; i++) {
		if (conn_is_full(s->conn) || (i % 64 == 63 && crew_slice_is_over()))
			return IMAP_MORE;
		int rc = entry_list(s, a, a->at++);
		if (rc < 0)
			return rc;
	}
	while (a->parent_at < a->parent_count) {
		if (conn_is_full(s->conn))
			return IMAP_MORE;
		parent_list(s, a, a->parents[a->parent_at++]);
	}
	return IMAP_DONE;
}

static void list_done(struct session *s, struct command *c)
{
	(void)s;
	struct list_args *a = c->args;
	if (!a)
		return;
	if (a->tree)
		tree_unref(a->tree);
	free(a->parents);
}

#define LOGGED_IN (STATE_AUTHENTICATED | STATE_SELECTED)
static const struct imap_capability capabilities[] = {
	{ "LIST-EXTENDED", CAP_AFTER_LOGIN, NULL, NULL, "RFC 5258" },
	{ "LIST-STATUS", CAP_AFTER_LOGIN, NULL, NULL, "RFC 5819" },
	{ "CHILDREN", CAP_AFTER_LOGIN, NULL, NULL, "RFC 3348" },
	{ "SPECIAL-USE", CAP_AFTER_LOGIN, NULL, NULL, "RFC 6154" },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "LIST", LOGGED_IN, list_parse, list_run, list_done, NULL, NULL },
	{ "LSUB", LOGGED_IN, lsub_parse, list_run, list_done, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_list = {
	.name = "list",
	.rfc = "RFC 9051, RFC 5258, RFC 5819, RFC 6154, RFC 3348",
	.capabilities = capabilities,
	.commands = commands,
};
