// SPDX-License-Identifier: Apache-2.0
// Starling: what the parts of a connection of the admin socket share (admin_session.c; admin_import.c, admin_spool.c).
#ifndef SERVER_ADMIN_PRIV_H
#define SERVER_ADMIN_PRIV_H

#include "base/buf.h"
#include "base/op.h"
#include "server/admin.h"
#include "server/frame.h"

#define ADMIN_WORDS_MAX 70u

struct admin_session {
	struct mail *mail;
	const struct admin_what *what;
	int fd;
	bool alone;
	struct op op;
	struct buf in, out;
	struct mail_pin *pin;
	struct restore *restore;
	struct mail_kept *kept; // from the first restore on
	struct mail_import *import;
	struct span words[ADMIN_WORDS_MAX]; // of the request at hand, in op's arena
	size_t count;
	bool lost; // the connection is of no use any more
};

int admin_senseless(struct admin_session *s); // RC_SYNTAX
// The word of that index, from hexadecimal. In op's arena.
int admin_word_octets(struct admin_session *s, size_t i, struct span *ret_octets);
int admin_word_number(struct admin_session *s, size_t i, uint64_t max, uint64_t *ret_number);
int admin_send_out(struct admin_session *s); // what is in s->out, as DATA
// Reads the data behind a request, DATA and HEAD frames, up to its END. `rc` is what is known already: what it or `take` refuses is read to
// its end all the same.
int admin_data_read(struct admin_session *s, int rc,
	int (*take)(struct admin_session *s, const struct frame *f));

// --- requests: they leave the words of END in s->out ---
int admin_import_begin(struct admin_session *s);
int admin_import_mailbox(struct admin_session *s);
int admin_import_subscribe(struct admin_session *s);
int admin_import_messages(struct admin_session *s);
int admin_import_end(struct admin_session *s);
int admin_spool_list(struct admin_session *s);
int admin_spool_try(struct admin_session *s);
int admin_spool_remove(struct admin_session *s);

#endif
