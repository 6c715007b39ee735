// SPDX-License-Identifier: Apache-2.0
// MULTISEARCH (RFC 7377): ESEARCH IN (sources) ...: the search program is run in one mailbox after the other, each answered by a response of its
// own as soon as it is searched. A mailbox that goes away meanwhile, or was never there, is passed over.
//
// While another mailbox is searched it takes the place of the selected one in the session (`s->view`), within a run only: what the parts of SEARCH
// ask of "the mailbox" is about it then.
#include "base/limits.h"
#include "imap/context.h"
#include "imap/list.h"
#include "imap/message_limit.h"
#include "imap/module.h"
#include "imap/progress.h"
#include "imap/search.h"
#include "mail/view.h"

#include <stdlib.h>

enum {
	SOURCE_SELECTED = 1,
	SOURCE_PERSONAL =
		2, // and "inboxes": mail may be delivered to any mailbox (RFC 5465 section 6.3)
	SOURCE_SUBSCRIBED = 4,
};
enum reach { REACH_MAILBOX, REACH_ONE, REACH_ALL }; // mailboxes, subtree-one, subtree
struct source_name {
	struct span name;
	enum reach reach;
	struct source_name *next;
};
struct multisearch_args {
	struct search_args search; // first: imap/search.h
	unsigned sources;          // SOURCE_ bits
	struct source_name *names;
	size_t name_count;
	// While it runs:
	struct source_name **sorted; // the names, by name and then the furthest reach first
	const struct tree *tree;
	bool *chosen; // of the tree's entries
	size_t at;
	bool selected_left; // the selected mailbox is still to be searched
	struct view *view;  // of another mailbox under way
	bool in_selected;   // the selected one is under way
	bool was_cut;       // MESSAGELIMIT left messages out
};

// --- parsing ---

static int take_name(
	struct session *s, struct cursor *in, struct multisearch_args *a, enum reach reach)
{
	struct source_name *n = op_new(&s->op, struct source_name);
	if (!n)
		return RC_NOMEM;
	struct span text = cursor_astring(in);
	if (cursor_is_bad(in))
		return 0;
	*n = (struct source_name){ .reach = reach, .next = a->names };
	int rc = args_mailbox_name(s, text, &n->name);
	if (rc == RC_BADNAME)
		return 0; // the name of no mailbox
	if (rc == 0) {
		a->names = n;
		a->name_count++;
	}
	return rc;
}

// one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
static int take_names(
	struct session *s, struct cursor *in, struct multisearch_args *a, enum reach reach)
{
	cursor_sp(in);
	if (!cursor_try_char(in, '('))
		return take_name(s, in, a, reach);
	int rc;
	do
		rc = take_name(s, in, a, reach);
	while (rc == 0 && cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
	return rc;
}

// filter-mailboxes (RFC 5465 section 8, RFC 7377 section 4)
static int take_source(struct session *s, struct cursor *in, struct multisearch_args *a)
{
	static const struct {
		struct span name;
		unsigned bit; // 0: names follow
		enum reach reach;
	} rows[] = {
		{ SPAN("selected"), SOURCE_SELECTED, 0 },
		{ SPAN("inboxes"), SOURCE_PERSONAL, 0 },
		{ SPAN("personal"), SOURCE_PERSONAL, 0 },
		{ SPAN("subscribed"), SOURCE_SUBSCRIBED, 0 },
		{ SPAN("mailboxes"), 0, REACH_MAILBOX },
		{ SPAN("subtree"), 0, REACH_ALL },
		{ SPAN("subtree-one"), 0, REACH_ONE },
	};
	size_t at = in->at;
	struct span name = cursor_name(in, "mailboxes to search");
	for (size_t i = 0; i < countof(rows) && !cursor_is_bad(in); i++) {
		if (!span_caseeq(name, rows[i].name))
			continue;
		a->sources |= rows[i].bit;
		return rows[i].bit ? 0 : take_names(s, in, a, rows[i].reach);
	}
	cursor_fail_at(in, at, "mailboxes to search");
	return 0;
}

// esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")": there are no scope-options yet
static int take_sources(struct session *s, struct cursor *in, struct multisearch_args *a)
{
	cursor_sp(in);
	cursor_char(in, '(', "a list of mailboxes");
	int rc;
	do
		rc = take_source(s, in, a);
	while (rc == 0 && cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
	cursor_sp(in);
	return rc;
}

// esearch = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program
static int multisearch_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct multisearch_args *a = op_new(&s->op, struct multisearch_args);
	int rc = 0;
	bool sources = false;
	if (!a)
		return RC_NOMEM;
	c->args = a;
	search_args_init(&a->search);
	a->search.multi = a->search.may_be_cut = true;
	cursor_sp(in);
	if (cursor_try_word(in, "IN")) {
		sources = true;
		rc = take_sources(s, in, a);
	}
	if (!sources)
		a->sources = SOURCE_SELECTED;
	if (rc == 0)
		rc = cursor_try_word(in, "RETURN") ? search_returns_parse(s, c, in)
						   : search_returns_all(s, c, in);
	bool alone = a->sources == SOURCE_SELECTED && !a->names;
	if (a->search.returns & SEARCH_RETURN_SAVE && !alone) // section 2.2
		cursor_fail(in, "SAVE only for the selected mailbox");
	return rc == 0 ? search_program_parse(s, in, &a->search) : rc;
}

// --- which mailboxes ---

static int by_name(const void *x, const void *y)
{
	const struct source_name *const *a = x, *const *b = y;
	int order = span_cmp((*a)->name, (*b)->name);
	return order ? order : (int)(*b)->reach - (int)(*a)->reach;
}

static int sort_names(struct session *s, struct multisearch_args *a)
{
	size_t i = 0;
	a->sorted = arena_array(&s->op.arena, a->name_count + 1, sizeof(void *));
	if (!a->sorted)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	for (struct source_name *n = a->names; n; n = n->next)
		a->sorted[i++] = n;
	qsort(a->sorted, a->name_count, sizeof(void *), by_name);
	return 0;
}

static bool is_named(const struct multisearch_args *a, struct span name, enum reach least)
{
	size_t low = 0, high = a->name_count; // those before low are smaller
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (span_cmp(a->sorted[mid]->name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < a->name_count && span_eq(a->sorted[low]->name, name) &&
		a->sorted[low]->reach >= least;
}

// The name itself, then what it lies below: both names and mailboxes may be many.
static bool is_within(const struct multisearch_args *a, struct span name)
{
	enum reach least = REACH_MAILBOX;
	for (size_t end = name.n;; end--) {
		if (is_named(a, span_cut(name, 0, end), least))
			return true;
		least = least == REACH_MAILBOX ? REACH_ONE : REACH_ALL;
		while (end > 0 && name.p[end - 1] != '/')
			end--;
		if (end == 0)
			return false;
	}
}

static bool is_chosen(const struct multisearch_args *a, const struct tree_entry *entry)
{
	return a->sources & SOURCE_PERSONAL ||
		(a->sources & SOURCE_SUBSCRIBED && entry->subscribed) || is_within(a, entry->name);
}

static int choose(struct session *s, struct multisearch_args *a)
{
	size_t count = 0;
	int rc = sort_names(s, a);
	if (rc < 0)
		return rc;
	a->tree = account_tree_ref(s->account);
	a->chosen = arena_array(&s->op.arena, a->tree->count + 1, sizeof *a->chosen);
	if (!a->chosen)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	a->selected_left = a->sources & SOURCE_SELECTED;
	for (size_t i = 0; i < a->tree->count; i++) {
		const struct tree_entry *entry = &a->tree->entries[i];
		a->chosen[i] = entry->mailbox && is_chosen(a, entry);
		count += a->chosen[i];
		// The selected one is searched as its client knows it, and once.
		if (a->chosen[i] && s->view && entry->mailbox == view_mailbox(s->view)) {
			a->chosen[i] = false;
			a->selected_left = true;
		}
	}
	if (count > MULTISEARCH_MAILBOXES_MAX)
		return op_fail(
			&s->op, RC_LIMIT, "more than %u mailboxes", MULTISEARCH_MAILBOXES_MAX);
	return 0;
}

// --- searching ---

// Makes the search ready for another mailbox.
static void forget(struct multisearch_args *a)
{
	struct search_args *search = &a->search;
	search->looked += search->search ? search_done_count(search->search) : 0;
	search_close(search->search);
	search->search = NULL;
	if (search->last.v) { // the key that MESSAGELIMIT had put in front
		a->was_cut = true;
		search->program->child = search->program->child->next;
	}
	search->last.v = 0;
	search_sets_forget(search);
	numset_done(&search->looked_at);
	numset_done(&search->found);
	search->modseq.v = 0;
}

// One mailbox, the session's now: IMAP_DONE, IMAP_MORE or a fault.
static int search_one(struct session *s, struct command *c, struct multisearch_args *a)
{
	struct search_args *search = &a->search;
	unsigned returns = search->returns;
	int rc = search_find(s, c);
	if (rc)
		return rc;
	struct search_result r = { &search->found, &search->found, search->modseq, NULL };
	if (!a->in_selected)
		search->returns &= ~(
			unsigned)SEARCH_RETURN_UPDATE; // section 2.2: of the selected mailbox alone
	rc = search_answer(s, c, &r);
	search->returns = returns;
	return rc < 0 ? rc : IMAP_DONE;
}

static int in_other(struct session *s, struct command *c, struct multisearch_args *a)
{
	struct view *own = s->view;
	s->view = a->view;
	a->search.foreign = true;
	int rc = search_one(s, c, a);
	a->search.foreign = false;
	s->view = own;
	bool gone = rc < 0 && view_is_gone(a->view);
	return gone ? IMAP_DONE : rc;
}

// Begins the next mailbox; neither a->in_selected nor a->view: there is none.
static int next_mailbox(struct session *s, struct multisearch_args *a)
{
	bool selected = a->selected_left && !view_is_gone(s->view);
	a->selected_left = false;
	if (selected) {
		a->in_selected = true;
		a->search.mailbox = mailbox_name(&s->op, view_mailbox(s->view));
		return view_refresh(&s->op, s->view);
	}
	while (a->at < a->tree->count) {
		size_t i = a->at++;
		if (!a->chosen[i])
			continue;
		a->search.mailbox = a->tree->entries[i].name;
		int rc = view_open(&s->op, s->account, a->search.mailbox, VIEW_READONLY, &a->view);
		if (rc != RC_NONEXISTENT) // else it went away meanwhile
			return rc;
	}
	return 0;
}

static int go_on(struct session *s, struct command *c, struct multisearch_args *a)
{
	for (;;) {
		int rc = a->view || a->in_selected ? 0 : next_mailbox(s, a);
		if (rc < 0)
			return rc;
		if (!a->view && !a->in_selected)
			return IMAP_DONE;
		rc = a->in_selected ? search_one(s, c, a) : in_other(s, c, a);
		if (rc)
			return rc;
		forget(a);
		a->in_selected = false;
		view_close(a->view);
		a->view = NULL;
		if (conn_is_full(s->conn) || crew_slice_is_over()) {
			progress_tell(s, c, a->search.looked, 0);
			return IMAP_MORE;
		}
	}
}

static int begin(struct session *s, struct command *c, struct multisearch_args *a)
{
	if (a->search.charset_unknown)
		return search_bad_charset(s, &a->search);
	if (!s->view && a->sources & SOURCE_SELECTED)
		return command_bad(s, NULL, "no mailbox is selected");
	if (!s->view && a->search.returns & SEARCH_RETURN_UPDATE)
		return command_bad(s, NULL, "UPDATE needs a selected mailbox");
	if (a->search.returns & SEARCH_RETURN_UPDATE && context_has(s, c->tag))
		return command_bad(s, "CLIENTBUG", "the tag is that of a context");
	int rc = choose(s, a);
	if (rc == 0 && a->search.returns & SEARCH_RETURN_UPDATE && !a->selected_left)
		rc = context_refuse(s, c->tag, "the selected mailbox is not searched");
	return rc;
}

static int multisearch_run(struct session *s, struct command *c)
{
	struct multisearch_args *a = c->args;
	int rc = a->tree ? 0 : begin(s, c, a);
	if (rc == 0)
		rc = go_on(s, c, a);
	if (rc == IMAP_DONE && a->was_cut) // section 2.4
		rc = command_ok(
			s, "LIMIT", "only the last messages of large mailboxes were searched");
	return search_outcome(s, &a->search, rc);
}

static void multisearch_done(struct session *s, struct command *c)
{
	struct multisearch_args *a = c->args;
	(void)s;
	if (!a)
		return;
	search_args_done(&a->search);
	view_close(a->view);
	tree_unref(a->tree);
}

#define LOGGED_IN (STATE_AUTHENTICATED | STATE_SELECTED)
static const struct imap_command commands[] = {
	{ "ESEARCH", LOGGED_IN | CMD_UID, multisearch_parse, multisearch_run, multisearch_done,
		NULL, NULL },
	{ "UID ESEARCH", LOGGED_IN | CMD_UID, multisearch_parse, multisearch_run, multisearch_done,
		NULL, NULL }, // not in the grammar, but in section 2
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "MULTISEARCH", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_multisearch = {
	.name = "multisearch",
	.rfc = "RFC 7377",
	.capabilities = capabilities,
	.commands = commands,
};
