// SPDX-License-Identifier: Apache-2.0
// Starling: what SORT and THREAD found out about the messages of a mailbox, kept for the next time: a column has one value for each of a set
// of messages. Nothing in it can become stale: it is named by the mailbox's data id (which is never used again) and holds only what never
// changes as long as a UID is there, whatever flags, cards or places in the log do. It may lack messages that came since, and have ones
// that went: who uses it compares its UIDs with those he wants. A column is immutable: one with more messages takes its place.
//
// All columns together take so many octets at most, for all accounts, and one of them three quarters of that; one that nobody wanted for COLUMNS_KEEP_NS is dropped (columns_age()), as
// is the oldest one when there is no room. They are memory only.
//
// Any thread; one lock, held for no more than a look at the table (docs/locks.md).
#ifndef MAIL_COLUMN_H
#define MAIL_COLUMN_H

#include "base/numset.h"
#include "base/ref.h"
#include "mail/collation.h"
#include "mail/thread_tree.h"

struct column_key {
	uint64_t partition; // 0: an empty slot
	uint32_t data;      // of the mailbox's messages
	uint16_t kind;      // column_kind()
};
// What a column holds, by a collation: the ranks of an enum sort_key; what threads are made of; or those of an algorithm.
enum { COLUMN_THREADED = 12, COLUMN_THREADS = 15 }; // COLUMN_THREADED + enum thread_algorithm
static inline uint16_t column_kind(unsigned what, enum collation c)
{
	return (uint16_t)(what | (unsigned)c << 4);
}

struct column {
	struct ref refs;
	struct column_key key;
	uint32_t n;
	uint32_t *uids; // ascending
	// Of a sort key: which place a message's key has among the different ones that there are. Equal keys have equal ranks.
	uint32_t *ranks;
	uint32_t different; // all ranks are below it
	// COLUMN_THREADS
	struct thread_message *threads;
	uint64_t *references;
	size_t references_count;
	// COLUMN_THREADED: of exactly these messages.
	struct thread_nodes nodes;
};

// With room for n UIDs, and as many ranks or messages of threads; NULL: out of memory.
struct column *column_new(const struct column_key *key, size_t n);
struct column *column_ref(struct column *c);
void column_unref(struct column *c); // accepts NULL
// How many of `uids` it has.
size_t column_shared(const struct column *c, const struct numset *uids);
// What is to be done with it (NULL: there is none) for who wants n of the messages that exist, of which it has so many. It is extended to what is
// wanted when few are lacking, or another one takes its place. What has much less than it is made of it, or beside it, and it stays.
enum column_use { COLUMN_WHOLE, COLUMN_EXTEND, COLUMN_LEND, COLUMN_ANEW, COLUMN_BESIDE };
enum column_use column_use(const struct column *c, size_t shared, size_t n, size_t exist);
// The first place from `at` on whose UID is not below `uid`; c->n: none. Near places are found soonest.
uint32_t column_seek(const struct column *c, uint32_t at, uint32_t uid);
// It has them and no others.
bool column_is(const struct column *c, const struct numset *uids);
// Removes from `uids` what it has.
void column_subtract(const struct column *c, struct numset *uids);

struct columns;
// Of all columns at most this part of `memory` (limits.memory; 0: no such bound), COLUMNS_SHARE, and no more than COLUMNS_OCTETS. NULL: out of memory.
struct columns *columns_new(uint64_t memory);
void columns_free(struct columns *s);
// The column of that name, referenced; NULL: there is none. `now`: clock_mono().
struct column *columns_find(struct columns *s, const struct column_key *key, uint64_t now);
// Keeps a column, in the place of an older one of its name; or does not, if it is too large.
void columns_keep(struct columns *s, struct column *c, uint64_t now);
// Drops all that nobody wanted for too long: to be called now and then, whether or not anybody sorts.
void columns_age(struct columns *s, uint64_t now);

#endif
