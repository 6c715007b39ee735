// SPDX-License-Identifier: Apache-2.0
#include "pop3/maildrop.h"

#include "base/limits.h"
#include "mail/txn.h"
#include "mail/uidl.h"
#include "run/crew.h"

#include <stdlib.h>

int maildrop_open(struct op *op, struct maildrop *d, struct account *a)
{
	int rc = view_open(op, a, SPAN("INBOX"), VIEW_KEEPS_RECENT, &d->view);
	if (rc == 0)
		rc = uidls_load(op, a, &d->uidls);
	if (rc == 0)
		rc = view_cursor_open(op, d->view, NULL, CURSOR_COLD, &d->cursor);
	if (rc == 0) {
		d->uid_validity = view_uid_validity(d->view);
		d->cap = view_exists(d->view);
		if (d->cap > POP3_MESSAGES_MAX)
			rc = op_fail(op, RC_LIMIT, "more than %u messages are too many for POP3",
				POP3_MESSAGES_MAX);
		else if (!(d->v = calloc(d->cap ? d->cap : 1, sizeof *d->v)))
			rc = op_fail(op, RC_NOMEM, "out of memory");
	}
	if (rc < 0)
		maildrop_close(d);
	return rc;
}

int maildrop_load(struct op *op, struct maildrop *d)
{
	struct msg m;
	int rc;
	while ((rc = view_cursor_next(op, d->cursor, &m)) == 0) {
		if (d->n == d->cap) // the view cannot grow while it is not told
			return op_fail(op, RC_SERVERBUG, "INBOX has grown while it was read");
		const struct msg_cold *cold = m.cold;
		struct drop_message *to = &d->v[d->n++];
		*to = (struct drop_message){ .uid = m.uid.v,
			.size = cold->size + (cold->kind & MSG_NO_EOL ? 2 : 0) };
		if (cold->kind & MSG_UIDL) {
			struct span uidl = uidls_take(d->uidls, &cold->emailid);
			if (uidl_is_printed(
				    uidl, d->uid_validity)) // another message may be called that
				uidl = SPAN_NONE;
			to->uidl = uidl.p;
			to->uidl_n = (uint8_t)uidl.n; // UIDL_MAX at most
		}
		d->kept++;
		d->kept_size += to->size;
		if (d->n % 64 == 0 && crew_slice_is_over())
			return DROP_MORE;
	}
	if (rc < 0)
		return rc;
	view_cursor_close(d->cursor);
	d->cursor = NULL;
	return 0;
}

void maildrop_close(struct maildrop *d)
{
	view_cursor_close(d->cursor);
	uidls_free(d->uidls);
	view_close(d->view);
	free(d->v);
	*d = (struct maildrop){ .n = 0 };
}

struct drop_message *maildrop_message(const struct maildrop *d, uint64_t number)
{
	if (number == 0 || number > d->n || d->v[number - 1].deleted)
		return NULL;
	return &d->v[number - 1];
}

void maildrop_delete(struct maildrop *d, struct drop_message *m)
{
	m->deleted = true;
	d->kept--;
	d->kept_size -= m->size;
}

void maildrop_reset(struct maildrop *d)
{
	for (uint32_t i = 0; i < d->n; i++) {
		if (!d->v[i].deleted)
			continue;
		d->v[i].deleted = false;
		d->kept++;
		d->kept_size += d->v[i].size;
	}
}

struct span maildrop_uidl(const struct maildrop *d, const struct drop_message *m, char *to)
{
	return m->uidl ? span_of(m->uidl, m->uidl_n)
		       : uidl_print(d->uid_validity, (struct uid){ m->uid }, to);
}

int maildrop_update(struct op *op, struct maildrop *d, uint64_t *ret_removed)
{
	struct numset marked = { 0 }, removed = { 0 };
	*ret_removed = 0;
	if (d->kept == d->n)
		return 0;
	for (uint32_t i = 0; i < d->n; i++)
		if (d->v[i].deleted)
			numset_add(&marked, d->v[i].uid);
	int rc = marked.failed ? op_fail(op, RC_NOMEM, "out of memory")
			       : txn_remove(op, d->view, &marked, &removed);
	if (rc == 0)
		*ret_removed = numset_size(&removed);
	numset_done(&marked);
	numset_done(&removed);
	return rc;
}
