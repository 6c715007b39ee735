// SPDX-License-Identifier: Apache-2.0
// Waiting for the disk without a thread (txn.h: struct later): the store calls back when the outcome is known, and who waits is woken.
#include "mail/later_priv.h"

#include "base/ref.h"
#include "store/store.h"

#include <stdlib.h>

struct decision {
	struct ref refs; // the caller's; the store's, until the outcome is known
	struct store_waiter waiter;
	struct later later;
	atomic_bool known;
};

void decision_free(struct decision *d)
{
	if (d && ref_drop(&d->refs))
		free(d);
}

bool decision_is_known(const struct decision *d)
{
	return atomic_load(&d->known);
}

static void decided(struct store_waiter *w)
{
	struct decision *d = container_of(w, struct decision, waiter);
	struct later later = d->later;
	atomic_store(&d->known, true);
	decision_free(d);
	later.wake(later.ctx);
}

int decision_wait(struct op *op, struct store *s, struct store_ticket t, const struct later *later,
	struct decision **ret_decision)
{
	struct decision *d = later ? calloc(1, sizeof *d) : NULL;
	if (!d)
		return store_wait(op, s, t);
	ref_init(&d->refs);
	ref_take(&d->refs);
	d->waiter.decided = decided;
	d->later = *later;
	d->later.hold(d->later.ctx);
	int rc = store_wait_later(op, s, t, &d->waiter);
	if (rc == STORE_LATER) {
		*ret_decision = d;
		return rc;
	}
	later->drop(later->ctx);
	free(d); // the store does not have it
	return rc;
}
