// SPDX-License-Identifier: Apache-2.0
// SEARCH and UID SEARCH (RFC 9051 sections 6.4.4 and 6.4.9, RFC 3501 section 6.4.4). Keys and return options are rows (imap/search.h). The
// answer is SEARCH for rev1, ESEARCH where RETURN was said and always in rev2. It goes out when the search is over: a part of it would be
// taken for the whole, so a search that fails answers NO and nothing else (users.md section 1.5).
#include "base/buf.h"
#include "base/limits.h"
#include "imap/context.h"
#include "imap/message_limit.h"
#include "imap/module.h"
#include "imap/partial.h"
#include "imap/progress.h"
#include "imap/reply_table.h"
#include "imap/search.h"
#include "mail/view.h"
#include "wire/write.h"

#include <stdlib.h>

// --- parsing ---

static int add_wish(struct session *s, struct command *c, struct cursor *in,
	const struct search_return_row *row)
{
	struct search_args *a = c->args;
	struct search_wish *w = op_new(&s->op, struct search_wish);
	if (!w)
		return RC_NOMEM;
	w->row = row;
	int rc = row->parse ? row->parse(s, c, in, &w->arg) : 0;
	for (const struct search_wish *same = a->wishes; same; same = same->next) {
		if (same->row != row)
			continue;
		if (row->parse)
			cursor_fail(in, "a return option with an argument only once");
		return rc;
	}
	*a->tail = w;
	a->tail = &w->next;
	a->returns |= row->bit;
	return rc;
}

int search_returns_all(struct session *s, struct command *c, struct cursor *in)
{
	return add_wish(s, c, in, module_find(MODULE_TABLE(search_returns), SPAN("ALL")));
}

// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
#define RETURN_LISTS (unsigned)(SEARCH_RETURN_ALL | SEARCH_RETURN_PARTIAL)
int search_returns_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct search_args *a = c->args;
	int rc = 0;
	a->extended = true;
	cursor_sp(in);
	cursor_char(in, '(', "a list of return options");
	bool more = !cursor_try_char(in, ')');
	while (rc == 0 && more && !cursor_is_bad(in)) {
		size_t at = in->at;
		struct span name = cursor_name(in, "a return option");
		const struct search_return_row *row =
			cursor_is_bad(in) ? NULL : module_find(MODULE_TABLE(search_returns), name);
		if (!row)
			cursor_fail_at(in, at, "a return option");
		else
			rc = add_wish(s, c, in, row);
		if ((a->returns & RETURN_LISTS) == RETURN_LISTS) // RFC 9394 section 3.1
			cursor_fail_at(in, at, "either ALL or PARTIAL");
		more = cursor_try_sp(in);
		if (!more)
			cursor_char(in, ')', "a space or )");
	}
	cursor_sp(in);
	return rc == 0 && !a->wishes ? search_returns_all(s, c, in) : rc;
}

void search_args_init(struct search_args *a)
{
	a->tail = &a->wishes;
}

// search = "SEARCH" [search-return-opts] SP search-program
static int search_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct search_args *a = op_new(&s->op, struct search_args);
	int rc = 0;
	if (!a)
		return RC_NOMEM;
	c->args = a;
	search_args_init(a);
	a->may_be_cut = true;
	a->extended = session_is_rev2(s);
	cursor_sp(in);
	if (cursor_try_word(in, "RETURN"))
		rc = search_returns_parse(s, c, in);
	else if (a->extended)
		rc = search_returns_all(s, c, in);
	return rc == 0 ? search_program_parse(s, in, a) : rc;
}

// --- the answer ---

// search-data of RFC 3501 section 7.2.5
static void write_search(struct session *s, const struct search_result *r, bool modseq)
{
	const struct numset *shown = r->shown;
	struct rope *out = session_out(s);
	rope_add(out, SPAN("* SEARCH"));
	for (size_t i = 0; i < shown->count; i++)
		for (uint64_t n = shown->ranges[i].first; n <= shown->ranges[i].last; n++) {
			rope_addc(out, ' ');
			rope_addu(out, n);
		}
	if (modseq && !numset_is_empty(shown)) { // RFC 7162 section 3.1.6
		rope_add(out, SPAN(" (MODSEQ "));
		rope_addu(out, r->modseq.v);
		rope_addc(out, ')');
	}
	rope_add(out, SPAN("\r\n"));
}

// "MAILBOX" SP mailbox SP "UIDVALIDITY" SP nz-number, with a space before (RFC 7377 section 4)
void search_write_mailbox(struct session *s, struct span name)
{
	struct rope *out = session_out(s);
	rope_add(out, SPAN(" MAILBOX "));
	write_mailbox(out, name, session_is_utf8(s));
	rope_add(out, SPAN(" UIDVALIDITY "));
	rope_addu(out, view_uid_validity(s->view));
}

// esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
static int write_esearch(struct session *s, const struct command *c, const struct search_result *r)
{
	const struct search_args *a = c->args;
	struct rope *out = session_out(s);
	size_t size = rope_size(out);
	if (a->returns == SEARCH_RETURN_SAVE)
		return 0; // RFC 9051 section 6.4.4: SAVE alone gives no response
	rope_add(out, SPAN("* ESEARCH (TAG "));
	write_string(out, c->tag, false);
	if (a->multi)
		search_write_mailbox(s, a->mailbox);
	rope_addc(out, ')');
	if (c->uid)
		rope_add(out, SPAN(" UID"));
	for (const struct search_wish *w = a->wishes; w; w = w->next) {
		int rc = w->row->write ? w->row->write(s, r, w->arg, out) : 0;
		if (rc < 0) {
			rope_truncate(out, size);
			return rc;
		}
	}
	if (a->wants_modseq && r->modseq.v) {
		rope_add(out, SPAN(" MODSEQ "));
		rope_addu(out, r->modseq.v);
	}
	rope_add(out, SPAN("\r\n"));
	return 0;
}

#define RETURN_SOME (unsigned)(SEARCH_RETURN_MIN | SEARCH_RETURN_MAX | SEARCH_RETURN_PARTIAL)
#define RETURN_WHOLE (unsigned)(SEARCH_RETURN_ALL | SEARCH_RETURN_COUNT)
// Only of some messages something is told.
static bool wants_only_some(const struct search_args *a)
{
	return a->returns & RETURN_SOME && !(a->returns & RETURN_WHOLE);
}

static const struct partial_range *partial_wish(const struct search_args *a)
{
	for (const struct search_wish *w = a->wishes; w; w = w->next)
		if (w->row->bit == SEARCH_RETURN_PARTIAL)
			return w->arg;
	return NULL;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

// Adds numbers in any order: sorted before, since a set wants them ascending.
static void add_uids(const uint32_t *uids, size_t count, struct numset *to)
{
	uint32_t *sorted = reallocarray(NULL, count, sizeof *sorted);
	if (!sorted) {
		to->failed = true;
		return;
	}
	memcpy(sorted, uids, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, by_number);
	for (size_t i = 0; i < count; i++)
		numset_add(to, sorted[i]);
	free(sorted);
}

// The messages that MIN, MAX and PARTIAL name.
static void take_some(
	const struct search_args *a, const struct search_result *r, struct numset *ret_uids)
{
	const struct partial_range *partial = partial_wish(a);
	const struct search_order *o = r->order;
	uint64_t from = 0, to = 0;
	if (numset_is_empty(r->uids))
		return;
	if (a->returns & SEARCH_RETURN_MIN)
		numset_add(ret_uids, o ? o->uids[0] : numset_min(r->uids));
	if (partial && o)
		partial_places(partial, o->count, &from, &to);
	else if (partial)
		partial_of(partial, r->uids, ret_uids);
	if (from < to)
		add_uids(o->uids + from, (size_t)(to - from), ret_uids);
	if (a->returns & SEARCH_RETURN_MAX)
		numset_add(ret_uids, o ? o->uids[o->count - 1] : numset_max(r->uids));
}

// RFC 4731 section 3.2: the highest modseq of the messages that are told of.
static int modseq_of_some(struct session *s, const struct search_args *a, struct search_result *r)
{
	struct numset some = { 0 };
	struct view_cursor *c = NULL;
	struct modseq highest = { 0 };
	struct msg m;
	take_some(a, r, &some);
	int rc = some.failed ? op_fail(&s->op, RC_NOMEM, "out of memory")
			     : view_cursor_open(&s->op, s->view, &some, 0, &c);
	while (rc == 0) {
		rc = view_cursor_next(&s->op, c, &m);
		if (rc == 0 && m.modseq.v > highest.v)
			highest = m.modseq;
	}
	view_cursor_close(c);
	numset_done(&some);
	r->modseq = highest;
	return rc < 0 ? rc : 0;
}

// What `$` becomes: RFC 9051 section 6.4.4.1, table 4; RFC 9394 section 3.2, table 1.
static int save(struct session *s, struct search_args *a, const struct search_result *r)
{
	struct numset kept = { 0 };
	if (wants_only_some(a)) {
		take_some(a, r, &kept);
	} else {
		kept = a->found;
		a->found = (struct numset){ 0 };
	}
	if (kept.failed || kept.count > IMAP_SAVED_RANGES_MAX) {
		numset_done(&kept);
		return op_fail(&s->op, RC_NOTSAVED, "the result is too large to be saved");
	}
	// The keys may refer to the old value: the search goes first.
	search_close(a->search);
	a->search = NULL;
	numset_done(&s->saved);
	s->saved = kept;
	return 0;
}

int search_answer(struct session *s, struct command *c, struct search_result *r)
{
	struct search_args *a = c->args;
	size_t size = rope_size(session_out(s));
	int rc = 0;
	if (a->wants_modseq && wants_only_some(a))
		rc = modseq_of_some(s, a, r);
	if (rc == 0 && !(a->multi && numset_is_empty(r->uids))) // RFC 7377 section 2.1
		rc = write_esearch(s, c, r);
	if (rc == 0 && a->returns & SEARCH_RETURN_UPDATE)
		rc = context_add(s, c, r);
	if (rc == 0 && a->returns & SEARCH_RETURN_SAVE) {
		rc = save(s, a, r);
		if (rc < 0) {
			(void)context_cancel(s, c->tag); // if it was made
			rope_truncate(session_out(s), size);
		}
	}
	return rc;
}

int search_ok(struct session *s, struct command *c)
{
	if ((!c->uid || c->keeps_numbers) && view_has_hidden(s->view))
		return command_ok(s, "EXPUNGEISSUED", "some messages were expunged meanwhile");
	return IMAP_DONE;
}

static int search_end(struct session *s, struct command *c)
{
	struct search_args *a = c->args;
	struct numset numbers = { 0 };
	struct search_result r = { &a->found, &a->found, a->modseq, NULL };
	int rc = 0;
	if (!c->uid) {
		rc = view_seqs_of(&s->op, s->view, &a->found, &numbers);
		r.shown = &numbers;
	}
	if (rc == 0 && a->extended)
		rc = search_answer(s, c, &r);
	else if (rc == 0)
		write_search(s, &r, a->wants_modseq);
	numset_done(&numbers);
	return rc < 0 ? rc : search_ok(s, c);
}

// --- running ---

// True when what was asked for is known before the end.
static bool is_enough(const struct search_args *a)
{
	const unsigned early = SEARCH_RETURN_MIN | SEARCH_RETURN_PARTIAL;
	const struct partial_range *partial = partial_wish(a);
	if (numset_is_empty(&a->found) || !(a->returns & early) ||
		a->returns & ~(early | SEARCH_RETURN_SAVE))
		return false;
	return !partial || (!partial->from_end && numset_size(&a->found) >= partial->last);
}

// MESSAGELIMIT counts the messages that are looked at (RFC 9738 section 3.1): those that all sets at the top of the program have.
static int limit_search(struct session *s, struct search_args *a)
{
	if (!message_limit(s) || view_exists(s->view) <= message_limit(s))
		return 0;
	numset_add_range(&a->looked_at, 1, view_uid_next(s->view).v - 1);
	for (const struct search_key *k = a->program->child; k; k = k->next)
		if (k->kind == SEARCH_UIDS)
			numset_intersect(&a->looked_at, k->set);
	int rc = a->looked_at.failed
		? op_fail(&s->op, RC_NOMEM, "out of memory")
		: message_limit_cut(s, message_limit(s), &a->looked_at, &a->last);
	struct search_key *key = rc == 0 && a->last.v ? op_new(&s->op, struct search_key) : NULL;
	if (rc < 0 || !a->last.v)
		return rc;
	if (!a->may_be_cut) // there, section 3.3
		return message_limit_refuse(s, message_limit(s), (struct uid){ 0 });
	if (!key)
		return RC_NOMEM;
	*key = (struct search_key){
		.kind = SEARCH_UIDS, .set = &a->looked_at, .next = a->program->child
	};
	a->program->child = key;
	return 0;
}

// How many messages will have been looked at; 0: not known (some of them only, or several mailboxes).
static uint64_t goal_of(const struct session *s, const struct search_args *a)
{
	for (const struct search_key *k = a->program->child; k; k = k->next)
		if (k->kind == SEARCH_UIDS)
			return 0;
	return a->multi ? 0 : view_exists(s->view);
}

int search_find(struct session *s, struct command *c)
{
	struct search_args *a = c->args;
	int rc = 0;
	if (!a->search && !a->multi && a->returns & SEARCH_RETURN_UPDATE && context_has(s, c->tag))
		return op_fail(&s->op, RC_CLIENTBUG,
			"the tag is that of a context"); // RFC 5267 section 4.3
	if (!a->search) {
		// RFC 7162 section 3.2.10.2: numbers among the keys must not change meanwhile.
		for (const struct search_set *set = a->sets; set; set = set->next)
			c->keeps_numbers |= !set->uid && !set->set.saved;
		rc = search_sets_resolve(s, a);
		if (rc == 0)
			rc = limit_search(s, a);
		if (rc == 0)
			rc = search_open(&s->op, s->view, a->program, &a->search);
	}
	if (rc == 0)
		rc = search_run(&s->op, a->search, RUN_SLICE_NS, &a->found, &a->modseq);
	if (rc != SEARCH_MORE)
		return rc;
	uint64_t done = a->looked + search_done_count(a->search);
	progress_tell(s, c, done, goal_of(s, a));
	return IMAP_MORE;
}

static int go_on(struct session *s, struct command *c)
{
	struct search_args *a = c->args;
	int rc = search_find(s, c);
	if (rc < 0)
		return rc;
	return rc == IMAP_MORE && !is_enough(a) ? IMAP_MORE
						: message_limit_end(s, a->last, search_end(s, c));
}

int search_outcome(struct session *s, struct search_args *a, int rc)
{
	// A SEARCH with SAVE that is answered NO empties `$`, one that is answered BAD does not (RFC 9051 section 6.4.4.1).
	if (a->returns & SEARCH_RETURN_SAVE &&
		(rc == IMAP_NO || (rc < 0 && !reply_row_of(rc)->bad))) {
		search_close(a->search);
		a->search = NULL;
		numset_done(&s->saved);
	}
	return rc;
}

static int search_command_run(struct session *s, struct command *c)
{
	struct search_args *a = c->args;
	int rc = a->charset_unknown ? search_bad_charset(s, a) : go_on(s, c);
	return search_outcome(s, a, rc);
}

void search_args_done(struct search_args *a)
{
	if (!a)
		return;
	search_close(a->search);
	search_sets_done(a);
	numset_done(&a->looked_at);
	numset_done(&a->found);
}

static void search_command_done(struct session *s, struct command *c)
{
	(void)s;
	search_args_done(c->args);
}

static const struct imap_command commands[] = {
	{ "SEARCH", STATE_SELECTED | CMD_NUMBERS | CMD_KEEPS_NUMBERS, search_parse,
		search_command_run, search_command_done, NULL, NULL },
	{ "UID SEARCH", STATE_SELECTED | CMD_UID, search_parse, search_command_run,
		search_command_done, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_search = {
	.name = "search",
	.rfc = "RFC 9051",
	.commands = commands,
	.search_keys = search_base_keys,
};
