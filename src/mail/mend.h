// SPDX-License-Identifier: Apache-2.0
// Starling: the mail of a volume whose log is damaged behind what its index has flushed (store_mend()): whole changes behind the damage are made, as
// far as it is provable that none is missing before them.
//
// What is provable: each change of an account raises its modseq by one, and one of several batches numbers them. So the first batch of an account behind
// the damage proves that the account lost nothing. Changes that give no record a modseq prove nothing, nor does what comes right behind them. If it
// proves the contrary, or nothing, no change of the account from there on is made: its state is that of before the damage. Its messages that are whole
// behind it are filed anew, as new ones, without keywords, in the mailbox that they came to (INBOX, if that is not there, or was not known yet). An account
// without a change behind the damage may have lost its last ones. Clients of both kinds may have been shown what is no more, so their mailboxes get a new
// UIDVALIDITY: they ask for everything again. Users' entries and accounts are made to agree in the end (mend_priv.h).
//
// A repair that is cut off leaves in the log what it filed so far, behind a note; the next one passes over it, and begins anew.
#ifndef MAIL_MEND_H
#define MAIL_MEND_H

#include "store/store.h"

struct mend_counts {
	uint64_t places, octets; // of damage in the log
	uint64_t whole,
		hurt;    // accounts that have lost nothing; whose later changes could not be made
	uint64_t unsure; // accounts of which nothing tells whether their last change is lost
	uint64_t skipped, filed; // changes that were not made; messages that were filed anew
	uint64_t
		lost; // messages of such accounts that are not whole; of the spool that have no record any more
};
// `tell` gets lines for a person: what was lost, and whose. Returns as store_mend(). Blocks long; nobody else has the volume open.
int mail_mend(struct op *op, const struct store_config *config,
	void (*tell)(void *ctx, const char *line), void *ctx, struct mend_counts *ret_counts);

#endif
