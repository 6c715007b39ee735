// SPDX-License-Identifier: Apache-2.0
// Starling: the inside of the spool. spool.c is the list and how messages come into it, spool_marks.c who sends again, spool_send.c how they leave.
#ifndef MAIL_SPOOL_LIST_PRIV_H
#define MAIL_SPOOL_LIST_PRIV_H

#include "mail/mail_priv.h"
#include "mail/spool_priv.h"
#include "store/batch.h"
#include "store/store.h"

#include <pthread.h>

enum spool_item_state { ITEM_IN_LINE, ITEM_WAITS, ITEM_TAKEN };
struct spool_item {
	struct spool_item *next;
	uint64_t number, octets; // number 0: not given yet
	int64_t next_at;
	enum spool_item_state state;
	bool marked;
	uint8_t key[SPOOL_KEY];
	size_t user_n;
	char user[];
};
struct spool {
	struct mail *mail;
	struct store *store;
	pthread_mutex_t lock; // guards what follows; the store's line is joined under it
	struct spool_item *first, **end;
	uint64_t next_number;
	bool has_marks;
	uint32_t period; // marks of older ones were removed in this one
};

// --- spool.c ---
struct spool_item *spool_find_locked(const struct spool *s, uint64_t number); // NULL: none
void spool_remove_locked(struct spool *s, struct spool_item *it);             // and frees it

// --- spool_marks.c ---
// Adds or takes away the mark of a recipient. False: out of memory.
bool spool_mark_put(struct store_batch *b, const struct spool_message *m, size_t i, bool stays);
// What marks there are changes with this batch.
void spool_marks_clear_locked(struct spool *s, struct store_batch *b);

#endif
