// SPDX-License-Identifier: Apache-2.0
// Starling: for model_fuzz.c only: a client that knows of its mailbox what it was told and nothing else, and holds each response against the model
// and the rules: numbers, EXISTS, EXPUNGE and VANISHED, FETCH.
#ifndef IMAP_MODEL_CLIENT_TESTING_H
#define IMAP_MODEL_CLIENT_TESTING_H

#include "auth/fake_testing.h"
#include "imap/model_testing.h"

struct known {
	uint32_t uid;
	int flags;    // -1: was not told
	bool fetched; // by the present command
	bool found;   // likewise, by SEARCH
};
struct uid_ranges {
	struct {
		uint64_t first, last;
	} r[MODEL_MESSAGES];
	size_t n;
	bool heard;
};
// What a disconnected client keeps of a mailbox until it comes again with QRESYNC (RFC 7162 section 6).
struct kept {
	const struct model_box *box; // NULL: nothing is kept
	uint32_t validity;
	uint64_t highest;
	struct known list[2 * MODEL_MESSAGES];
	size_t n;
};
enum answer { ANSWER_OK, ANSWER_NO, ANSWER_BAD, ANSWER_BYE };
struct client {
	struct fake f;
	struct model *model;
	const void *config;
	struct model_box *box; // selected; NULL: none
	bool readonly, condstore, qresync, rev2;
	struct known list[2 * MODEL_MESSAGES]; // what the client takes the mailbox to be
	size_t n;
	uint32_t told;   // every message with a UID up to this one is or was in the list
	uint64_t synced; // its copy of HIGHESTMODSEQ
	struct kept kept;
	// The present command:
	unsigned tag;
	bool keeps_numbers, selecting, closed;
	bool fetching;                              // FETCH answers with what it was asked for
	bool search_uid;                            // SEARCH answers with UIDs
	bool search_all;                            // it told all that it found
	uint64_t count, min, max;                   // of ESEARCH; UINT64_MAX: not told
	struct uid_ranges earlier;                  // VANISHED (EARLIER)
	struct uid_ranges from, to;                 // COPYUID; APPENDUID: to
	struct uid_ranges modified;                 // MODIFIED
	uint64_t uid_validity;                      // SELECT's, or that of COPYUID and APPENDUID
	uint64_t exists, uid_next, highest, modseq; // modseq: the highest of a message
	struct model_status status;                 // STATUS
};

void client_open(struct client *c, struct model *m, const void *config);
void client_close(struct client *c);
// The connection is over, and begins anew.
void client_reopen(struct client *c);
// Another mailbox is to be selected, or none: what is known of this one is kept.
void client_leave(struct client *c, struct model_box *to);
// Sends a command without its tag, whose literals are non-synchronizing, and hears its answers.
enum answer client_say(struct client *c, struct span command);
bool ranges_have(const struct uid_ranges *r, uint64_t number);
uint64_t ranges_size(const struct uid_ranges *r);
// The i-th number, from 0.
uint64_t ranges_nth(const struct uid_ranges *r, uint64_t i);

#endif
