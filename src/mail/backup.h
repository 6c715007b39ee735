// SPDX-License-Identifier: Apache-2.0
// Starling: what a backup reads of the mail of a store: a pin, which is a snapshot of all accounts at one durable point whose blobs no sweep
// drops while it is held, and the records as they were then. Nothing is locked that a session needs.
//
// Every pin of a backup leaves its token in the store (format.h: "T") after the snapshot is taken. A store that has the token of an older
// backup went on from that one, so blob ids that both have mean the same octets; a copy of the volume from before it does not have it.
//
// A final backup gives the volume up ("Z"): it is not served again. So what that backup holds is provably the latest state there ever was.
#ifndef MAIL_BACKUP_H
#define MAIL_BACKUP_H

#include "mail/account.h"

#define BACKUP_TOKEN 16u // octets of a token

struct mail_pin;
// Takes the snapshot, then notes the token (durable). RC_LIMIT: BACKUP_PINS_MAX are held. Blocks.
int mail_pin(struct op *op, struct mail *m, const uint8_t token[BACKUP_TOKEN],
	struct mail_pin **ret_pin);
void mail_unpin(struct mail *m, struct mail_pin *pin); // accepts NULL
struct record_range { // from <= key < to; `to` absent: the end of the partition
	uint64_t partition;
	struct span from, to;
};
// Calls `each` for the records of a range, in order. Cold records of messages that are gone are zeros: their blobs may not be there. The spans are
// valid during the call. Stops when `each` returns something else than 0, and returns that. Blocks.
int mail_pin_records(struct op *op, struct mail_pin *pin, const struct record_range *range,
	int (*each)(struct op *op, void *ctx, struct span key, struct span value), void *ctx);
// Gives the volume up: mail_open() refuses it from then on, unless asked for. Durable on return.
int mail_give_up(struct op *op, struct mail *m, const uint8_t token[BACKUP_TOKEN]);

// Blobs that restores over one connection have brought: no sweep drops them while it is open, whether or not a record names them yet, or
// still. So accounts that share a message can share it again.
struct mail_kept;
int mail_kept_new(struct op *op, struct mail *m, struct mail_kept **ret_kept);
void mail_kept_free(struct mail *m, struct mail_kept *k); // accepts NULL
int mail_kept_add(struct op *op, struct mail_kept *k, uint64_t blob_id);
bool mail_kept_has(struct mail_kept *k, uint64_t blob_id);

// For sweeps: reports all that is kept; calls `each` with every snapshot that is pinned now.
void mail_kept_mark(struct mail *m, store_live_fn live, void *sweep);
int mail_pins_each(struct op *op, struct mail *m,
	int (*each)(struct op *op, void *ctx, struct store_snapshot *snap), void *ctx);

// For mail_open() and mail_close().
struct pins;
struct pins *pins_new(void);
void pins_free(struct pins *p); // accepts NULL
struct pins *mail_pins_of(struct mail *m);

#endif
