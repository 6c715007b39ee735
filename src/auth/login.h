// SPDX-License-Identifier: Apache-2.0
// Starling: a log-in over a connection, the part that all front ends share (IMAP AUTHENTICATE and LOGIN, POP3 AUTH and PASS, SMTP AUTH):
// who the peer is, base64 of SASL's challenges and responses, and what waits without a thread: for the auth process's answer, refusals for their time,
// passwords in line to be hashed. The lines themselves are the front end's. A struct login belongs to one session; zeroed but for its first three members it is ready.
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "auth/auth.h"

struct conn;
struct rope;

struct login {
	struct auth *auth;
	struct conn *conn;
	bool allow_plaintext; // passwords may be sent without TLS from anywhere
	// The rest is private, but for refusal and wake_at.
	struct auth_peer peer;
	struct auth_exchange *
		exchange; // between LOGIN_MORE and the next response, and while LOGIN_LATER has no refusal
	bool asking;  // LOGIN_LATER: auth/ was asked and has not answered
	bool in_line; // LOGIN_LATER: the password waits to be hashed
	int refusal;  // LOGIN_LATER: a fault whose answer waits; 0: none
	char refusal_text[OP_TEXT_MAX];
	uint64_t asked_at; // when auth/ was asked
	uint64_t
		wake_at; // LOGIN_LATER: when (clock_mono) to call login_later(); 0: when the connection is woken
};
enum {
	// Send the challenge of the reply (login_write_challenge), then call login_response() with what the client answers.
	LOGIN_MORE = 1,
	LOGIN_LATER, // nothing to be told yet: login_later() at wake_at, or when the connection was woken
};

// Passwords may be sent over this connection: TLS, a local peer, or the configuration allows it.
bool login_is_private(const struct conn *c, bool allow_plaintext);
// Who asks, for auth_mechanism() and the calls below, without channel binding data; spans live in op's arena.
struct auth_peer login_peer(
	struct op *op, struct conn *c, const char *service, bool allow_plaintext);

// For look-ups of a session: its connection is woken when they are answered. It resets the finder before it goes.
struct auth_finder login_finder(struct auth *a, struct conn *c);

// SASL. `initial` is base64 ("=" the empty one), absent when the client sent none. 0 (ret_reply->user), LOGIN_MORE, LOGIN_LATER or a fault
// of auth_begin(). What is in op's arena must stay until the exchange has ended.
int login_begin(struct op *op, struct login *l, const char *service, struct span mechanism,
	struct span initial, struct auth_reply *ret_reply);
int login_response(
	struct op *op, struct login *l, struct span base64, struct auth_reply *ret_reply);
// A name and a password.
int login_password(struct op *op, struct login *l, const char *service, struct span user,
	struct span password, struct auth_reply *ret_reply);
// Writes a refusal to the log: of whom, whether it was looked at, and why. The peer is told the same whoever it is.
void login_log_refused(
	const struct login *l, const char *area, const struct auth_reply *reply, const char *why);
// Whether LOGIN_LATER was the last outcome.
bool login_waits(const struct login *l);
// What waits: LOGIN_LATER when its time has not come (or it must wait again), else as login_response(), a fault recorded in op.
int login_later(struct op *op, struct login *l, struct auth_reply *ret_reply);
// The client gave up or is gone.
void login_cancel(struct login *l);

// `lead` ("+ ", "334 "), base64 of the octets, CRLF. RC_NOMEM.
int login_write_challenge(struct op *op, struct rope *to, struct span lead, struct span octets);

#endif
