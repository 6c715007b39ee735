// SPDX-License-Identifier: Apache-2.0
// Starling: one connection of submission. submission.c has its commands, submission_message.c what happens to a message.
#ifndef SMTP_SUBMISSION_PRIV_H
#define SMTP_SUBMISSION_PRIV_H

#include "auth/login.h"
#include "base/buf.h"
#include "smtp/header_fix.h"
#include "smtp/served.h"
#include "smtp/session_priv.h"
#include "smtp/submission.h"
#include "wire/crlf.h"

struct seats;

struct submission {
	struct smtp_host host;
	struct submission_config config;
	char hostname[SMTP_HOSTNAME_MAX];
	struct span *domains;
	size_t domain_count;
	struct seats *seats;
	struct served *served;
};

struct submission_session {
	struct smtp_session s; // first: what session.c sees
	struct submission *submission;
	struct login login;
	struct span user; // who is logged in; malloced; absent: nobody
	bool seated;      // counts against the user's sessions
	// The message on its way:
	struct crlf_reader lines;
	struct header_cutter cutter;
	struct buf header;         // until it is whole
	struct fixed_header fixed; // then; in the arena of s.tx
	// AT_SERVE:
	bool is_serving;
	uint8_t key[SERVED_KEY];
	struct served_list had;                         // who had it before
	struct smtp_reply failure;                      // why somebody does not get it
	char failure_text[OP_TEXT_MAX + SMTP_PATH_MAX]; // empty: nothing went wrong so far
};

static inline struct submission_session *submission_of(struct smtp_session *s)
{
	return (struct submission_session *)(void *)s;
}

// Whose an address is: an enum address_owner or a fault. *ret: the account it is delivered to, unless it is nobody's.
int submission_owner(struct op *op, const struct submission_session *ss,
	const struct smtp_path *path, struct recipient *ret);

// --- submission_message.c: the message hooks of struct smtp_front ---
int submission_begin(struct smtp_session *s);
int submission_octets(struct smtp_session *s, struct span octets);
int submission_end(struct smtp_session *s);
void submission_abort(struct smtp_session *s);
enum conn_next submission_serve(struct smtp_session *s);

#endif
