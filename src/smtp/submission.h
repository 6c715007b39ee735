// SPDX-License-Identifier: Apache-2.0
// Starling: the submission front end, as server/ sees it: mail leaves for others (RFC 6409, RFC 8314, with the extensions that EHLO lists).
// README.md says what is done with it.
#ifndef SMTP_SUBMISSION_H
#define SMTP_SUBMISSION_H

#include "net/conn.h"

struct auth;
struct budget;
struct mail;
struct relay;
struct seats;
struct spool;
struct spooler;
struct submission; // what the sessions of a process share; given to listener_open() as service_config

struct submission_config {
	struct mail *mail; // these must outlive the struct submission
	struct auth *auth;
	struct budget *memory; // of who is not logged in; NULL: no bound
	struct seats
		*seats; // of all front ends, and the users' memory; NULL: its own, without bounds
	const char *hostname; // in the greeting and in Received; NULL: what the system says
	// Domains with blanks between: an address in one of them is the account's whose name is its local part. NULL: the host's name and localhost.
	// Addresses that are whole log-in names are local in any case.
	const char *domains;
	struct relay *relay; // for all other addresses; NULL: they are refused
	// What waits, or has waited, for the relay (mail/spool.h): who sends that again is known. NULL: nothing.
	struct spool *spool;
	bool spools;             // mail waits there when the relay is down, and
	struct spooler *spooler; // is sent from there; may be NULL if not `spools`
	// Further addresses that users may send as, with blanks between: "info@example.org=anna sales@example.org=bert". NULL: none. An address may
	// stand there for several users.
	const char *senders;
	bool allow_plaintext; // AUTH PLAIN without TLS from anywhere (loopback always may)
	unsigned timeout;     // seconds without a command or data; 0: LMTP_TIMEOUT
	unsigned
		login_timeout; // seconds until a log-in must have happened; 0: SUBMISSION_LOGIN_TIMEOUT
	unsigned sessions_per_user; // 0: SUBMISSION_SESSIONS_PER_USER
};
// Copies the configuration; its strings must stay.
int submission_new(
	struct op *op, const struct submission_config *config, struct submission **ret_submission);
void submission_free(struct submission *submission); // no session may be left; accepts NULL

// service_config is a struct submission.
extern const struct service submission_service;

#endif
