// SPDX-License-Identifier: Apache-2.0
// QRESYNC (RFC 7162 section 3.2): SELECT box (QRESYNC (...)) and UID FETCH ... (CHANGEDSINCE n VANISHED). VANISHED in place of EXPUNGE, and
// HIGHESTMODSEQ where it is due, are in imap/reply.c and imap/dispatch.c.
//
// What a client claims to know only narrows what it is told: lies cost nobody but itself.
#include "imap/fetch.h"
#include "imap/module.h"
#include "imap/reply.h"
#include "mail/view.h"

// --- what is gone ---

// VANISHED (EARLIER) of what was expunged since, of these UIDs, and only those above `above`.
int qresync_tell_vanished(
	struct session *s, struct modseq since, const struct numset *known, uint32_t above)
{
	struct numset gone = { 0 };
	int rc = view_expunged_since(&s->op, s->view, since, &gone);
	if (rc == 0) {
		numset_intersect(&gone, known);
		if (above)
			numset_remove_range(&gone, 1, above);
		rc = gone.failed ? op_fail(&s->op, RC_NOMEM, "out of memory")
				 : reply_vanished(s, &gone, true);
	}
	numset_done(&gone);
	return rc;
}

// --- UID FETCH ---

// rexpunges-fetch-mod = "VANISHED": only in UID FETCH, only after ENABLE QRESYNC (section 3.2.6)
static int parse_vanished(
	struct session *s, struct command *c, struct cursor *in, struct fetch_args *args)
{
	if (!c->uid)
		cursor_fail(in, "VANISHED only in UID FETCH");
	else if (!(s->enabled & ENABLED_QRESYNC))
		cursor_fail(in, "ENABLE QRESYNC before VANISHED");
	args->vanished = true;
	return 0;
}

static const struct fetch_modifier fetch_modifiers[] = {
	{ "VANISHED", parse_vanished },
	{ NULL },
};

// --- SELECT ---

struct resync {
	uint32_t uid_validity;
	struct modseq modseq;
	bool all;            // no known-uids
	struct seqset known; // known-uids
	struct seqset match_seqs, match_uids;
	bool matches; // seq-match-data was given
	// While it runs:
	bool begun;
	struct numset uids, seqs; // of seq-match-data
	struct numset wanted;
	struct view_cursor *cursor;
};

// known-uids, known-sequence-set, known-uid-set: sequence-set without "*"
static void take_known(struct cursor *in, struct seqset *ret_set)
{
	size_t at = in->at;
	cursor_sequence_set(in, ret_set);
	if (!cursor_is_bad(in) && (ret_set->saved || seqset_has_star(ret_set)))
		cursor_fail_at(in, at, "a set without * or $");
}

// The sets of seq-match-data are in ascending order, and name as many messages each.
static uint64_t ascending_size(struct cursor *in, const struct seqset *set)
{
	uint64_t size = 0;
	uint32_t before = 0;
	for (size_t i = 0; i < set->count; i++) {
		uint32_t a = set->ranges[i].first, b = set->ranges[i].last;
		uint32_t low = a < b ? a : b, high = a < b ? b : a;
		if (low <= before)
			cursor_fail_at(in, set->at, "a set in ascending order");
		before = high;
		size += (uint64_t)high - low + 1;
	}
	return size;
}

// seq-match-data = "(" known-sequence-set SP known-uid-set ")"
static void parse_match(struct cursor *in, struct resync *r)
{
	cursor_char(in, '(', "(");
	take_known(in, &r->match_seqs);
	cursor_sp(in);
	take_known(in, &r->match_uids);
	cursor_char(in, ')', ")");
	if (cursor_is_bad(in))
		return;
	if (ascending_size(in, &r->match_seqs) != ascending_size(in, &r->match_uids))
		cursor_fail_at(in, r->match_uids.at, "as many UIDs as numbers");
	r->matches = true;
}

// "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
static int parse_qresync(struct session *s, struct command *c, struct cursor *in, void **ret_arg)
{
	(void)c;
	struct resync *r = op_new(&s->op, struct resync);
	if (!r)
		return RC_NOMEM;
	*ret_arg = r;
	if (!(s->enabled & ENABLED_QRESYNC))
		cursor_fail(in, "ENABLE QRESYNC before the parameter QRESYNC");
	cursor_sp(in);
	cursor_char(in, '(', "(");
	r->uid_validity = cursor_nz_number(in);
	cursor_sp(in);
	r->modseq.v = cursor_number64(in);
	r->all = true;
	bool more = cursor_try_sp(in);
	if (more && cursor_peek(in) != '(') {
		r->all = false;
		take_known(in, &r->known);
		more = cursor_try_sp(in);
	}
	if (more && s->enabled & ENABLED_UIDONLY) // RFC 9586 section 3.7
		cursor_fail_rc(in, RC_UIDREQUIRED, "no message numbers");
	if (more)
		parse_match(in, r);
	cursor_char(in, ')', "a space or )");
	return 0;
}

// The highest UID up to which the client's sample says that it knows of every expunge (section 3.2.5.2), 0: none. If a pair holds, so do
// all before it, so that the last one that holds is found by halving.
static int known_up_to(struct session *s, struct resync *r, uint32_t *ret_uid)
{
	uint64_t low = 0, high;
	*ret_uid = 0;
	if (!r->matches)
		return 0;
	seqset_resolve(&r->match_seqs, 0, &r->seqs);
	seqset_resolve(&r->match_uids, 0, &r->uids);
	if (r->seqs.failed || r->uids.failed)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	for (high = numset_size(&r->seqs); low < high;) {
		uint64_t mid = low + (high - low) / 2;
		struct uid uid;
		struct seq seq = { numset_nth(&r->seqs, mid) };
		uint32_t said = numset_nth(&r->uids, mid);
		int rc = view_uid_of(&s->op, s->view, seq, &uid);
		if (rc < 0)
			return rc;
		if (said && uid.v == said) {
			*ret_uid = said;
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	return 0;
}

static int resync_begin(struct session *s, struct resync *r)
{
	uint32_t above, last = view_uid_next(s->view).v - 1;
	r->begun = true;
	if (r->uid_validity != view_uid_validity(s->view))
		return 0; // everything else is about another mailbox (section 3.2.5)
	if (!r->all)
		seqset_resolve(&r->known, 0, &r->wanted);
	else if (last)
		numset_add_range(&r->wanted, 1, last);
	if (r->wanted.failed)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	int rc = known_up_to(s, r, &above);
	if (rc == 0)
		rc = qresync_tell_vanished(s, r->modseq, &r->wanted, above);
	if (rc == 0)
		rc = condstore_narrow(s, r->modseq, &r->wanted);
	return rc == 0 ? view_cursor_open(&s->op, s->view, &r->wanted, 0, &r->cursor) : rc;
}

static int after_select(struct session *s, void *arg)
{
	struct resync *r = arg;
	struct msg m;
	int rc = r->begun ? 0 : resync_begin(s, r);
	while (rc == 0 && r->cursor) {
		if (conn_is_full(s->conn) || crew_slice_is_over())
			return SELECT_MORE;
		rc = view_cursor_next(&s->op, r->cursor, &m);
		if (rc == 0)
			reply_fetch_flags(s, &m, view_cursor_keywords(r->cursor), true);
	}
	return rc < 0 ? rc : 0;
}

static void select_done(struct session *s, void *arg)
{
	struct resync *r = arg;
	(void)s;
	if (!r)
		return;
	view_cursor_close(r->cursor);
	numset_done(&r->wanted);
	numset_done(&r->seqs);
	numset_done(&r->uids);
}

static const struct imap_select_param select_params[] = {
	{ "QRESYNC", parse_qresync, NULL, after_select, select_done },
	{ NULL },
};
static const struct imap_enable enables[] = {
	{ "QRESYNC", ENABLED_QRESYNC, NULL },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "QRESYNC", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_qresync = {
	.name = "qresync",
	.rfc = "RFC 7162",
	.capabilities = capabilities,
	.enables = enables,
	.select_params = select_params,
	.fetch_modifiers = fetch_modifiers,
};
