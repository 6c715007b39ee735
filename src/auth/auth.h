// SPDX-License-Identifier: Apache-2.0
// Starling: authentication, as the front ends see it. The work is done by a process of its own (auth/worker.h): it alone reads password
// hashes. Each call here is one request and one answer over a socket pair, which take some 20 microseconds when the log-in
// is known, some 30 ms when a password must be hashed. Who says how he is to be told of the answer (auth_peer.answered, auth_finder.answered)
// gets AUTH_WAIT meanwhile, and holds no thread, as all sessions do; else the call blocks (CREW_AUTH). A worker that died is started again; whose request it had gets
// RC_UNAVAILABLE, whose was still in line waits for the next one.
//
// Mechanisms: PLAIN (RFC 4616), LOGIN, SCRAM-SHA-256 and -PLUS (RFC 5802, 7677, tls-exporter of RFC 9266), EXTERNAL (RFC 4422
// appendix A). OAUTHBEARER and XOAUTH2 will be rows of the same table (auth/exchange.c).
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "base/limits.h"
#include "base/op.h"

struct auth;
struct auth_exchange;
struct crew;

enum {
	AUTH_MORE = 1, // send `challenge`, call auth_step() with the client's response
	AUTH_BUSY, // the password waits for its turn to be hashed: call auth_retry() after `delay_ms`, without holding a thread
	AUTH_WAIT, // the answer is awaited: call auth_answer() after answered()
};

// Who asks. Spans must live until the exchange has ended.
struct auth_peer {
	const char *service; // "imap"
	const char *address; // conn_peer(): for throttling
	bool secure; // TLS, or a connection that may send passwords in the clear (loopback, --allow-plaintext)
	bool tls;
	bool can_bind; // tls-exporter data can be had: who advertises mechanisms need not have them
	struct span channel_binding; // tls-exporter data; absent: none: no -PLUS
	struct span client_identity; // from a verified client certificate; absent: no EXTERNAL
	// Called once for each AUTH_WAIT, in any thread; it may wake a task, and call nothing of here. NULL: calls wait for their answers themselves.
	void (*answered)(void *ctx);
	void *ctx;
};
struct auth_reply {
	struct span challenge; // AUTH_MORE: raw octets (not base64), may be empty; in op's arena
	struct span
		user; // 0: the user's canonical name; a refusal: the name that was tried, for the log alone, or empty; in op's arena
	bool throttled; // refused whatever the proof: too many failed before. For the log alone
	uint32_t
		delay_ms; // a refusal must be answered only after this time (throttling); without holding a thread
};

struct spawner;
struct auth_config {
	const char *
		dir; // the server's data folder: users and what else is known of them are in DIR/auth/
	const char *passwd_file; // NULL, or a passwd-file with crypt hashes of migrated users
	struct spawner
		*spawner; // that starts the worker (run/spawner.h); its words: auth_words_make()
	unsigned which;   // its number there
	unsigned
		workers; // concurrent requests of those who wait without a thread, of those who block (at the start, and tests) half as many; 0: AUTH_WORKERS
	bool sandbox;    // the worker restricts itself to its files and calls (run/sandbox.h)
};
// What the spawner must know to start the worker: words as of spawner_config; they point to this and to the configuration.
struct auth_words {
	const char *words[6];
	char count[12];
};
void auth_words_make(const struct auth_config *config, struct auth_words *ret_words);
// Starts the worker process.
int auth_open(struct op *op, const struct auth_config *config, struct auth **ret_auth);
// The crew whose threads read the answers that nobody waits for with a thread; before crew_run(), and before anybody asks so.
int auth_attach(struct op *op, struct auth *a, struct crew *crew);
void auth_close(struct auth *a); // ends the worker; after the crew has ended

// The mechanisms that this peer may use now, as " AUTH=PLAIN AUTH=SCRAM-SHA-256"-like rows: the i-th name or an absent span. Never blocks.
struct span auth_mechanism(const struct auth_peer *peer, size_t i);
// Whether auth_begin() with this mechanism looks at the channel binding.
bool auth_mechanism_binds(struct span name);

// Begins SASL. `initial` absent: the client sent no initial response. 0 (authenticated), AUTH_MORE, or a fault: RC_AUTHFAILED,
// RC_AUTHZFAILED, RC_CANNOT (unknown mechanism), RC_PRIVACY (needs TLS), RC_SYNTAX (malformed response), RC_UNAVAILABLE, RC_LIMIT.
// The exchange exists only after AUTH_MORE, AUTH_BUSY and AUTH_WAIT; any other outcome of begin, step, retry or answer has ended it.
int auth_begin(struct op *op, struct auth *a, const struct auth_peer *peer, struct span mechanism,
	struct span initial, struct auth_exchange **ret_exchange, struct auth_reply *ret_reply);
int auth_step(
	struct op *op, struct auth_exchange *x, struct span response, struct auth_reply *ret_reply);
int auth_retry(struct op *op, struct auth_exchange *x, struct auth_reply *ret_reply);
// What the call that gave AUTH_WAIT leads to; AUTH_WAIT: nothing yet.
int auth_answer(struct op *op, struct auth_exchange *x, struct auth_reply *ret_reply);
void auth_cancel(struct auth_exchange
		*x); // the client gave up or is gone, whatever is under way; accepts NULL
// LOGIN, USER/PASS: never AUTH_MORE.
int auth_login(struct op *op, struct auth *a, const struct auth_peer *peer, struct span user,
	struct span password, struct auth_exchange **ret_exchange, struct auth_reply *ret_reply);

// Look-ups of names. Who says how he is to be told gets AUTH_WAIT, and asks everything again from the beginning when the answer is there: what this
// finder was asked before it knows until auth_finder_reset(). Zeroed but for its first three members it is ready.
struct auth_finding;
struct auth_finder {
	struct auth *auth;
	void (*answered)(void *ctx); // as that of struct auth_peer; NULL: calls block
	void *ctx;
	struct auth_finding *first; // private: what was asked, the newest first
};
// The first of these names (at most AUTH_FIND_MAX) that is a user's: *ret_user is canonical, in op's arena, *ret_which says which one it was.
// AUTH_WAIT, RC_NONEXISTENT. For those who may know (LMTP peers): all names are looked up whatever is found, nothing is throttled.
int auth_find(struct op *op, struct auth_finder *f, const struct span *names, size_t n,
	struct span *ret_user, size_t *ret_which);
// The last AUTH_WAIT is true still: to ask again would give it again.
bool auth_finder_waits(const struct auth_finder *f);
// Forgets what was asked; answered() is not called any more for what is under way.
void auth_finder_reset(struct auth_finder *f);

#endif
