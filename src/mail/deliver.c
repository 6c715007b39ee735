// SPDX-License-Identifier: Apache-2.0
// Delivery to many. The blob is finished with the first recipient's batch; later batches refer to the same one.
//
// What has lost its last reference must not get a new one (store/store.h): if the first recipients expunge the message while the others still
// wait, the blob stays for the grace time of a sweep, and no delivery goes on for longer than a fraction of that (DELIVERY_SHARE_S).
//
// Duplicates: "D" be32 period, id: u64 time, in the account's partition, written in the batch of the message itself: one is durable exactly when
// the other is. An id is looked for in this period and the one before, if the account has ever had a message with this Message-ID (or the message has another one each time): that stands in the index of
// threads ("R"), in the same batch as the id, and stays there. What is in line but not visible yet is in account.seen (under
// account.lock); then it is waited for. Ids of older periods are removed when the account has its first delivery of a period.
#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "mail/deliver_priv.h"
#include "mail/edit.h"
#include "mail/later_priv.h"
#include "mail/seen_priv.h"

#include <stdlib.h>

struct delivery_slot {
	struct account *account;
	struct mailbox *mailbox;
	struct txn txn;
	bool duplicate; // txn only waits for the one before
};

int delivery_begin(struct op *op, struct mail *m, bool exact, struct delivery **ret_delivery)
{
	struct delivery *d = calloc(1, sizeof *d);
	if (!d)
		return op_fail(op, RC_NOMEM, "out of memory");
	d->mail = m;
	intake_init(&d->in, mail_append_limit(m));
	d->in.exact = exact;
	int rc = intake_begin(op, &d->in, mail_store_of(m));
	if (rc < 0) {
		delivery_free(d);
		return rc;
	}
	*ret_delivery = d;
	return 0;
}

int delivery_lines(struct op *op, struct delivery *d, struct span lines)
{
	d->in.limit += lines.n;
	d->in.ours = true;
	int rc = intake_data(op, &d->in, lines);
	d->in.ours = false;
	return rc;
}

int delivery_data(struct op *op, struct delivery *d, struct span bytes)
{
	return intake_data(op, &d->in, bytes);
}

int delivery_end(struct op *op, struct delivery *d)
{
	return intake_end(op, &d->in, &d->card, &d->keys);
}

void delivery_free(struct delivery *d)
{
	if (!d)
		return;
	intake_done(&d->in);
	free(d);
}

// The private prefix as a blob of its own.
static int prefix_put(struct op *op, struct delivery *d, const struct blob_owner *owner,
	struct span prefix, struct msg_cold *cold)
{
	struct blob_writer *w;
	if (!prefix.n)
		return 0;
	int rc = blob_begin(op, mail_store_of(d->mail), &w);
	if (rc < 0)
		return rc;
	rc = blob_write(op, w, prefix);
	if (rc < 0) {
		blob_abort(w);
		return rc;
	}
	cold->prefix_size = (uint32_t)prefix.n;
	cold->size += prefix.n;
	return blob_finish(op, w, owner, SPAN(""), &cold->prefix);
}

int delivery_blob_put(struct op *op, struct delivery *d, const struct blob_owner *owner)
{
	if (d->ref.id)
		return 0;
	struct blob_writer *w = d->in.writer;
	d->in.writer = NULL;
	if (!w) // its first try has failed
		return op_fail(op, RC_UNAVAILABLE, "the message could not be stored");
	return blob_finish(op, w, owner, d->card, &d->ref);
}

int delivery_is_open(struct op *op, struct delivery *d)
{
	if (!d->began)
		d->began = clock_mono();
	if (clock_mono() - d->began > DELIVERY_SHARE_S * NS_PER_S)
		return op_fail(op, RC_TIMEOUT, "the delivery took too long");
	return 0;
}

int delivery_add(struct delivery *d, struct txn *t, struct mailbox *mb,
	const struct thread_look *look, struct delivery_record *record)
{
	struct op *op = t->op;
	struct edit *e;
	if (atomic_load(&mb->dying))
		return op_fail(op, RC_TRYCREATE, "there is no mailbox of that name");
	int rc = txn_edit(t, mb, &e);
	if (rc < 0)
		return rc;
	int64_t now = clock_real();
	struct msg_cold cold = { .internal_date = now,
		.save_date = now,
		.size = d->in.size,
		.kind = intake_kind(&d->in) };
	// One for each: the prefix is part of the message (RFC 8474 section 5.1), and one account may get it twice.
	random_bytes(cold.emailid.b, sizeof cold.emailid.b);
	struct blob_owner owner = { .partition = t->account->partition,
		.mailbox = e->now->h.data,
		.uid = e->now->h.uid_next,
		.internal_date = now,
		.flags = record->flags };
	rc = delivery_blob_put(op, d, &owner);
	if (rc == 0)
		rc = prefix_put(op, d, &owner, record->prefix, &cold);
	if (rc < 0)
		return rc;
	cold.blob = d->ref;
	thread_assign(t->account, look, &t->batch, &cold.threadid);
	return edit_append(e, record->flags, 0, &cold, &record->uid);
}

static int stage(struct op *op, struct delivery *d, const struct delivery_to *to,
	const struct thread_look *look, struct delivery_slot *slot, const uint8_t *id)
{
	struct delivery_record record = { .prefix = to->prefix };
	int rc = txn_begin(op, slot->account, &slot->txn);
	if (rc < 0)
		return rc;
	if (id && seen_in_line(slot->account, id)) {
		slot->duplicate = true;
		txn_leave_after(&slot->txn); // it stands when the one before does
		return 0;
	}
	rc = delivery_add(d, &slot->txn, slot->mailbox, look, &record);
	if (rc == 0 && id)
		seen_put(slot->account, &slot->txn.batch, id);
	if (rc == 0)
		rc = txn_stage(&slot->txn);
	if (rc == 0 && id)
		seen_note(slot->account, id);
	return txn_leave(&slot->txn, rc);
}

static void slot_free(struct delivery_slot *slot)
{
	if (slot->mailbox)
		mailbox_leave(slot->mailbox);
	mailbox_unref(slot->mailbox);
	account_unref(slot->account);
	free(slot);
}

int delivery_stage(struct op *op, struct delivery *d, const struct delivery_to *to,
	struct delivery_slot **ret_slot)
{
	const uint8_t *id = d->keys.message_id ? to->id : NULL;
	int rc = delivery_is_open(op, d);
	if (rc < 0)
		return rc;
	struct thread_look look;
	rc = thread_look_up(op, to->account, &d->keys, &look);
	if (rc == 0 && id && (look.is_known || to->made_anew))
		rc = seen_look(op, to->account, id);
	if (rc)
		return rc < 0 ? rc : DELIVERY_DUPLICATE;
	struct delivery_slot *slot = calloc(1, sizeof *slot);
	if (!slot)
		return op_fail(op, RC_NOMEM, "out of memory");
	slot->account = account_ref(to->account);
	slot->mailbox = mailbox_by_name(to->account, to->mailbox);
	if (slot->mailbox) {
		mailbox_enter(slot->mailbox);
		rc = stage(op, d, to, &look, slot, id);
	} else {
		rc = op_fail(op, RC_TRYCREATE, "there is no mailbox of that name");
	}
	if (rc < 0) {
		slot_free(slot);
		return rc;
	}
	*ret_slot = slot;
	return 0;
}

struct store_ticket delivery_slot_ticket(const struct delivery_slot *slot)
{
	return slot->txn.staged ? slot->txn.ticket : (struct store_ticket){ 0 };
}

struct decision *delivery_wait_later(
	struct op *op, struct delivery_slot *const *slots, size_t n, const struct later *later)
{
	const struct delivery_slot *last = NULL;
	struct decision *d = NULL;
	for (size_t i = 0; i < n; i++) // tickets are decided in their order
		if (slots[i]->txn.staged && (!last || slots[i]->txn.ticket.v > last->txn.ticket.v))
			last = slots[i];
	if (last) // a fault is for delivery_wait() to tell
		(void)decision_wait(op, account_store(last->account), last->txn.ticket, later, &d);
	return d;
}

int delivery_wait(struct op *op, struct delivery_slot *slot)
{
	slot->txn.op = op;
	int rc = txn_wait(&slot->txn, 0);
	if (rc == 0 && slot->duplicate)
		rc = DELIVERY_DUPLICATE;
	slot_free(slot);
	return rc;
}
