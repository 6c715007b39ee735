// SPDX-License-Identifier: Apache-2.0
// SEARCH programs: compiled to an array in the order of the tree, evaluated for one message after the other.
//
// A key costs what has to be read for it: its tier. A message is evaluated tier by tier, with three values (no, yes, not known yet),
// and stops at the first tier that decides the program; within AND and OR cheap keys come first. So octets are read only of
// messages that nothing else decides, and then in one pass for all TEXT and BODY keys.
//
// The walk over the array has neither recursion nor a stack: from a value it goes up to the first parent that is not decided by it.
//
// A run may stop between messages and within the octets of one. What a search allocates is its own: runs may have different ops.
#include "mail/search.h"

#include "base/clock.h"
#include "base/limits.h"
#include "mail/card.h"
#include "mail/content_priv.h"
#include "mail/search_priv.h"

#include <stdlib.h>

enum tier { TIER_HOT, TIER_COLD, TIER_CARD, TIER_HEADER, TIER_TEXT, TIERS };
enum value { NO, YES, UNKNOWN };

// What a message's steps cost, roughly in 10 ns, and each key of the program beside it: the clock is read every WORK_PER_LOOK.
enum { WORK_HOT = 1, WORK_CARD = 40, WORK_STEP = 200, WORK_PER_LOOK = 1000 };

struct node {
	const struct search_key *key;
	enum search_kind kind;
	uint8_t tier; // of the cheapest key below that can decide something; of a leaf its own
	uint32_t parent, next; // UINT32_MAX: none
	uint32_t child;        // first child; UINT32_MAX: a leaf
	uint32_t which;        // SEARCH_KEYWORD: id; HEADER, BODY, TEXT: index of its prepared form
	uint32_t kwset;        // SEARCH_KEYWORD: set that was asked last, and the answer
	bool kwset_has;
};

struct search {
	struct op scratch;  // for one message; its arena is reset between messages
	struct arena arena; // for the whole search
	struct store *store;
	struct view_cursor *cursor;
	const struct keywords *keywords;
	struct node *nodes; // in the order of the tree: a parent before its children
	uint32_t count;
	uint8_t *values; // enum value of each node, of the present message
	uint8_t *unsure; // of AND and OR: some child is UNKNOWN
	struct field_key *fields;
	struct text_key *texts;
	uint32_t field_count, text_count;
	enum tier highest;
	bool finds_all; // the program is ALL, as for most SORT and THREAD
	unsigned tiers; // bits: those in which some key can be decided; the others are not walked
	int64_t now;
	struct field_scratch fold;
	struct text_scan scan;
	// the present message
	struct msg msg;
	struct msg_cold cold;
	struct content content;
	bool is_open;    // content
	bool is_paused;  // within the octets of msg
	bool text_known; // the scan has ended
	uint64_t done;
	struct modseq modseq;
	enum collation collation;
	int rc; // of a fault: the search is over
};

// --- preparing a program ---

static enum tier tier_of(const struct search_key *k)
{
	switch (k->kind) {
	case SEARCH_LARGER:
	case SEARCH_SMALLER:
	case SEARCH_SINCE:
	case SEARCH_BEFORE:
	case SEARCH_ON:
	case SEARCH_SAVEDSINCE:
	case SEARCH_SAVEDBEFORE:
	case SEARCH_SAVEDON:
	case SEARCH_YOUNGER:
	case SEARCH_OLDER:
	case SEARCH_EMAILID:
	case SEARCH_THREADID:
		return TIER_COLD;
	case SEARCH_SENTSINCE:
	case SEARCH_SENTBEFORE:
	case SEARCH_SENTON:
	case SEARCH_HEADER:
		return TIER_CARD;
	case SEARCH_BODY:
	case SEARCH_TEXT:
		return TIER_TEXT;
	default:
		return TIER_HOT;
	}
}

static bool has_children(enum search_kind kind)
{
	return kind == SEARCH_AND || kind == SEARCH_OR || kind == SEARCH_NOT;
}

struct counts {
	uint32_t nodes, fields, texts;
};

// Counts the keys of a program by kind, and holds it to the limits. Walks with the path of open keys.
static int count_keys(struct op *op, const struct search_key *program, struct counts *ret)
{
	struct arena_mark mark =
		arena_mark(&op->arena); // one operation may open thousands of searches
	const struct search_key **path = op_alloc(op, SEARCH_DEPTH_MAX * sizeof *path);
	if (!path)
		return RC_NOMEM;
	size_t depth = 0;
	struct counts c = { 0 };
	for (const struct search_key *k = program; k;) {
		if (++c.nodes > SEARCH_KEYS_MAX)
			return op_fail(op, RC_LIMIT, "more than %u search keys", SEARCH_KEYS_MAX);
		c.fields += k->kind == SEARCH_HEADER;
		c.texts += k->kind == SEARCH_BODY || k->kind == SEARCH_TEXT;
		if (has_children(k->kind) && k->child) {
			if (depth == SEARCH_DEPTH_MAX)
				return op_fail(op, RC_LIMIT, "search keys nested too deeply");
			path[depth++] = k;
			k = k->child;
			continue;
		}
		while (depth > 0 && !k->next)
			k = path[--depth];
		k = depth > 0 ? k->next : NULL;
	}
	arena_release(&op->arena, mark);
	*ret = c;
	return 0;
}

// Lays the keys out: children of a key in their order, linked.
static void lay_out(struct search *s, const struct search_key *program)
{
	uint32_t last = UINT32_MAX, parent = UINT32_MAX;
	const struct search_key *k = program;
	while (k) {
		uint32_t at = s->count++;
		struct node *n = &s->nodes[at];
		*n = (struct node){ k, k->kind, (uint8_t)tier_of(k), parent, UINT32_MAX, UINT32_MAX,
			0, UINT32_MAX, false };
		if (last != UINT32_MAX)
			s->nodes[last].next = at;
		else if (parent != UINT32_MAX)
			s->nodes[parent].child = at;
		last = at;
		if (has_children(k->kind) && k->child) {
			parent = at;
			last = UINT32_MAX;
			k = k->child;
			continue;
		}
		while (parent != UINT32_MAX && !s->nodes[last].key->next) {
			last = parent;
			parent = s->nodes[parent].parent;
		}
		k = parent == UINT32_MAX ? NULL : s->nodes[last].key->next;
	}
}

// Sorts the children of a node by tier, keeping the order of equal ones: a list for each tier, joined.
static void sort_children(struct search *s, struct node *parent)
{
	uint32_t first[TIERS], last[TIERS];
	memset(first, 0xff, sizeof first);
	memset(last, 0xff, sizeof last);
	for (uint32_t i = parent->child; i != UINT32_MAX; i = s->nodes[i].next) {
		uint8_t t = s->nodes[i].tier;
		if (last[t] == UINT32_MAX)
			first[t] = i;
		else
			s->nodes[last[t]].next = i;
		last[t] = i;
	}
	uint32_t *link = &parent->child;
	for (int t = 0; t < TIERS; t++) {
		if (first[t] == UINT32_MAX)
			continue;
		*link = first[t];
		link = &s->nodes[last[t]].next;
	}
	*link = UINT32_MAX;
}

static void sort_all(struct search *s)
{
	for (uint32_t i = s->count; i-- > 0;) { // children stand behind their parent
		struct node *n = &s->nodes[i];
		if (n->tier > s->highest && n->child == UINT32_MAX)
			s->highest = n->tier;
		if (n->child == UINT32_MAX) {
			s->tiers |= 1u << n->tier;
			continue;
		}
		sort_children(s, n);
		n->tier = s->nodes[n->child].tier;
	}
	if (s->highest == TIER_CARD) // a HEADER key may need the octets
		s->highest = TIER_HEADER;
	if (s->tiers & 1u << TIER_CARD)
		s->tiers |= 1u << TIER_HEADER;
}

static int prepare_text(struct op *op, struct search *s, struct node *n, struct span prepared)
{
	if (n->kind == SEARCH_HEADER) {
		n->which = s->field_count;
		struct field_key *field = &s->fields[s->field_count++];
		int rc = field_key_make(op, &s->arena, n->key->name, prepared, field);
		if (rc == 0 && s->collation != COLLATION_UNICODE_CASEMAP)
			rc = field_key_collate(op, &s->arena, s->collation, n->key->text, field);
		return rc;
	}
	n->which = s->text_count;
	struct text_key *k = &s->texts[s->text_count++];
	int rc = text_key_make(op, &s->arena, s->collation, prepared, n->kind == SEARCH_TEXT, k);
	return rc ? rc : needle_stream_make(op, &s->arena, &k->needle, &k->stream);
}

static int prepare_keys(struct op *op, struct search *s)
{
	struct buf folded = { 0 };
	int rc = 0;
	for (uint32_t i = 0; rc == 0 && i < s->count; i++) {
		struct node *n = &s->nodes[i];
		if (n->kind == SEARCH_KEYWORD)
			n->which = keywords_find(s->keywords, n->key->text);
		if (n->kind != SEARCH_HEADER && n->kind != SEARCH_BODY && n->kind != SEARCH_TEXT)
			continue;
		buf_reset(&folded);
		// Fields are looked up in the card first, whatever the collation.
		collation_prepare(
			n->kind == SEARCH_HEADER ? COLLATION_UNICODE_CASEMAP : s->collation,
			n->key->text, &folded);
		if (folded.failed)
			rc = op_fail(op, RC_NOMEM, "out of memory for a search string");
		else if (folded.n > SEARCH_NEEDLE_MAX)
			rc = op_fail(op, RC_LIMIT, "a search string of more than %u octets",
				SEARCH_NEEDLE_MAX);
		else
			rc = prepare_text(op, s, n, buf_span(&folded));
	}
	buf_done(&folded);
	return rc;
}

static int prepare(struct op *op, struct search *s, const struct search_key *program)
{
	struct counts c = { 0 };
	int rc = count_keys(op, program, &c);
	if (rc)
		return rc;
	s->nodes = arena_array(&s->arena, c.nodes, sizeof *s->nodes);
	s->values = arena_array(&s->arena, c.nodes, 1);
	s->unsure = arena_array(&s->arena, c.nodes, 1);
	s->fields = arena_array(&s->arena, c.fields + 1, sizeof *s->fields);
	s->texts = arena_array(&s->arena, c.texts + 1, sizeof *s->texts);
	if (!s->nodes || !s->values || !s->unsure || !s->fields || !s->texts)
		return op_fail(op, RC_NOMEM, "out of memory for a search");
	lay_out(s, program);
	sort_all(s);
	s->finds_all = true;
	for (uint32_t i = 0; i < s->count; i++) {
		const struct node *n = &s->nodes[i];
		bool joins = n->kind == SEARCH_AND && n->child != UINT32_MAX;
		s->finds_all = s->finds_all && (joins || n->kind == SEARCH_ALL);
	}
	return 0;
}

// The UIDs that the program is bound to, if one of its outermost keys says so: the cursor then passes over all others.
static const struct numset *bound_of(const struct search_key *program)
{
	const struct search_key *k = program->kind == SEARCH_AND ? program->child : program;
	for (; k; k = program->kind == SEARCH_AND ? k->next : NULL)
		if (k->kind == SEARCH_UIDS)
			return k->set;
	return NULL;
}

int search_open(
	struct op *op, struct view *v, const struct search_key *program, struct search **ret_search)
{
	struct search *s = calloc(1, sizeof *s);
	if (!s)
		return op_fail(op, RC_NOMEM, "out of memory for a search");
	op_init(&s->scratch, 0);
	arena_init(&s->arena, 0);
	s->store = mail_store_of(account_mail(view_account(v)));
	s->now = clock_real();
	s->collation = program->collation;
	int rc = prepare(op, s, program);
	if (rc == 0)
		rc = view_cursor_open(op, v, bound_of(program),
			s->highest >= TIER_COLD ? CURSOR_COLD : 0, &s->cursor);
	if (rc == 0) {
		s->keywords = view_cursor_keywords(s->cursor);
		rc = prepare_keys(op, s);
		text_scan_init(&s->scan, s->texts, s->text_count);
	}
	if (rc) {
		search_close(s);
		return rc;
	}
	*ret_search = s;
	return 0;
}

static void close_content(struct search *s)
{
	if (s->is_open)
		content_close(&s->content);
	s->is_open = false;
}

void search_close(struct search *s)
{
	if (!s)
		return;
	close_content(s);
	if (s->cursor)
		view_cursor_close(s->cursor);
	text_scan_done(&s->scan);
	field_scratch_done(&s->fold);
	arena_done(&s->arena);
	op_done(&s->scratch);
	free(s);
}

uint64_t search_done_count(const struct search *s)
{
	return s->done;
}

// --- the value of one key ---

#define DAY 86400

// The calendar date of a moment at a place `zone` minutes east of UTC.
static int64_t day_of(int64_t seconds, int zone)
{
	int64_t local = seconds + zone * 60;
	return local / DAY - (local % DAY < 0);
}

static enum value compare_days(const struct search_key *k, int64_t day)
{
	switch (k->kind) {
	case SEARCH_SINCE:
	case SEARCH_SAVEDSINCE:
	case SEARCH_SENTSINCE:
		return day >= k->day ? YES : NO;
	case SEARCH_BEFORE:
	case SEARCH_SAVEDBEFORE:
	case SEARCH_SENTBEFORE:
		return day < k->day ? YES : NO;
	default:
		return day == k->day ? YES : NO;
	}
}

static enum value keyword_value(struct search *s, struct node *n)
{
	if (n->which == KEYWORD_NONE)
		return NO;
	if (n->kwset != s->msg.kwset) { // few sets are in use: the last answer mostly serves again
		n->kwset = s->msg.kwset;
		n->kwset_has = keywords_set_has(s->keywords, n->kwset, n->which);
	}
	return n->kwset_has ? YES : NO;
}

static enum value hot_value(struct search *s, struct node *n)
{
	const struct search_key *k = n->key;
	switch (n->kind) {
	case SEARCH_ALL:
	case SEARCH_AND: // of nothing
		return YES;
	case SEARCH_FLAGS:
		return (s->msg.flags & k->flags_mask) == k->flags_value ? YES : NO;
	case SEARCH_KEYWORD:
		return keyword_value(s, n);
	case SEARCH_SEQS:
		return k->set && numset_has(k->set, s->msg.seq.v) ? YES : NO;
	case SEARCH_UIDS:
		return k->set && numset_has(k->set, s->msg.uid.v) ? YES : NO;
	case SEARCH_MODSEQ:
		return s->msg.modseq.v >= k->number ? YES : NO;
	default: // OR, NOT of nothing
		return NO;
	}
}

static enum value cold_value(struct search *s, const struct node *n)
{
	const struct search_key *k = n->key;
	const struct msg_cold *cold = &s->cold;
	int64_t seconds = k->number > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)k->number;
	switch (n->kind) {
	case SEARCH_LARGER:
		return cold->size > k->number ? YES : NO;
	case SEARCH_SMALLER:
		return cold->size < k->number ? YES : NO;
	case SEARCH_SAVEDSINCE:
	case SEARCH_SAVEDBEFORE:
	case SEARCH_SAVEDON:
		return compare_days(k, day_of(cold->save_date, 0));
	case SEARCH_YOUNGER: // RFC 5032 section 2: both include the moment itself
		return cold->internal_date >= s->now - seconds ? YES : NO;
	case SEARCH_OLDER:
		return cold->internal_date <= s->now - seconds ? YES : NO;
	case SEARCH_EMAILID:
		return memcmp(&cold->emailid, &k->id, sizeof k->id) == 0 ? YES : NO;
	case SEARCH_THREADID:
		return memcmp(&cold->threadid, &k->id, sizeof k->id) == 0 ? YES : NO;
	default: // SINCE, BEFORE, ON
		return compare_days(k, day_of(cold->internal_date, cold->zone));
	}
}

// Sets *ret_value, or a fault.
static int card_value(struct search *s, const struct node *n, enum tier tier, enum value *ret_value)
{
	int rc = 0;
	if (!s->is_open) {
		rc = content_open_partial(&s->scratch, s->store, &s->cold, false, &s->content);
		s->is_open = rc == 0;
		if (rc == 0)
			content_ahead(&s->content, s->cursor, USE_KEYS);
	}
	if (rc)
		return rc;
	if (n->kind != SEARCH_HEADER) {
		int32_t day = content_sent_day(&s->content);
		*ret_value =
			day == INT32_MIN ? NO : compare_days(n->key, day); // no Date: matches none
		return 0;
	}
	const struct field_key *key = &s->fields[n->which];
	rc = field_in_card(key, &s->content);
	if (rc < 0 && tier < TIER_HEADER) {
		*ret_value = UNKNOWN;
		return 0;
	}
	if (rc < 0) {
		rc = content_want_octets(&s->scratch, s->store, &s->content);
		if (rc == 0)
			rc = field_in_octets(&s->scratch, key, &s->content, &s->fold);
	}
	if (rc < 0)
		return rc;
	*ret_value = rc == FIELD_YES ? YES : NO;
	return 0;
}

static enum value text_value(struct search *s, const struct node *n)
{
	struct text_key *k = &s->texts[n->which];
	k->wanted = true;
	if (s->is_paused && k->stream.found)
		return YES;
	return s->text_known ? (k->stream.found ? YES : NO) : UNKNOWN;
}

static int leaf_value(struct search *s, struct node *n, enum tier tier, enum value *ret_value)
{
	*ret_value = UNKNOWN;
	if (n->tier > tier)
		return 0;
	switch ((enum tier)n->tier) {
	case TIER_HOT:
		*ret_value = hot_value(s, n);
		return 0;
	case TIER_COLD:
		*ret_value = cold_value(s, n);
		return 0;
	case TIER_TEXT:
		*ret_value = text_value(s, n);
		return 0;
	default:
		return card_value(s, n, tier, ret_value);
	}
}

// --- the value of a program ---

// What a child's value makes of its parent: UNKNOWN means that the next child is to be asked.
static bool decides(const struct search *s, uint32_t parent, enum value v)
{
	switch (s->nodes[parent].kind) {
	case SEARCH_AND:
		return v == NO;
	case SEARCH_OR:
		return v == YES;
	default: // NOT
		return true;
	}
}

// The value of a parent whose last child had the value v.
static enum value value_at_end(const struct search *s, uint32_t parent, enum value v)
{
	switch (s->nodes[parent].kind) {
	case SEARCH_AND:
		return v == NO ? NO : s->unsure[parent] ? UNKNOWN : YES;
	case SEARCH_OR:
		return v == YES ? YES : s->unsure[parent] ? UNKNOWN : NO;
	default:
		return v == UNKNOWN ? UNKNOWN : v == YES ? NO : YES;
	}
}

static int node_value(struct search *s, uint32_t at, enum tier tier, enum value *ret_value)
{
	enum value v = (enum value)s->values[at];
	int rc = 0;
	if (v == UNKNOWN && s->nodes[at].child == UINT32_MAX)
		rc = leaf_value(s, &s->nodes[at], tier, &v);
	*ret_value = v;
	s->values[at] = (uint8_t)v;
	return rc;
}

static int evaluate(struct search *s, enum tier tier, enum value *ret_value)
{
	uint32_t at = 0;
	for (;;) {
		// Down to a leaf, or a node that is known from an earlier tier.
		while (s->nodes[at].child != UINT32_MAX && s->values[at] == UNKNOWN) {
			s->unsure[at] = false;
			at = s->nodes[at].child;
		}
		enum value v;
		int rc = node_value(s, at, tier, &v);
		if (rc)
			return rc;
		// Up, until a parent wants to ask its next child.
		for (;;) {
			uint32_t parent = s->nodes[at].parent;
			if (parent == UINT32_MAX) {
				*ret_value = v;
				return 0;
			}
			if (v == UNKNOWN)
				s->unsure[parent] = true;
			if (!decides(s, parent, v) && s->nodes[at].next != UINT32_MAX) {
				at = s->nodes[at].next;
				break;
			}
			v = value_at_end(s, parent, v);
			s->values[parent] = (uint8_t)v;
			at = parent;
		}
	}
}

// --- one message ---

enum { PAUSED = 1 };

// Evaluates up to the header's octets; UNKNOWN when the text decides.
static int evaluate_cheap(struct search *s, enum value *ret_value, uint64_t *work)
{
	if (s->finds_all) {
		*ret_value = YES;
		*work += WORK_HOT;
		return 0;
	}
	memset(s->values, UNKNOWN, s->count);
	enum value v = UNKNOWN;
	int rc = 0;
	for (enum tier t = TIER_HOT; rc == 0 && v == UNKNOWN && t <= s->highest; t++) {
		if (!(s->tiers & 1u << t))
			continue;
		*work += t < TIER_CARD ? WORK_HOT + s->count / 2 : WORK_CARD + s->count * 4;
		for (uint32_t i = 0; t == TIER_TEXT && i < s->text_count; i++)
			s->texts[i].wanted = false; // the walk marks those that matter
		rc = evaluate(s, t, &v);
	}
	*ret_value = v;
	return rc;
}

static int begin_text(struct search *s)
{
	int rc = 0;
	if (!s->is_open)
		rc = content_open_partial(&s->scratch, s->store, &s->cold, true, &s->content);
	s->is_open = s->is_open || rc == 0;
	if (rc == 0)
		rc = content_want_octets(&s->scratch, s->store, &s->content);
	if (rc == 0 && card_left_out(s->content.card, CARD_PARTS))
		rc = content_make_card(&s->scratch, &s->content);
	if (rc == 0)
		text_scan_begin(&s->scan, &s->content);
	s->is_paused = rc == 0;
	return rc;
}

// Goes on with the octets of the present message: 0, PAUSED or a fault.
static int continue_text(struct search *s, enum value *ret_value, uint64_t *work)
{
	while (*work < WORK_PER_LOOK) {
		bool done;
		size_t found = text_scan_found(&s->scan);
		int rc = text_scan_step(&s->scratch, &s->scan, &done);
		*work += WORK_STEP + s->count;
		s->text_known = done;
		if (rc == 0 && (done || text_scan_found(&s->scan) != found))
			rc = evaluate(s, TIER_TEXT, ret_value);
		if (rc || *ret_value != UNKNOWN)
			return rc;
		if (done)
			return op_fail(&s->scratch, RC_SERVERBUG, "a search came to no end");
	}
	return PAUSED;
}

static void message_done(struct search *s, enum value v, struct numset *uids)
{
	if (v == YES) {
		numset_add(uids, s->msg.uid.v);
		if (s->msg.modseq.v > s->modseq.v)
			s->modseq = s->msg.modseq;
	}
	if (s->finds_all) {
		uint32_t first = s->msg.uid.v + 1, n = view_cursor_pass(s->cursor, &s->modseq);
		if (n)
			numset_add_range(uids, first, first + (n - 1));
		s->done += n;
	}
	if (s->is_open) {
		close_content(s);
		op_reset(&s->scratch);
	}
	s->is_paused = false;
	s->done++;
}

// The next message, or more of the present one: 0, PAUSED, or a fault.
static int step(struct search *s, struct numset *uids, uint64_t *work)
{
	enum value v = UNKNOWN;
	int rc = 0;
	if (!s->is_paused) {
		s->text_known = false;
		rc = evaluate_cheap(s, &v, work);
		if (rc == 0 && v == UNKNOWN)
			rc = begin_text(s);
	}
	if (rc == 0 && v == UNKNOWN)
		rc = continue_text(s, &v, work);
	if (rc == 0)
		message_done(s, v, uids);
	return rc;
}

static int next_message(struct op *op, struct search *s)
{
	int rc = view_cursor_next(op, s->cursor, &s->msg);
	if (rc == 0 && s->msg.cold)
		s->cold = *s->msg.cold;
	s->msg.cold = NULL; // the cursor's own, gone with its next call
	return rc;
}

int search_run(struct op *op, struct search *s, uint64_t budget_ns, struct numset *uids,
	struct modseq *ret_modseq)
{
	uint64_t start = clock_mono(), work = 0;
	if (s->rc)
		return op_fail(op, s->rc, "the search has failed before");
	s->scratch.deadline = op->deadline;
	s->scratch.cancel = op->cancel;
	int rc = 0;
	for (;;) {
		rc = s->is_paused ? 0 : next_message(op, s);
		if (rc)
			break; // the end, or a fault
		rc = step(s, uids, &work);
		if (rc < 0) {
			rc = op_fail(op, rc, "%s", op_text(&s->scratch, rc));
			break;
		}
		if (work < WORK_PER_LOOK)
			continue;
		work = 0;
		rc = op_alive(op);
		if (rc == 0 && clock_mono() - start >= budget_ns)
			rc = SEARCH_MORE;
		if (rc && rc != SEARCH_MORE)
			break;
		if (rc == SEARCH_MORE) {
			*ret_modseq = s->modseq;
			return rc;
		}
	}
	if (rc == CURSOR_END)
		rc = 0;
	if (rc == 0 && uids->failed)
		rc = op_fail(op, RC_NOMEM, "out of memory for the result of a search");
	s->rc = rc;
	if (rc == 0)
		*ret_modseq = s->modseq;
	return rc;
}
