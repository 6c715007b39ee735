// SPDX-License-Identifier: Apache-2.0
// Starling: the IMAP front end, as server/ sees it: a service for net/ and its configuration. IMAP4rev2 (RFC 9051) and IMAP4rev1 (RFC 3501)
// on the same connection: rev1 until ENABLE IMAP4rev2.
#ifndef IMAP_IMAP_H
#define IMAP_IMAP_H

#include "net/conn.h"

struct auth;
struct imap; // what the sessions of a process share; given to listener_open() as service_config
struct mail;
struct seats;

struct imap_config {
	struct mail *mail; // both must outlive the struct imap
	struct auth *auth;
	struct seats
		*seats; // of all front ends, and the users' memory; NULL: its own, without bounds
	bool allow_plaintext;   // LOGIN and PLAIN without TLS from anywhere (loopback always may)
	uint32_t message_limit; // messages that one command works on (RFC 9738); 0: any number
	uint32_t save_limit;    // messages of one COPY or APPEND; 0: any number
	bool literal_minus;     // advertise LITERAL- in place of LITERAL+ (RFC 7888 section 5)
	unsigned
		idle_interval; // seconds between "still here" lines in IDLE; 0: none. IMAP_IDLE_INTERVAL is usual
	unsigned
		autologout; // seconds without a command; 0: IMAP_AUTOLOGOUT; never below 30 minutes (RFC 9051 section 5.4)
	unsigned progress_interval_ms; // between INPROGRESS lines; 0: IMAP_PROGRESS_MS
	unsigned login_timeout; // seconds until a log-in must have happened; 0: IMAP_LOGIN_TIMEOUT
	unsigned sessions_per_user; // more: NO [LIMIT]; 0: IMAP_SESSIONS_PER_USER
	const char *greeting;       // text of the greeting; NULL: "Starling ready"
	const char *version;        // for ID; NULL: "0"
	const char *
		submit_users; // names of users who are submission servers (RFC 4467 section 3), with spaces between; NULL: none
	const char *support_url; // for ID; NULL: left out
	const char *comment;     // /shared/comment of the server (RFC 5464); NULL: none
	const char *admin; // /shared/admin: a URI by which its administrator is reached; NULL: none
};
// Copies the configuration; its strings must stay.
int imap_new(struct op *op, const struct imap_config *config, struct imap **ret_imap);
void imap_free(struct imap *imap); // no session may be left; accepts NULL

// Counters since the start; exact but not of one moment.
struct imap_counts {
	uint64_t connections, logins, login_failures, commands, bad_commands;
};
void imap_count(const struct imap *imap, struct imap_counts *ret_counts);

// service_config is a struct imap.
extern const struct service imap_service;

#endif
