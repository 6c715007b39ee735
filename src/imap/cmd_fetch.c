// SPDX-License-Identifier: Apache-2.0
// FETCH and UID FETCH (RFC 9051 sections 6.4.5 and 6.4.9; RFC 3501 section 6.4.5). Items are rows (imap/fetch.h).
//
// \Seen is set in front: a second cursor runs up to SEEN_AHEAD messages ahead of the one that answers, and one STORE marks the unseen ones among
// them, so that a FETCH of many bodies costs few commits. Their new flags go out in the same FETCH responses. Not farther ahead than output may
// be on its way: what a client that goes away did not get should not be marked as read. Mail can be read when nothing can be written: then \Seen is left alone.
#include "base/limits.h"
#include "imap/fetch.h"
#include "imap/message_limit.h"
#include "imap/module.h"
#include "imap/partial.h"
#include "imap/reply.h"
#include "imap/session_priv.h"
#include "mail/txn.h"
#include "mail/view.h"

#include <stdio.h>

#define SEEN_AHEAD 64u
#define DECODE_LONG                                                                                \
	(256u << 10)    // octets of a message whose decoding takes more than a slice, about
#define SLICE_EVERY 32u // messages between two looks at the clock

// --- parsing ---

void fetch_add_wish(
	struct session *s, struct fetch_args *args, const struct fetch_item *item, void *arg)
{
	for (const struct fetch_wish *same = args->wishes; same && !arg; same = same->next)
		if (same->item == item)
			return; // said twice, answered once
	struct fetch_wish *w = op_new(&s->op, struct fetch_wish);
	if (!w)
		return; // RC_NOMEM is recorded; fetch_parse() looks
	args->count++;
	*w = (struct fetch_wish){ item, arg, NULL };
	*args->tail = w;
	args->tail = &w->next;
	args->needs |= item->needs;
	args->wants_uid |= span_eq(span_str(item->name), SPAN("UID"));
	args->wants_flags |= span_eq(span_str(item->name), SPAN("FLAGS"));
	args->wants_modseq |= span_eq(span_str(item->name), SPAN("MODSEQ"));
}

// "BODY" is two items: with "[" behind it, a section.
static const struct fetch_item *item_find(const struct session *s, struct span name, bool section)
{
	for (const struct imap_module *const *m = imap_modules; *m; m++)
		for (const struct fetch_item *it = (*m)->fetch_items; it && it->name; it++)
			if (span_caseeq(name, span_str(it->name)) &&
				section == !!(it->needs & FETCH_SECTION) &&
				(!it->is_offered || it->is_offered(s)))
				return it;
	return NULL;
}

int fetch_parse_item(
	struct session *s, struct command *c, struct cursor *in, struct fetch_args *args)
{
	size_t at = in->at;
	struct span name = cursor_name(in, "a FETCH item");
	if (cursor_is_bad(in))
		return 0;
	const struct fetch_item *item = item_find(s, name, cursor_peek(in) == '[');
	void *arg = NULL;
	if (!item) {
		cursor_fail_at(in, at, "a FETCH item");
		return 0;
	}
	if (args->count >= FETCH_ITEMS_MAX)
		cursor_fail_rc(in, RC_LIMIT, "fewer FETCH items");
	int rc = item->parse ? item->parse(s, c, in, &arg) : 0;
	if (rc == 0 && !cursor_is_bad(in))
		fetch_add_wish(s, args, item, arg);
	return rc;
}

int fetch_take_later(struct session *s, struct command *c, struct cursor *in, struct span *ret)
{
	*ret = SPAN_NONE;
	if (cursor_peek(in) != ' ' || in->at + 1 >= in->in.n || in->in.p[in->at + 1] != '(')
		return 0;
	struct fetch_args *items = op_new(&s->op, struct fetch_args);
	if (!items)
		return RC_NOMEM;
	items->tail = &items->wishes;
	cursor_sp(in);
	cursor_char(in, '(', "a list of FETCH items");
	size_t at = in->at;
	int rc;
	do
		rc = fetch_parse_item(s, c, in, items);
	while (rc == 0 && cursor_try_sp(in));
	*ret = span_cut(in->in, at, in->at);
	cursor_char(in, ')', "a space or )");
	if (ret->n > FETCH_LATER_MAX)
		cursor_fail_rc(in, RC_LIMIT, "fewer FETCH items");
	return rc;
}

int fetch_add_later(struct session *s, struct span text, struct fetch_args *args)
{
	struct cursor in;
	cursor_init(&in, text, &s->op.arena);
	if (!args->tail)
		args->tail = &args->wishes;
	int rc = 0;
	do
		rc = text.n ? fetch_parse_item(s, &s->priv->cmd, &in, args) : 0;
	while (rc == 0 && cursor_try_sp(&in));
	return rc == RC_NOMEM ? rc : 0;
}

// ALL, FAST, FULL (RFC 9051 section 6.4.5): only alone, without parentheses.
static bool parse_macro(struct session *s, struct cursor *in, struct fetch_args *args)
{
	static const struct {
		const char *name;
		unsigned count; // of the items below, from the left
	} macros[] = { { "FAST", 3 }, { "ALL", 4 }, { "FULL", 5 } };
	static const char *const items[] = { "FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE",
		"BODY" };
	for (size_t i = 0; i < countof(macros); i++) {
		if (!cursor_try_word(in, macros[i].name))
			continue;
		for (unsigned k = 0; k < macros[i].count; k++)
			fetch_add_wish(s, args, item_find(s, span_str(items[k]), false), NULL);
		return true;
	}
	return false;
}

// fetch-modifiers (RFC 4466 section 2.5): SP "(" fetch-modifier *(SP fetch-modifier) ")"
static int parse_modifiers(
	struct session *s, struct command *c, struct cursor *in, struct fetch_args *args)
{
	int rc = 0;
	cursor_char(in, '(', "\"(\"");
	do {
		size_t at = in->at;
		struct span name = cursor_name(in, "a FETCH modifier");
		const struct fetch_modifier *m =
			cursor_is_bad(in) ? NULL : module_find(MODULE_TABLE(fetch_modifiers), name);
		if (!m)
			cursor_fail_at(in, at, "a FETCH modifier");
		else
			rc = m->parse(s, c, in, args);
	} while (rc == 0 && cursor_try_sp(in));
	cursor_char(in, ')', "\")\"");
	if (args->vanished && !args->changed) // RFC 7162 section 3.2.6
		cursor_fail(in, "CHANGEDSINCE beside VANISHED");
	return rc;
}

static int fetch_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct fetch_args *args = op_new(&s->op, struct fetch_args);
	if (!args)
		return RC_NOMEM;
	args->tail = &args->wishes;
	c->args = args;
	cursor_sp(in);
	cursor_sequence_set(in, &args->set);
	cursor_sp(in);
	int rc = 0;
	if (cursor_try_char(in, '(')) {
		do
			rc = fetch_parse_item(s, c, in, args);
		while (rc == 0 && cursor_try_sp(in));
		cursor_char(in, ')', "\")\" or a space and another FETCH item");
	} else if (!parse_macro(s, in, args)) {
		rc = fetch_parse_item(s, c, in, args);
	}
	if (rc == 0 && cursor_try_sp(in))
		rc = parse_modifiers(s, c, in, args);
	return rc == 0 && s->op.rc == RC_NOMEM ? RC_NOMEM : rc;
}

// --- running ---

// CHANGEDSINCE and VANISHED: looks only at what has changed. "*" reaches up to UIDNEXT here: the last messages may be those that are gone.
static int narrow(struct session *s, struct fetch_args *a)
{
	int rc = 0;
	if (a->vanished) {
		struct numset known = { 0 };
		if (a->set.saved)
			numset_copy(&known, &a->uids);
		else
			seqset_resolve(&a->set, view_uid_next(s->view).v - 1, &known);
		rc = known.failed ? op_fail(&s->op, RC_NOMEM, "out of memory")
				  : qresync_tell_vanished(s, a->changed_since, &known, 0);
		numset_done(&known);
	}
	return rc == 0 ? condstore_narrow(s, a->changed_since, &a->uids) : rc;
}

// PARTIAL counts the messages that the client knows of (RFC 9394 section 3.3).
static int take_partial(struct session *s, struct fetch_args *a)
{
	struct numset seqs = { 0 }, some = { 0 };
	uint32_t limit = message_limit(s);
	if (limit && partial_size(a->partial) > limit) // RFC 9738 section 3.1
		return message_limit_refuse(s, limit, (struct uid){ 0 });
	int rc = view_seqs_of(&s->op, s->view, &a->uids, &seqs);
	partial_of(a->partial, &seqs, &some);
	numset_reset(&a->uids);
	if (rc == 0)
		rc = some.failed ? op_fail(&s->op, RC_NOMEM, "out of memory")
				 : view_uids_of(&s->op, s->view, &some, &a->uids);
	numset_done(&seqs);
	numset_done(&some);
	return rc;
}

static int fetch_start(struct session *s, struct command *c, struct fetch_args *a)
{
	int rc = args_messages(s, &a->set, c->uid, &a->uids);
	if (rc == 0 && a->partial)
		rc = take_partial(s, a);
	if (rc == 0 && a->changed)
		rc = narrow(s, a);
	if (rc == 0)
		rc = message_limit_cut(s, message_limit(s), &a->uids, &a->last);
	unsigned flags = a->needs & (FETCH_COLD | FETCH_CONTENT) ? CURSOR_COLD : 0;
	if (rc == 0)
		rc = view_cursor_open(&s->op, s->view, &a->uids, flags, &a->cursor);
	if (rc == 0 && view_keywords_grew(s->view)) // FLAGS comes before a FETCH that shows one
		reply_mailbox_flags(s);
	if (view_is_readonly(s->view))
		a->needs &= ~(unsigned)FETCH_SETS_SEEN;
	if (rc == 0 && a->needs & FETCH_SETS_SEEN)
		rc = view_cursor_open(&s->op, s->view, &a->uids, CURSOR_COLD, &a->ahead);
	a->started = true;
	return rc;
}

// Marks unseen messages from the one at hand on, if the cursor that runs ahead has not done so yet.
static int mark_seen(struct session *s, struct fetch_args *a, struct uid at)
{
	struct numset unseen = { 0 };
	struct msg m;
	int rc = 0;
	uint64_t octets = 0;
	if (at.v <= a->ahead_to.v)
		return 0;
	for (unsigned n = 0; n < SEEN_AHEAD && octets < NET_OUT_HIGH; n++) {
		rc = view_cursor_next(&s->op, a->ahead, &m);
		if (rc != 0)
			break;
		a->ahead_to = m.uid;
		octets += m.cold->size;
		if (!(m.flags & FLAG_SEEN))
			numset_add(&unseen, m.uid.v);
	}
	if (rc == CURSOR_END) {
		a->ahead_to.v = UINT32_MAX;
		rc = 0;
	}
	if (rc == 0 && !numset_is_empty(&unseen)) {
		struct flags_args store = { .uids = &unseen,
			.change = FLAGS_ADD,
			.list = { .flags = FLAG_SEEN },
			.unchanged_since = { UINT64_MAX },
			.silent = true };
		struct flags_result result = { 0 };
		rc = txn_flags(&s->op, s->view, &store, &result);
		if (rc == 0) {
			numset_add_set(&a->marked, &result.changed);
			a->marked_modseq = result.modseq;
		} else if (rc != RC_NOMEM)
			a->needs &= ~(unsigned)FETCH_SETS_SEEN;
		rc = rc == RC_NOMEM ? rc : 0;
		flags_result_done(&result);
	}
	numset_done(&unseen);
	return rc;
}

static int write_items(
	struct fetch_out *f, const struct command *c, const struct fetch_args *a, bool with_flags)
{
	struct session *s = f->s;
	reply_fetch_begin(s, f->msg);
	bool first = true;
	bool condstore = s->enabled & ENABLED_CONDSTORE;
	bool uid = (c->uid || (with_flags && condstore)) && !(s->enabled & ENABLED_UIDONLY);
	if (uid && !a->wants_uid) { // RFC 7162 section 3.2.4
		rope_add(f->out, SPAN("UID "));
		rope_addu(f->out, f->msg->uid.v);
		first = false;
	}
	for (const struct fetch_wish *w = a->wishes; w; w = w->next) {
		if (!first)
			rope_addc(f->out, ' ');
		first = false;
		int rc = w->item->write(f, w->arg);
		if (rc < 0)
			return rc;
	}
	if (with_flags && !a->wants_flags) {
		if (!first)
			rope_addc(f->out, ' ');
		reply_flags_item(s, f->msg, f->keywords);
		first = false;
	}
	if (condstore && (with_flags || a->wants_flags) && !a->wants_modseq) {
		if (!first)
			rope_addc(f->out, ' ');
		reply_modseq_item(s, f->msg->modseq);
	}
	rope_add(f->out, SPAN(")\r\n"));
	return f->out->failed ? op_fail(&s->op, RC_NOMEM, "out of memory") : 0;
}

static int fetch_one(struct session *s, struct command *c, struct fetch_args *a, struct msg *m)
{
	struct content content; // opened only where an item needs it
	bool opens = a->needs & FETCH_CONTENT;
	struct fetch_out f = { .s = s,
		.out = session_out(s),
		.msg = m,
		.keywords = view_cursor_keywords(a->cursor),
		.form = session_is_utf8(s) ? FORM_UTF8 : FORM_ASCII };
	struct arena_mark mark = arena_mark(&s->op.arena);
	size_t size = rope_size(f.out);
	bool marked = a->marked.count && numset_has(&a->marked, m->uid.v);
	if (marked) {
		m->flags |= FLAG_SEEN;
		m->modseq = a->marked_modseq;
	}
	int rc = opens ? content_open(&s->op, s->view, m, &content) : 0;
	if (rc == 0) {
		f.content = opens ? &content : NULL;
		if (opens)
			content_ahead(&content, a->cursor,
				a->needs & FETCH_SECTION ? USE_HEADER : USE_TEXTS);
		rc = write_items(&f, c, a, marked);
		if (opens)
			content_close(&content);
	}
	if (rc < 0)
		rope_truncate(f.out, size);
	if (rc < 0 && marked) // what has changed is told nevertheless
		reply_fetch_flags(s, m, f.keywords, c->uid);
	arena_release(&s->op.arena, mark);
	return rc;
}

// That a message takes longer than a slice.
static bool decodes_long(const struct fetch_args *a, const struct msg *m)
{
	return a->needs & FETCH_DECODES && m->cold->size >= DECODE_LONG;
}

int fetch_tell(struct session *s, struct fetch_args *a, uint32_t *at)
{
	struct command c = { .uid = s->enabled & (ENABLED_REV2 | ENABLED_CONDSTORE) };
	struct msg m;
	unsigned flags = a->needs & (FETCH_COLD | FETCH_CONTENT) ? CURSOR_COLD : 0;
	int rc = view_cursor_open(&s->op, s->view, &a->uids, flags, &a->cursor);
	bool full = false;
	if (rc == 0 && view_keywords_grew(s->view))
		reply_mailbox_flags(s);
	while (rc == 0) {
		full = conn_is_full(s->conn) || crew_slice_is_well_over();
		if (full)
			break;
		rc = view_cursor_next(&s->op, a->cursor, &m);
		full = rc == 0 && decodes_long(a, &m) && crew_must_go_back();
		if (rc || full)
			break;
		*at = m.uid.v + 1;
		int one = fetch_one(
			s, &c, a, &m); // what cannot be read is not told; FETCH will say why
		rc = one == RC_NOMEM ? one : 0;
	}
	view_cursor_close(a->cursor);
	a->cursor = NULL;
	return rc < 0 ? rc : full;
}

// One message that cannot be read does not keep the others from the client (users.md section 1.1); the tagged line is NO then.
static void note_fault(struct session *s, struct fetch_args *a, int rc)
{
	if (a->fault)
		return;
	a->fault = rc;
	(void)snprintf(
		a->fault_text, sizeof a->fault_text, "%s", op_text(&s->op, rc)); // the same size
}

static int fetch_end(struct session *s, struct command *c, struct fetch_args *a)
{
	if (a->fault)
		return op_fail(&s->op, a->fault, "%s", a->fault_text);
	// Messages that others expunged and this client was not told of yet (RFC 2180 section 4.1.2); `$` has lost them (RFC 9051 section 6.4.4.1).
	if (!c->uid && !a->set.saved && view_cursor_missing(a->cursor))
		return op_fail(&s->op, RC_EXPUNGED, "some of the messages were expunged meanwhile");
	return IMAP_DONE;
}

static int fetch_run(struct session *s, struct command *c)
{
	struct fetch_args *a = c->args;
	int rc = a->started ? 0 : fetch_start(s, c, a);
	for (unsigned n = 1; rc == 0 && !conn_is_full(s->conn); n++) {
		if (n % SLICE_EVERY == 0 && crew_slice_is_over())
			break;
		rc = a->holds ? 0 : view_cursor_next(&s->op, a->cursor, &a->msg);
		a->holds = rc == 0 && decodes_long(a, &a->msg) && crew_must_go_back();
		if (rc != 0 || a->holds)
			break;
		if (a->needs & FETCH_SETS_SEEN)
			rc = mark_seen(s, a, a->msg.uid);
		int one = rc == 0 ? fetch_one(s, c, a, &a->msg) : 0;
		if (one == RC_NOMEM)
			return one;
		if (one < 0)
			note_fault(s, a, one);
	}
	if (rc == CURSOR_END)
		return message_limit_end(s, a->last, fetch_end(s, c, a));
	return rc < 0 ? rc : IMAP_MORE;
}

static void fetch_done(struct session *s, struct command *c)
{
	struct fetch_args *a = c->args;
	(void)s;
	if (!a)
		return;
	view_cursor_close(a->cursor);
	view_cursor_close(a->ahead);
	numset_done(&a->uids);
	numset_done(&a->marked);
}

static const struct imap_command commands[] = {
	{ "FETCH", STATE_SELECTED | CMD_NUMBERS | CMD_KEEPS_NUMBERS, fetch_parse, fetch_run,
		fetch_done, NULL, NULL },
	{ "UID FETCH", STATE_SELECTED | CMD_UID, fetch_parse, fetch_run, fetch_done, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_fetch = {
	.name = "fetch",
	.rfc = "RFC 9051",
	.commands = commands,
	.fetch_items = fetch_base_items,
};
