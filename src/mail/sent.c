// SPDX-License-Identifier: Apache-2.0
// Submission's side of the sent copy (sent.h); APPEND's is in append.c. Under account.lock what is known of the message is looked at, then its record
// is added or not, and what is known from now on goes into the same batch.
#include "mail/sent.h"

#include "base/must.h"
#include "mail/deliver_priv.h"
#include "mail/sent_priv.h"
#include "mail/spool_priv.h"

#include <stdlib.h>

struct sent {
	struct account *account;
	struct mailbox *mailbox;
	uint8_t key[SENT_KEY];
	struct txn txn;
	struct store_ticket
		with; // the oldest delivery, or message of the spool, that it must not outlive
	bool staged, there;
};

void sent_free(struct sent *s)
{
	if (!s)
		return;
	if (s->mailbox)
		mailbox_leave(s->mailbox);
	mailbox_unref(s->mailbox);
	account_unref(s->account);
	free(s);
}

// The mailbox, made as a new account has it. Whoever makes it at the same moment has made it.
static int open_mailbox(struct op *op, struct account *a, struct mailbox **ret_mailbox)
{
	struct mailbox_status status;
	struct span name = sent_mailbox_name(op, a);
	if (!name.p) {
		name = SENT_DEFAULT_NAME;
		int rc = mailbox_create(op, a, name, USE_SENT, &status);
		if (rc == 0)
			rc = mailbox_subscribe(op, a, name, true);
		if (rc < 0 && rc != RC_ALREADYEXISTS && rc != RC_USEATTR)
			return rc;
		name = sent_mailbox_name(op, a);
	}
	struct mailbox *mb = mailbox_by_name(a, name);
	if (!mb)
		return op_fail(op, RC_UNAVAILABLE, "the mailbox of sent mail is being changed");
	*ret_mailbox = mb;
	return 0;
}

int sent_begin(struct op *op, struct account *a, struct sent **ret_sent)
{
	bool wanted;
	int rc = sent_is_wanted(op, a, &wanted);
	if (rc < 0 || !wanted)
		return rc < 0 ? rc : SENT_NOT_WANTED;
	struct sent *s = calloc(1, sizeof *s);
	if (!s)
		return op_fail(op, RC_NOMEM, "out of memory");
	s->account = account_ref(a);
	rc = sent_key(op, a, s->key);
	if (rc == 0)
		rc = open_mailbox(op, a, &s->mailbox);
	if (rc == 0)
		mailbox_enter(s->mailbox);
	if (rc < 0) {
		sent_free(s);
		return rc;
	}
	*ret_sent = s;
	return 0;
}

int sent_follow(struct op *op, struct sent *s, struct delivery *d)
{
	return intake_compare(op, &d->in, s->key);
}

// Whether what is known makes another copy unneeded.
static int is_there(
	struct sent *s, const struct sent_record *known, const struct sent_mark *mark, bool *ret_is)
{
	struct sent_copy copy;
	*ret_is = false;
	if (known->kind == SENT_UNKNOWN || sent_bcc_of(known, mark) != SENT_BCC_KEPT)
		return 0;
	int rc = sent_copy_find(&s->txn, s->mailbox, known, &copy);
	*ret_is = rc == 0;
	return rc < 0 ? rc : 0;
}

// Under account.lock. *io_record: what is known, then what is to be known.
static int file(struct sent *s, struct delivery *d, const struct thread_look *thread,
	struct sent_record *io_record)
{
	const struct sent_mark *mark = &d->in.mark;
	int rc = is_there(s, io_record, mark, &s->there);
	if (rc < 0)
		return rc;
	if (s->there) { // what submission has filed in a try before still awaits the client's copy
		if (io_record->kind == SENT_APPENDED)
			io_record->kind = SENT_UNKNOWN;
	} else {
		struct delivery_record record = { .prefix = SPAN(""), .flags = FLAG_SEEN };
		rc = delivery_add(d, &s->txn, s->mailbox, thread, &record);
		if (rc < 0)
			return rc;
		*io_record = (struct sent_record){
			.kind = SENT_FILED, .data = s->mailbox->tip->h.data, .uid = record.uid
		};
		memcpy(io_record->bcc, mark->bcc, sizeof mark->bcc);
	}
	if (d->in.marked)
		sent_put(s->account, &s->txn.batch, mark, io_record);
	return txn_stage(&s->txn);
}

static void stand_with(struct sent *s, struct store_ticket t)
{
	if (t.v && (!s->with.v || t.v < s->with.v))
		s->with = t;
}

void sent_stand_with(struct sent *s, const struct delivery_slot *slot)
{
	stand_with(s, delivery_slot_ticket(slot));
}

void sent_stand_with_spool(struct sent *s, const struct spool_slot *slot)
{
	stand_with(s, spool_slot_ticket(slot));
}

int sent_stage(struct op *op, struct sent *s, struct delivery *d)
{
	struct account *a = s->account;
	struct sent_look look = { 0 };
	struct thread_look thread;
	must(!s->staged);
	int rc = delivery_is_open(op, d);
	if (rc == 0)
		rc = thread_look_up(op, a, &d->keys, &thread);
	if (rc == 0 && d->in.marked)
		rc = sent_look(op, a, s->mailbox, &d->in.mark, &look);
	if (rc == 0)
		rc = txn_begin(op, a, &s->txn);
	if (rc < 0)
		return rc;
	s->txn.batch.with = s->with;
	s->with.v = 0;
	struct sent_record record = { 0 };
	if (d->in.marked)
		record = sent_known(a, &d->in.mark, &look);
	rc = file(s, d, &thread, &record);
	if (rc == 0 && d->in.marked)
		sent_note(a, &d->in.mark, &record);
	rc = txn_leave(&s->txn, rc);
	if (rc < 0)
		return rc;
	s->staged = true;
	return s->there ? SENT_THERE : 0;
}

int sent_wait(struct op *op, struct sent *s)
{
	must(s->staged);
	s->staged = false;
	s->txn.op = op;
	int rc = txn_wait(&s->txn, 0);
	return rc < 0 ? rc : s->there ? SENT_THERE : 0;
}
