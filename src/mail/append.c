// SPDX-License-Identifier: Apache-2.0
// APPEND. Octets go to the store and through the parser while they come; when a message ends its card is made and its thread looked
// up (intake.c). The commit gives UIDs, finishes the blobs and stages one batch.
#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "mail/edit.h"
#include "mail/intake_priv.h"
#include "mail/sent_priv.h"
#include "mail/uidl.h"
#include "mail/view_priv.h"

#include <stdlib.h>

struct pending {                    // a message that has been received
	struct blob_writer *writer; // NULL: finished early
	struct blob_ref ref;
	struct buf card, keywords; // keywords: each a field (varint length, octets)
	size_t keyword_count;
	bool may_lose_keywords, lost_keywords;
	struct buf uidl;
	uint8_t flags;
	int16_t zone;
	int64_t internal_date;
	struct objectid emailid;
	uint16_t kind;
	uint64_t size;
	struct thread_look thread;
	bool marked; // it may be the copy of a message that was sent
	struct sent_mark mark;
	struct sent_look look;
	struct sent_record sent; // what is known of it when it is in line
};

struct append {
	struct account *account;
	struct mailbox *mailbox;
	struct buf name;
	bool compared; // append_compare()
	uint8_t key[SENT_KEY];
	struct intake in;  // the present message
	uint64_t held;     // octets in writers that are not finished
	struct pending *v; // the last one is the present one
	size_t n, cap;
};

int append_begin(struct op *op, struct account *a, struct span mailbox, struct append **ret_append)
{
	struct append *ap = calloc(1, sizeof *ap);
	if (!ap)
		return op_fail(op, RC_NOMEM, "out of memory");
	intake_init(&ap->in, mail_append_limit(a->mail));
	ap->account = account_ref(a);
	ap->mailbox = mailbox_by_name(a, mailbox);
	buf_add(&ap->name, mailbox);
	int rc = 0;
	if (ap->mailbox) {
		struct mailbox_status st;
		mailbox_status(ap->mailbox, &st);
		ap->in.limit = st.append_limit;
	}
	if (!ap->mailbox)
		rc = op_fail(op, RC_TRYCREATE, "there is no mailbox of that name");
	else if (ap->name.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc < 0) {
		append_abort(ap);
		return rc;
	}
	*ret_append = ap;
	return 0;
}

int append_compare(struct op *op, struct append *ap)
{
	if (!sent_is_mailbox(ap->account, buf_span(&ap->name)))
		return 0;
	int rc = sent_is_wanted(op, ap->account, &ap->compared);
	return rc == 0 && ap->compared ? sent_key(op, ap->account, ap->key) : rc;
}

void append_unlimited(struct append *ap)
{
	ap->in.limit = BLOB_MAX;
}

struct span append_mailbox(const struct append *ap)
{
	return buf_span(&ap->name);
}

void append_abort(struct append *ap)
{
	if (!ap)
		return;
	for (size_t i = 0; i < ap->n; i++) {
		blob_abort(ap->v[i].writer);
		buf_done(&ap->v[i].card);
		buf_done(&ap->v[i].keywords);
		buf_done(&ap->v[i].uidl);
	}
	free(ap->v);
	intake_done(&ap->in);
	buf_done(&ap->name);
	mailbox_unref(ap->mailbox);
	account_unref(ap->account);
	free(ap);
}

// Finishes what has come, so that a long MULTIAPPEND does not hold it all in memory. Whose they are is not known yet (uid 0).
static int finish_early(struct op *op, struct append *ap)
{
	for (size_t i = 0; i < ap->n; i++) {
		struct pending *p = &ap->v[i];
		if (!p->writer)
			continue;
		struct blob_owner owner = { .partition = ap->account->partition,
			.internal_date = p->internal_date,
			.flags = p->flags };
		struct blob_writer *w = p->writer;
		p->writer = NULL;
		int rc = blob_finish(op, w, &owner, buf_span(&p->card), &p->ref);
		if (rc < 0)
			return rc;
		buf_done(&p->card);
	}
	ap->held = 0;
	return 0;
}

static int too_big(struct op *op, const struct append *ap)
{
	return op_fail(op, RC_TOOBIG, "the message is larger than %llu octets",
		(unsigned long long)ap->in.limit);
}

int append_expect(struct op *op, const struct append *ap, uint64_t octets)
{
	return octets > ap->in.limit - ap->in.size ? too_big(op, ap) : 0;
}

int append_message(struct op *op, struct append *ap, const struct append_meta *meta, uint64_t size)
{
	must(!ap->in.parser);
	if (size > ap->in.limit)
		return too_big(op, ap);
	if (ap->n >= APPEND_MESSAGES_MAX)
		return op_fail(
			op, RC_LIMIT, "more than %u messages in one APPEND", APPEND_MESSAGES_MAX);
	int rc = ap->held > APPEND_HELD_MAX ? finish_early(op, ap) : 0;
	if (rc < 0)
		return rc;
	if (ap->n == ap->cap) {
		size_t cap = ap->cap ? ap->cap * 2 : 1;
		struct pending *v = realloc(ap->v, cap * sizeof *v);
		if (!v)
			return op_fail(op, RC_NOMEM, "out of memory");
		ap->v = v;
		ap->cap = cap;
	}
	struct pending *p = &ap->v[ap->n++];
	*p = (struct pending){ .flags = (uint8_t)(meta->flags.flags & FLAG_SYSTEM),
		.zone = meta->zone,
		.internal_date = meta->internal_date,
		.emailid = meta->emailid,
		.keyword_count = meta->flags.keyword_count,
		.may_lose_keywords = meta->may_lose_keywords };
	static const struct objectid none;
	if (p->internal_date == INT64_MIN)
		p->internal_date = clock_real();
	if (memcmp(&p->emailid, &none, sizeof none) == 0)
		random_bytes(p->emailid.b, sizeof p->emailid.b);
	for (size_t i = 0; i < meta->flags.keyword_count; i++)
		buf_add_field(&p->keywords, meta->flags.keywords[i]);
	if (uidl_is_valid(meta->uidl)) // else it is called by its UID
		buf_add(&p->uidl, meta->uidl);
	if (p->keywords.failed || p->uidl.failed)
		return op_fail(op, RC_NOMEM, "out of memory");
	rc = intake_begin(op, &ap->in, mail_store_of(ap->account->mail));
	if (rc == 0 && ap->compared && !(p->flags & FLAG_DELETED))
		rc = intake_compare(op, &ap->in, ap->key);
	return rc;
}

int append_data(struct op *op, struct append *ap, struct span bytes)
{
	return intake_data(op, &ap->in, bytes);
}

int append_data_exact(struct op *op, struct append *ap, struct span bytes)
{
	ap->in.exact = true;
	int rc = intake_data(op, &ap->in, bytes);
	ap->in.exact = false;
	return rc;
}

int append_message_end(struct op *op, struct append *ap)
{
	struct pending *p = &ap->v[ap->n - 1];
	struct thread_keys keys;
	struct span card;
	int rc = intake_end(op, &ap->in, &card, &keys);
	if (rc < 0)
		return rc;
	p->size = ap->in.size;
	p->kind = intake_kind(&ap->in);
	p->writer = ap->in.writer;
	ap->in.writer = NULL;
	buf_add(&p->card, card);
	if (p->card.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0)
		rc = thread_look_up(op, ap->account, &keys, &p->thread);
	p->marked = ap->in.marked;
	p->mark = ap->in.mark;
	if (rc == 0 && p->marked)
		rc = sent_look(op, ap->account, ap->mailbox, &p->mark, &p->look);
	op_reset(&ap->in.parsing);
	ap->held += p->size < BLOB_EXTENT ? p->size : BLOB_EXTENT;
	return rc;
}

// The same with those that the mailbox knows by now, or with none.
static int set_with_known(
	struct edit *e, struct span *names, size_t n, uint32_t set, uint32_t *ret_set)
{
	size_t known = 0;
	for (size_t i = 0; i < n; i++)
		if (keywords_find(e->body->keywords, names[i]) != KEYWORD_NONE)
			names[known++] = names[i];
	int rc = known < n ? edit_set_add(e, set, names, known, ret_set) : RC_LIMIT;
	if (rc != RC_LIMIT)
		return rc;
	*ret_set = set;
	return 0;
}

// What `set` becomes with the message's keywords.
static int set_with(
	struct op *op, struct edit *e, struct pending *p, uint32_t set, uint32_t *ret_set)
{
	*ret_set = set;
	if (p->keyword_count == 0)
		return 0;
	struct arena_mark mark = arena_mark(&op->arena);
	struct span *names = arena_array(&op->arena, p->keyword_count, sizeof *names);
	struct reader r = reader_of(buf_span(&p->keywords));
	int rc = names ? 0 : op_fail(op, RC_NOMEM, "out of memory");
	for (size_t i = 0; rc == 0 && i < p->keyword_count; i++)
		names[i] = reader_field(&r);
	if (rc == 0)
		rc = edit_set_add(e, set, names, p->keyword_count, ret_set);
	if (rc == RC_LIMIT && p->may_lose_keywords) {
		p->lost_keywords = true;
		rc = set_with_known(e, names, p->keyword_count, set, ret_set);
	}
	arena_release(&op->arena, mark);
	return rc;
}

static int blob_put(struct op *op, struct append *ap, struct edit *e, struct pending *p)
{
	if (!p->writer)
		return 0;
	struct blob_owner owner = { .partition = ap->account->partition,
		.mailbox = e->now->h.data,
		.uid = e->now->h.uid_next,
		.internal_date = p->internal_date,
		.flags = p->flags };
	struct blob_writer *w = p->writer;
	p->writer = NULL;
	return blob_finish(op, w, &owner, buf_span(&p->card), &p->ref);
}

// Adds the message at the end, with its keyword set.
static int add(struct append *ap, struct txn *t, struct edit *e, struct pending *p, uint32_t set,
	uint32_t *ret_uid)
{
	int rc = blob_put(t->op, ap, e, p);
	if (rc < 0)
		return rc;
	struct msg_cold cold = { .internal_date = p->internal_date,
		.save_date = clock_real(),
		.size = p->size,
		.blob = p->ref,
		.emailid = p->emailid,
		.zone = p->zone,
		.kind = p->kind };
	if (p->uidl.n) {
		struct key k = key_uidl(&p->emailid);
		batch_put(&t->batch, KEY(k), buf_span(&p->uidl));
		cold.kind |= MSG_UIDL;
	}
	thread_assign(ap->account, &p->thread, &t->batch, &cold.threadid);
	return edit_append(e, p->flags, set, &cold, ret_uid);
}

// Takes a message out of its mailbox.
static int remove_one(struct txn *t, struct mailbox *mb, uint32_t uid)
{
	struct edit *e;
	struct edit_at at;
	uint64_t bits[2] = { 0, 0 };
	int rc = txn_edit(t, mb, &e);
	if (rc == 0)
		rc = edit_seek(e, uid, false, &at);
	if (rc < 0)
		return rc;
	for (uint32_t r = 0; rc == 0 && r < at.recs->n; r++)
		if (at.recs->r[r].uid == uid)
			bits[r / 64] |= UINT64_C(1) << (r % 64);
	if (!(bits[0] | bits[1]))
		return op_fail(t->op, RC_EXPUNGED, "the message to be replaced was expunged");
	return edit_remove(e, &at, bits);
}

// --- the copy of what was sent (sent.h) ---

struct join_rule { // which copies a message may become one with
	const struct mailbox *
		leaving; // of the message that REPLACE takes away, which is none; NULL: nothing is replaced
	uint32_t leaving_uid;
	uint32_t
		least; // above the UIDs answered so far, which are those of the messages in their order
};

// The copy that submission has filed, if this message is to be taken for it; else SENT_NO_COPY. *ret_instead: this one has Bcc fields that the
// copy has not, and takes its place.
static int find_copy(struct append *ap, struct txn *t, const struct pending *p,
	const struct join_rule *rule, struct sent_copy *ret_copy, bool *ret_instead)
{
	if (!p->marked)
		return SENT_NO_COPY;
	struct sent_record known = sent_known(ap->account, &p->mark, &p->look);
	enum sent_bcc bcc = sent_bcc_of(&known, &p->mark);
	bool instead = bcc == SENT_BCC_MISSING;
	if (known.kind != SENT_FILED || bcc == SENT_BCC_OTHER ||
		(!instead && known.uid < rule->least))
		return SENT_NO_COPY;
	if (rule->leaving == ap->mailbox && rule->leaving_uid == known.uid)
		return SENT_NO_COPY;
	*ret_instead = instead;
	return sent_copy_find(t, ap->mailbox, &known, ret_copy);
}

// The message becomes one with its copy: the flags of both, in the place of one.
static int join(struct append *ap, struct txn *t, struct pending *p, struct sent_copy *copy,
	bool instead, uint32_t *ret_uid)
{
	struct edit *e = copy->edit;
	const struct hot was = copy->at.recs->r[copy->r];
	uint32_t set;
	int rc = set_with(t->op, e, p, was.kwset, &set);
	if (rc < 0)
		return rc;
	p->flags |= was.flags;
	if (instead) {
		rc = add(ap, t, e, p, set, ret_uid);
		return rc < 0 ? rc : remove_one(t, ap->mailbox, was.uid);
	}
	*ret_uid = was.uid;
	if (p->flags == was.flags && set == was.kwset)
		return 0;
	return edit_flags(e, &copy->at, copy->r, p->flags, set);
}

static int add_new(struct append *ap, struct txn *t, struct pending *p, uint32_t *ret_uid)
{
	struct edit *e;
	uint32_t set;
	int rc = txn_edit(t, ap->mailbox, &e);
	if (rc == 0)
		rc = set_with(t->op, e, p, 0, &set);
	if (rc == 0)
		rc = add(ap, t, e, p, set, ret_uid);
	if (rc < 0)
		return rc;
	p->sent = (struct sent_record){
		.kind = SENT_APPENDED, .data = e->now->h.data, .uid = *ret_uid
	};
	memcpy(p->sent.bcc, p->mark.bcc, sizeof p->mark.bcc);
	return 0;
}

static int add_or_join(struct append *ap, struct txn *t, struct pending *p, struct join_rule *rule,
	struct append_result *result)
{
	struct sent_copy copy;
	bool instead;
	uint32_t uid;
	rule->least = numset_max(&result->uids) + 1;
	int rc = find_copy(ap, t, p, rule, &copy, &instead);
	if (rc == 0)
		rc = join(ap, t, p, &copy, instead, &uid);
	else if (rc == SENT_NO_COPY)
		rc = add_new(ap, t, p, &uid);
	if (rc < 0)
		return rc;
	if (p->marked)
		sent_put(ap->account, &t->batch, &p->mark, &p->sent);
	numset_add(&result->uids, uid);
	result->lost_keywords += p->lost_keywords;
	return 0;
}

static int add_all(
	struct append *ap, struct txn *t, struct join_rule *rule, struct append_result *result)
{
	struct op *op = t->op;
	if (atomic_load(&ap->mailbox->dying))
		return op_fail(op, RC_TRYCREATE, "there is no mailbox of that name");
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < ap->n; i++)
		rc = add_or_join(ap, t, &ap->v[i], rule, result);
	result->uid_validity = ap->mailbox->tip->h.uid_validity;
	if (rc == 0 && result->uids.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	return rc;
}

// `v` NULL: nothing is replaced.
static int commit(struct op *op, struct append *ap, struct view *v, struct uid uid,
	struct append_result *ret_result)
{
	must(!ap->in.parser);
	struct append_result result = { 0 };
	struct join_rule rule = { .leaving = v ? v->mailbox : NULL, .leaving_uid = uid.v };
	struct txn t;
	mailbox_enter(ap->mailbox);
	int rc = txn_begin(op, ap->account, &t);
	if (rc == 0) {
		rc = add_all(ap, &t, &rule, &result);
		if (rc == 0 && v)
			rc = remove_one(&t, v->mailbox, uid.v);
		if (rc == 0)
			rc = txn_stage(&t);
		for (size_t i = 0; rc == 0 && i < ap->n; i++)
			if (ap->v[i].marked)
				sent_note(ap->account, &ap->v[i].mark, &ap->v[i].sent);
		rc = v ? txn_end(&t, rc) : txn_end_later(&t, rc, ap->mailbox);
	}
	mailbox_leave(ap->mailbox);
	append_abort(ap);
	if (rc < 0) {
		numset_done(&result.uids);
		return rc;
	}
	*ret_result = result;
	return 0;
}

int append_commit(struct op *op, struct append *ap, struct append_result *ret_result)
{
	return commit(op, ap, NULL, (struct uid){ 0 }, ret_result);
}

int append_commit_replacing(struct op *op, struct append *ap, struct view *v, struct uid uid,
	struct append_result *ret_result)
{
	struct numset gone = { 0 };
	struct snap *s = mailbox_snap_ref(v->mailbox);
	int rc = 0;
	must(ap->account == v->account);
	numset_add(&gone, uid.v);
	if (v->readonly)
		rc = op_fail(op, RC_CANNOT, "the mailbox is open read-only");
	else if (gone.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0)
		rc = snap_prefetch(op, v->account, s, &gone);
	if (rc < 0)
		append_abort(ap);
	else
		rc = commit(op, ap, v, uid, ret_result);
	if (rc == 0)
		hint_dropped(op, v, s, &gone);
	snap_unref(s);
	numset_done(&gone);
	return rc < 0 ? view_fault(op, v, rc) : 0;
}
