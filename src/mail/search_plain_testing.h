// SPDX-License-Identifier: Apache-2.0
// Starling: for tests of SEARCH: the plain evaluation of a program, which parses each message anew.
#ifndef MAIL_SEARCH_PLAIN_TESTING_H
#define MAIL_SEARCH_PLAIN_TESTING_H

#include "mail/card_priv.h"
#include "mail/search.h"
#include "mail/search_testing.h"

struct known { // what the plain evaluation knows of a message
	struct span text;
	uint32_t uid, seq, flags;
	struct span keywords[3]; // absent: it has fewer
	uint64_t modseq;
	struct msg_cold cold;
	struct texts *texts; // by the program's collation
};
struct plain_search {
	enum collation collation;
	int64_t now; // when the search began
};

static inline int64_t floor_day(int64_t seconds)
{
	return seconds >= 0 ? seconds / 86400 : -((-seconds + 86399) / 86400);
}

static inline bool day_matches(const struct search_key *k, int64_t day, enum search_kind since)
{
	int which = (int)k->kind - (int)since;
	return which == 0 ? day >= k->day : which == 1 ? day < k->day : day == k->day;
}

static inline bool is_one_of(struct span name, const struct span *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_caseeq(name, names[i]))
			return true;
	return false;
}

static inline bool value_matches(
	const struct plain_search *p, struct span name, struct span value, struct span needle)
{
	static const struct span lists[] = { SPAN("From"), SPAN("To"), SPAN("Cc"), SPAN("Bcc") };
	struct op op;
	struct buf scratch = { 0 }, text = { 0 };
	op_init(&op, 0);
	// Addresses are sought as they are written and in their plain form.
	unsigned what = is_one_of(name, lists, countof(lists)) ? FIELD_TEXT_ADDRESSES : 0;
	if (p->collation == COLLATION_UNICODE_CASEMAP)
		what |= FIELD_TEXT_FOLDED;
	card_field_text(&op, value, what, SIZE_MAX, &scratch, &text);
	bool found = is_within(buf_span(&text), needle, p->collation == COLLATION_OCTET);
	buf_done(&scratch);
	buf_done(&text);
	op_done(&op);
	return found;
}

static inline bool field_matches(const struct plain_search *p, const struct known *m,
	const struct search_key *k, struct span needle)
{
	struct op op;
	const struct mime_tree *tree;
	bool found = false;
	op_init(&op, 0);
	must(mime_parse(&op, m->text, &tree) == 0);
	struct mime_fields it = mime_fields_of(tree->header);
	struct mime_field f;
	while (!found && mime_fields_next(&it, &f))
		found = f.name.n && span_caseeq(f.name, k->name) &&
			(k->text.n == 0 || value_matches(p, k->name, f.value, needle));
	op_done(&op);
	return found;
}

static inline bool string_matches(
	const struct plain_search *p, const struct known *m, const struct search_key *k)
{
	struct buf needle = { 0 };
	collation_prepare(p->collation, k->text, &needle);
	bool found = k->kind == SEARCH_HEADER ? field_matches(p, m, k, buf_span(&needle))
					      : k->text.n == 0 ||
			found_plainly(m->texts, buf_span(&needle), k->kind == SEARCH_TEXT,
				p->collation == COLLATION_OCTET);
	buf_done(&needle);
	return found;
}

// The calendar date that the first Date: field says, in its own zone; INT32_MIN: none.
static inline int32_t sent_day_plainly(struct span message)
{
	struct op op;
	const struct mime_tree *tree;
	struct mime_field f;
	struct mime_date d;
	op_init(&op, 0);
	must(mime_parse(&op, message, &tree) == 0);
	bool has = mime_field_find(tree->header, SPAN("Date"), &f) && mime_date_parse(f.value, &d);
	op_done(&op);
	return has ? d.day : INT32_MIN;
}

static inline bool cold_matches(
	const struct plain_search *p, const struct known *m, const struct search_key *k)
{
	const struct msg_cold *c = &m->cold;
	switch (k->kind) {
	case SEARCH_LARGER:
		return c->size > k->number;
	case SEARCH_SMALLER:
		return c->size < k->number;
	case SEARCH_SINCE:
	case SEARCH_BEFORE:
	case SEARCH_ON:
		return day_matches(k, floor_day(c->internal_date + c->zone * 60), SEARCH_SINCE);
	case SEARCH_SAVEDSINCE:
	case SEARCH_SAVEDBEFORE:
	case SEARCH_SAVEDON:
		return day_matches(k, floor_day(c->save_date), SEARCH_SAVEDSINCE);
	case SEARCH_YOUNGER:
		return (__int128)c->internal_date >= (__int128)p->now - k->number;
	case SEARCH_OLDER:
		return (__int128)c->internal_date <= (__int128)p->now - k->number;
	case SEARCH_EMAILID:
		return memcmp(&k->id, &c->emailid, sizeof k->id) == 0;
	default: // THREADID
		return memcmp(&k->id, &c->threadid, sizeof k->id) == 0;
	}
}

static inline bool leaf_matches(
	const struct plain_search *p, const struct known *m, const struct search_key *k)
{
	switch (k->kind) {
	case SEARCH_ALL:
		return true;
	case SEARCH_FLAGS:
		return (m->flags & k->flags_mask) == k->flags_value;
	case SEARCH_KEYWORD:
		return is_one_of(k->text, m->keywords, countof(m->keywords));
	case SEARCH_SEQS:
		return numset_has(k->set, m->seq);
	case SEARCH_UIDS:
		return numset_has(k->set, m->uid);
	case SEARCH_MODSEQ:
		return m->modseq >= k->number;
	case SEARCH_HEADER:
	case SEARCH_BODY:
	case SEARCH_TEXT:
		return string_matches(p, m, k);
	case SEARCH_SENTSINCE:
	case SEARCH_SENTBEFORE:
	case SEARCH_SENTON: {
		int32_t day = sent_day_plainly(m->text);
		return day != INT32_MIN && day_matches(k, day, SEARCH_SENTSINCE);
	}
	default:
		return cold_matches(p, m, k);
	}
}

// Recurses.
static inline bool matches_plainly(
	const struct plain_search *p, const struct known *m, const struct search_key *k)
{
	bool all_of = true, any = false;
	if (k->kind != SEARCH_AND && k->kind != SEARCH_OR && k->kind != SEARCH_NOT)
		return leaf_matches(p, m, k);
	for (const struct search_key *c = k->child; c; c = c->next) {
		bool v = matches_plainly(p, m, c);
		all_of = all_of && v;
		any = any || v;
	}
	return k->kind == SEARCH_AND ? all_of : k->kind == SEARCH_OR ? any : !any;
}

static inline void program_sets_done(const struct search_key *k)
{
	for (; k; k = k->next) {
		if (k->set)
			numset_done(k->set);
		program_sets_done(k->child);
	}
}

#endif
