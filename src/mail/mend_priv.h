// SPDX-License-Identifier: Apache-2.0
// Starling: what the files of a repair behind damage share (mend.h).
#ifndef MAIL_MEND_PRIV_H
#define MAIL_MEND_PRIV_H

#include "mail/types.h"
#include "mail/mend.h"
#include "store/live.h"
#include "store/store.h"

struct known { // of an account, while the log is followed
	uint64_t partition;
	uint32_t proven; // damage up to this place has taken nothing of it
	bool hurt;
	bool big, silent; // its last batch was; it gave no record a modseq
	uint64_t skipped; // changes
};
struct stray { // a message behind damage whose change was not made, or whose blob came
	uint64_t partition;
	uint64_t nth; // in the order of the log
	uint32_t data, flags;
	uint32_t places; // of damage before it
	struct msg_cold cold;
};
struct mend {
	void (*tell)(void *ctx, const char *line);
	void *ctx;
	struct mend_counts counts;
	uint32_t places; // of damage that may have taken changes
	bool cut_off;    // what comes now is of an earlier repair, which did not come to its end
	struct buf accounts; // struct known, ascending
	struct buf strays;   // struct stray
	struct buf emptied;  // u64: partitions of accounts whose removal was finished
	// Blobs that a change which was made named, in an account or in the spool: whatever names them no more took them away.
	struct live_set made, queued;
	struct mail *mail;
};

void printf_like(2, 3) mend_say(struct mend *m, const char *fmt, ...); // a line for a person
bool mend_is_account(uint64_t partition);
// NULL: nothing behind the damage was of that account. Valid until another one is new.
struct known *mend_known_of(const struct mend *m, uint64_t partition);
struct known *mend_known_or_new(
	struct op *op, struct mend *m, uint64_t partition); // NULL: out of memory
struct stray *mend_strays(const struct mend *m, size_t *ret_n);
// What was there, and what was lost of it, does not matter any more.
void mend_begin_anew(struct mend *m, struct known *k);
// In the system partition while a repair files what is left over. Nobody else writes meanwhile, and nobody sees any of it before the end: the next repair
// passes over what one that was cut off has written.
#define MEND_UNDER_WAY SPAN("R")
// The `finish` of the store_mender; ctx is the struct mend.
int mend_finish(struct op *op, void *ctx, struct store *s);

// After all that could be brought in, before accounts are opened: the records of the system partition are made to agree with the accounts that are
// there. An account whose entry is lost gets it again (its record has the user's name); an entry whose account is wholly lost gets an empty one, for
// the messages that are filed anew; no number of an account is given twice. `tell` gets a line for each.
int mend_entries(
	struct op *op, struct store *s, void (*tell)(void *ctx, const char *line), void *ctx);
// Whether the partition has no record at all: 1, 0, or a fault.
int partition_is_empty(struct op *op, struct store *s, uint64_t partition);
int mend_commit(struct op *op, struct store *s, struct store_batch *b); // and forgets it

#endif
