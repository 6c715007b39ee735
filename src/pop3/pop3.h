// SPDX-License-Identifier: Apache-2.0
// Starling: the POP3 front end, as server/ sees it: a service for net/ and its configuration (RFC 1939, 2449, 2595, 3206, 5034, 6856, 8314).
// README.md says what the maildrop is.
#ifndef POP3_POP3_H
#define POP3_POP3_H

#include "net/conn.h"

struct auth;
struct mail;
struct seats;
struct pop3; // what the sessions of a process share; given to listener_open() as service_config

struct pop3_config {
	struct mail *mail; // both must outlive the struct pop3
	struct auth *auth;
	struct seats
		*seats; // of all front ends, and the users' memory; NULL: its own, without bounds
	bool allow_plaintext; // USER and PLAIN without TLS from anywhere (loopback always may)
	unsigned
		autologout; // seconds without a command; never below 10 minutes (RFC 1939 section 3); 0: that
	unsigned login_timeout; // seconds until a log-in must have happened; 0: POP3_LOGIN_TIMEOUT
	unsigned sessions_per_user; // 0: POP3_SESSIONS_PER_USER
	const char *version;        // for IMPLEMENTATION; NULL: "0"
};
// Copies the configuration; its strings must stay.
int pop3_new(struct op *op, const struct pop3_config *config, struct pop3 **ret_pop3);
void pop3_free(struct pop3 *pop3); // no session may be left; accepts NULL

// service_config is a struct pop3.
extern const struct service pop3_service;

#endif
