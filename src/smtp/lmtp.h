// SPDX-License-Identifier: Apache-2.0
// Starling: the LMTP front end, as server/ sees it: mail comes in from an MTA (RFC 2033, with the extensions of SMTP that LHLO lists).
// README.md says what is done with it. Whoever may connect may deliver to anybody: listen where only the MTA can reach it.
#ifndef SMTP_LMTP_H
#define SMTP_LMTP_H

#include "net/conn.h"

struct auth;
struct budget;
struct lmtp; // what the sessions of a process share; given to listener_open() as service_config
struct mail;

struct lmtp_config {
	struct mail *mail; // both must outlive the struct lmtp
	struct auth *auth;
	struct budget *memory; // of all sessions; NULL: no bound
	const char *hostname;  // in the greeting and in Received; NULL: what the system says
	unsigned timeout;      // seconds without a command or data; 0: LMTP_TIMEOUT
};
// Copies the configuration; its strings must stay.
int lmtp_new(struct op *op, const struct lmtp_config *config, struct lmtp **ret_lmtp);
void lmtp_free(struct lmtp *lmtp); // no session may be left; accepts NULL

// service_config is a struct lmtp.
extern const struct service lmtp_service;

#endif
