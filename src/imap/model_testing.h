// SPDX-License-Identifier: Apache-2.0
// Starling: for model_fuzz.c only: what a mailbox is, as RFC 9051 says it, in plain arrays and without a line of mail/. A list of messages with
// UIDs and flags; names that lead to lists; and when each change was made, by a clock that counts changes. What an implementation may choose (UIDs,
// UIDVALIDITY, mod-sequences) is taken from its answers, and held against the rules.
#ifndef IMAP_MODEL_TESTING_H
#define IMAP_MODEL_TESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_MESSAGES 512u
#define MODEL_BOXES 48u
#define MODEL_NAMES 5u
#define MODEL_POINTS 8u
#define MODEL_FLAGS 8u

enum { MODEL_SEEN = 1, MODEL_DELETED = 8 }; // bits of flags: indices of model_flag[]
extern const char *const model_flag[MODEL_FLAGS];
extern const char *const model_name[MODEL_NAMES]; // the first is INBOX

struct model_message {
	uint32_t uid, serial; // serial: which text it has
	unsigned flags;
	uint64_t changed; // when it came or its flags changed last
	uint64_t floor;   // its mod-sequence is above this one
	uint64_t modseq;  // as it was told since then; 0: was not
};
struct model_gone {
	uint32_t uid;
	uint64_t when;
};
struct model_point { // at this time HIGHESTMODSEQ was that
	uint64_t when, highest;
};
struct model_box {
	struct model_message m[MODEL_MESSAGES];
	size_t n;
	struct model_gone gone[4 * MODEL_MESSAGES]; // the newest, by count modulo
	size_t gone_count;
	uint32_t uid_next, validity; // as told last; 0: not yet
	uint64_t highest, seen;      // HIGHESTMODSEQ as told last; the highest MODSEQ of a message
	struct model_point points[MODEL_POINTS];
	size_t point_count; // ever, the newest are kept
	bool dead;
};
struct model {
	uint64_t clock;
	uint32_t serial;
	struct model_box *name[MODEL_NAMES]; // NULL: there is no such mailbox
	struct model_box *box[MODEL_BOXES];
	size_t box_count;
	struct
	{ // RFC 9051 section 2.3.1.1: name and UIDVALIDITY together never mean another list of UIDs
		size_t name;
		uint32_t validity;
		const struct model_box *box;
	} past[4 * MODEL_BOXES];
	size_t past_count;
};

void model_begin(struct model *m);
void model_end(struct model *m);
bool model_can_create(const struct model *m);
// The names must be as the command needs them.
void model_create(struct model *m, size_t name);
void model_delete(struct model *m, size_t name);
void model_rename(struct model *m, size_t from, size_t to);
struct model_message *model_find(struct model_box *b, uint32_t uid); // NULL: none
// A message with a new UID comes at the end.
void model_add(struct model *m, struct model_box *b, uint32_t uid, unsigned flags, uint32_t serial);
void model_remove(struct model *m, struct model_box *b, uint32_t uid);
void model_flags_set(
	struct model *m, struct model_box *b, struct model_message *msg, unsigned flags);
// What the server tells: held against what was told before.
struct model_status {
	uint64_t messages, uid_next, validity, unseen, deleted, highest, size;
};
void model_hear_status(struct model *m, size_t name, const struct model_status *st);
void model_hear_modseq(struct model_box *b, struct model_message *msg, uint64_t modseq);

// The text of a message; returns its length, of at most MODEL_TEXT.
#define MODEL_TEXT 400u
size_t model_text(uint32_t serial, char to[MODEL_TEXT]);

#endif
