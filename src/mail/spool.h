// SPDX-License-Identifier: Apache-2.0
// Starling: the spool: messages on their way to the relay that it could not be given at once, kept until it is there. Small and durable; one for a
// store. Whoever sends from it is in smtp/ (spooler.h); here is what is on the disk, and who may touch a message when.
//
// A message is a record in a partition of its own (format.h) and a blob, which it may share with accounts here. It comes in as a recipient of a
// delivery:
//
//     delivery_begin, delivery_data ..., delivery_end
//     spool_stage, then delivery_stage for each recipient here; spool_wait, delivery_wait for each
//
// and goes out so: spool_take (it is the caller's alone from then on), spool_read, spool_settle (what became of its recipients), spool_give.
//
// spool_had() knows a client that sends again, having lost its answer, if the message has a Message-ID: by the record while the recipient waits, and
// by a mark for DELIVERY_PERIOD_S to twice that once the relay has the message. The mark is named by the message's key and the address, and durable
// with the change that takes the recipient out of the record. What has failed leaves none: who sends that again means it.
//
// Bounds, all in base/limits.h: messages and octets, for each user and for all; octets of a record. Any thread; lock: docs/locks.md.
#ifndef MAIL_SPOOL_H
#define MAIL_SPOOL_H

#include "mail/types.h"

#define SPOOL_KEY 32u       // octets of a hash of who sends and what (smtp/served.h)
#define SPOOL_SAID_MAX 120u // octets of what was said of a recipient that are kept

struct delivery;
struct mail;
struct spool;
struct store_finding;

struct spool_recipient {
	struct span address;
	struct span notify, orcpt; // RFC 3461, as the client gave them; absent: not given
	// It has failed, and nobody sends it there any more: it leaves when its sender was told, with this status (RFC 3463; empty: not known), what was said
	// (of which SPOOL_SAID_MAX octets are kept), and by us or by the relay.
	bool failed, ours;
	struct span status, said;
};
struct spool_message {
	uint64_t number; // rising, never given twice
	uint8_t key[SPOOL_KEY];
	struct span user;                   // who sends, as a name of an account
	struct span sender;                 // of the envelope; empty: the null path
	struct span ret, envid;             // RFC 3461; absent: not given
	struct span prefix;                 // lines in front of the text: the message is both
	struct span why;                    // what the relay said last; empty: nothing so far
	bool utf8, seven_bit;               // of the envelope
	bool eight_bit;                     // octets above 0x7f are in it
	bool marked;                        // it has a Message-ID: its recipients leave marks
	bool delay_told;                    // a report of delay was made
	int64_t arrived, next_at;           // clock_real(): when it came, when it is to be tried
	uint32_t tries;                     // that have come to an end, but not to one for all
	uint64_t size;                      // octets of the text
	struct blob_ref blob;               // which is the text
	struct spool_recipient *recipients; // who waits
	size_t count;
};

static inline bool spool_any_failed(const struct spool_message *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->recipients[i].failed)
			return true;
	return false;
}

// Reads what is there. A record that makes no sense is logged and left alone.
int spool_open(struct op *op, struct mail *m, struct spool **ret_spool);
void spool_free(struct spool *s); // nobody may be at it any more; accepts NULL

struct spool_totals {
	size_t messages;
	uint64_t octets;
};
void spool_count(struct spool *s, struct spool_totals *ret_totals);
// Is there room for one more message of this user, of about so many octets? For saying no early: spool_stage() decides.
bool spool_has_room(struct spool *s, struct span user, uint64_t octets);
enum { SPOOL_HAD = 1 };
// SPOOL_HAD: this recipient's message is in the spool, or has gone out of it to the relay. 0: not that we know. RC_INUSE: the same message is in line.
// May block on the disk.
int spool_had(struct op *op, struct spool *s, const uint8_t key[SPOOL_KEY], struct span address);

struct spool_slot; // a message in line
// Puts the message in line: the delivery's text, which has ended, and what `m` says but for number, arrived, size and blob. RC_LIMIT: no room; RC_INUSE: the
// same message is in line already. Blocks on the disk for the first message that a volume ever has.
int spool_stage(struct op *op, struct spool *s, struct delivery *d, const struct spool_message *m,
	struct spool_slot **ret_slot);
// Waits until it is durable; frees the slot. Every slot must be waited for. Blocks (CREW_DISK).
int spool_wait(struct op *op, struct spool_slot *slot);

// --- sending ---

// A message that nobody is at, which is the caller's until spool_give(). The first one whose time has come by `now`; false: there is none.
bool spool_take(struct spool *s, int64_t now, uint64_t *ret_number);
// This one, whatever its time. RC_NONEXISTENT, RC_INUSE.
int spool_take_number(struct op *op, struct spool *s, uint64_t number);
void spool_give(struct spool *s, uint64_t number);
// Not before that time, of a message that was taken: for when its record cannot be written, or not even read. Forgotten with the next start.
void spool_put_off(struct spool *s, uint64_t number, int64_t next_at);
int64_t spool_next(
	struct spool *s); // when the first message's time comes that nobody is at; INT64_MAX: never
// Its record, in op's arena. RC_NONEXISTENT, RC_CORRUPT, RC_VERSION. May block on the disk.
int spool_read(struct op *op, struct spool *s, uint64_t number, struct spool_message *ret_message);
// The first message with a number of `from` or more, whoever is at it; 0: there is none.
uint64_t spool_number_from(struct spool *s, uint64_t from);
// That message's record; RC_NONEXISTENT.
int spool_read_from(
	struct op *op, struct spool *s, uint64_t from, struct spool_message *ret_message);

enum spool_fate {
	SPOOL_WAITS,  // it is tried again
	SPOOL_SENT,   // the relay has it
	SPOOL_FAILED, // it gets nothing; somebody was told
};
// What became of the recipients of a message that was taken; those who wait stay, with what `m` says now (why, delay_told, next_at, tries; of them: failed
// and why). None: the message is gone. Durable on return. Blocks.
int spool_settle(struct op *op, struct spool *s, const struct spool_message *m,
	const enum spool_fate *fates);
// All messages are due now.
void spool_hurry(struct spool *s);

// --- the volume's keepers ---

// Reports the blobs of all records to a sweep (store/store.h). A record of a later version: RC_VERSION, nothing may be dropped.
int spool_mark(struct op *op, struct store *store, struct store_snapshot *snap, store_live_fn live,
	void *sweep);
// For mail_check(): records that make no sense or whose text is damaged.
int spool_check(struct op *op, struct mail *m,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx);

#endif
