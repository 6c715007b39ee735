// SPDX-License-Identifier: Apache-2.0
// SORT and UID SORT (RFC 5256), the criteria of RFC 5957, and ESORT (RFC 5267 section 3). The keys and return options are those of SEARCH
// (imap/search.h). As there, the answer goes out as a whole or not at all.
#include "base/limits.h"
#include "imap/module.h"
#include "imap/progress.h"
#include "imap/search.h"
#include "mail/sort.h"

struct sort_args {
	struct search_args search; // first: imap/search.h
	struct sort_criteria criteria;
	bool found; // the search is over
	struct sort *sort;
};

// --- parsing ---

// sort-key = "ARRIVAL" / "CC" / "DATE" / "FROM" / "SIZE" / "SUBJECT" / "TO"; RFC 5957: =/ "DISPLAYFROM" / "DISPLAYTO"
static void take_key(struct cursor *in, enum sort_key *ret_key)
{
	static const struct {
		struct span name;
		enum sort_key key;
	} rows[] = {
		{ SPAN("ARRIVAL"), SORT_ARRIVAL },
		{ SPAN("CC"), SORT_CC },
		{ SPAN("DATE"), SORT_DATE },
		{ SPAN("FROM"), SORT_FROM },
		{ SPAN("SIZE"), SORT_SIZE },
		{ SPAN("SUBJECT"), SORT_SUBJECT },
		{ SPAN("TO"), SORT_TO },
		{ SPAN("DISPLAYFROM"), SORT_DISPLAYFROM },
		{ SPAN("DISPLAYTO"), SORT_DISPLAYTO },
	};
	size_t at = in->at;
	struct span name = cursor_name(in, "a sort criterion");
	for (size_t i = 0; i < countof(rows); i++)
		if (span_caseeq(name, rows[i].name)) {
			*ret_key = rows[i].key;
			return;
		}
	cursor_fail_at(in, at, "a sort criterion");
}

// sort-criteria = "(" sort-criterion *(SP sort-criterion) ")"; sort-criterion = ["REVERSE" SP] sort-key
static void take_criteria(struct cursor *in, struct sort_criteria *ret_criteria)
{
	cursor_char(in, '(', "a list of sort criteria");
	do {
		enum sort_key key = SORT_DATE;
		bool reverse = cursor_try_word(in, "REVERSE");
		if (reverse)
			cursor_sp(in);
		take_key(in, &key);
		if (!cursor_is_bad(in))
			sort_criteria_add(ret_criteria, key, reverse);
	} while (cursor_try_sp(in));
	cursor_char(in, ')', "a space or )");
}

// sort = ["UID" SP] "SORT" [search-return-opts] SP sort-criteria SP charset 1*(SP search-key)
static int sort_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct sort_args *a = op_new(&s->op, struct sort_args);
	int rc = 0;
	if (!a)
		return RC_NOMEM;
	c->args = a;
	search_args_init(&a->search);
	a->search.criteria = &a->criteria;
	a->criteria.collation = s->collation;
	cursor_sp(in);
	if (cursor_try_word(in, "RETURN"))
		rc = search_returns_parse(s, c, in);
	if (rc < 0)
		return rc;
	take_criteria(in, &a->criteria);
	cursor_sp(in);
	search_charset_parse(s, in, &a->search);
	cursor_sp(in);
	return cursor_is_bad(in) ? 0 : search_keys_parse(s, in, &a->search);
}

// --- the answer ---

// sort-data = "SORT" *(SP nz-number); RFC 7162 section 7: "SORT" [1*(SP nz-number) SP search-sort-mod-seq]
static void write_sort(struct session *s, const struct search_result *r, bool modseq)
{
	struct rope *out = session_out(s);
	rope_add(out, SPAN("* SORT"));
	for (size_t i = 0; i < r->order->count; i++) {
		rope_addc(out, ' ');
		rope_addu(out, r->order->shown[i]);
	}
	if (modseq && r->order->count) {
		rope_add(out, SPAN(" (MODSEQ "));
		rope_addu(out, r->modseq.v);
		rope_addc(out, ')');
	}
	rope_add(out, SPAN("\r\n"));
}

// The result as a set: what SAVE keeps and COUNT counts. Messages that went away while they were sorted are in it no more.
static int found_again(struct session *s, struct sort_args *a)
{
	struct numset *found = &a->search.found;
	size_t count = sort_count(a->sort);
	if (numset_size(found) == count)
		return 0;
	struct numset left = { 0 };
	const uint32_t *uids = sort_found(a->sort);
	for (size_t i = 0; i < count; i++)
		numset_add(&left, uids[i]);
	numset_done(found);
	*found = left;
	return left.failed ? op_fail(&s->op, RC_NOMEM, "out of memory") : 0;
}

static int sort_end(struct session *s, struct command *c)
{
	struct sort_args *a = c->args;
	int rc = found_again(s, a);
	struct search_order order = {
		.shown = c->uid ? sort_uids(a->sort) : sort_seqs(a->sort),
		.uids = sort_uids(a->sort),
		.count = sort_count(a->sort),
	};
	struct numset numbers = { 0 };
	struct search_result r = { &a->search.found, &a->search.found, a->search.modseq, &order };
	if (rc == 0 && a->search.extended && !c->uid) {
		rc = view_seqs_of(&s->op, s->view, &a->search.found, &numbers);
		r.shown = &numbers;
	}
	if (rc == 0 && a->search.extended)
		rc = search_answer(s, c, &r);
	else if (rc == 0)
		write_sort(s, &r, a->search.wants_modseq);
	numset_done(&numbers);
	return rc < 0 ? rc : search_ok(s, c);
}

// --- running ---

static int go_on(struct session *s, struct command *c)
{
	struct sort_args *a = c->args;
	int rc = 0;
	if (!a->found) {
		rc = search_find(s, c);
		if (rc != 0)
			return rc;
		a->found = true;
		rc = sort_open(&s->op, s->view, &a->search.found, &a->criteria, !c->uid, &a->sort);
	}
	if (rc == 0)
		rc = sort_run(&s->op, a->sort, RUN_SLICE_NS);
	if (rc < 0)
		return rc;
	if (rc != SORT_MORE)
		return sort_end(s, c);
	progress_tell(s, c, 0, 0);
	return IMAP_MORE;
}

static int sort_command_run(struct session *s, struct command *c)
{
	struct sort_args *a = c->args;
	int rc = a->search.charset_unknown ? search_bad_charset(s, &a->search) : go_on(s, c);
	return search_outcome(s, &a->search, rc);
}

static void sort_command_done(struct session *s, struct command *c)
{
	struct sort_args *a = c->args;
	(void)s;
	if (!a)
		return;
	sort_close(a->sort);
	search_args_done(&a->search);
}

static const struct imap_command commands[] = {
	{ "SORT", STATE_SELECTED | CMD_NUMBERS | CMD_KEEPS_NUMBERS, sort_parse, sort_command_run,
		sort_command_done, NULL, NULL },
	{ "UID SORT", STATE_SELECTED | CMD_UID, sort_parse, sort_command_run, sort_command_done,
		NULL, NULL },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "SORT", CAP_AFTER_LOGIN, NULL, NULL, "RFC 5256" },
	{ "SORT=DISPLAY", CAP_AFTER_LOGIN, NULL, NULL, "RFC 5957" },
	{ "ESORT", CAP_AFTER_LOGIN, NULL, NULL, "RFC 5267" },
	{ NULL },
};

const struct imap_module imap_module_sort = {
	.name = "sort",
	.rfc = "RFC 5256, RFC 5957, RFC 5267",
	.capabilities = capabilities,
	.commands = commands,
};
