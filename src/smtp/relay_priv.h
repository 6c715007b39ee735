// SPDX-License-Identifier: Apache-2.0
// Starling: the inside of a link to the relay. relay.c is the session's side, relay_session.c the connection's, relay_sasl.c the log-in there.
#ifndef SMTP_RELAY_PRIV_H
#define SMTP_RELAY_PRIV_H

#include "base/ref.h"
#include "base/rope.h"
#include "net/address.h"
#include "net/conn.h"
#include "smtp/relay.h"
#include "smtp/session_priv.h"
#include "wire/smtp_reply.h"

#include <pthread.h>

#define RELAY_ADDRESSES_MAX 8u // of the relay's name that are tried

struct tls_context;

struct relay {
	struct relay_config config;
	char hostname[SMTP_HOSTNAME_MAX];
	struct net *net;
	struct tls_context *tls;
	struct Gsasl *gsasl;
	struct relay_waiter on_reach; // wake NULL: nobody
	pthread_mutex_t lock;         // guards what follows; a leaf
	struct address addresses[RELAY_ADDRESSES_MAX];
	size_t address_count;
	uint64_t resolved_at;         // clock_mono(); 0: never
	unsigned orphans;             // links that RELAY_ORPHANS_MAX counts
	struct future_release future; // its last offer
	uint64_t reached_at;          // clock_mono(): when it made that; 0: never
};

struct request {
	enum relay_request what;
	struct request *next;
	char *command;  // without parameters; "": nothing is sent
	char *dsn;      // parameters of RFC 3461
	char *hold;     // and of RFC 4865
	uint64_t size;  // SIZE= of MAIL; 0: none
	bool utf8;      // for a relay with SMTPUTF8 alone
	bool eight_bit; // BODY=8BITMIME
	bool answered;
	bool is_ours; // what the relay has no extension for was not sent
	struct smtp_answer answer;
	struct relay_receipt receipt; // of RELAY_END; `served` NULL: settled
};

enum relay_offer { // bits: what EHLO lists
	OFFER_PIPELINING = 1,
	OFFER_8BITMIME = 2,
	OFFER_SMTPUTF8 = 4,
	OFFER_DSN = 8,
	OFFER_STARTTLS = 16,
	OFFER_SIZE = 32,
	OFFER_FUTURERELEASE = 64,
};

struct relay_link {
	struct relay *relay;
	struct ref refs; // of whoever waits and of the connection
	struct relay_waiter waiter;
	struct address addresses[RELAY_ADDRESSES_MAX];
	size_t address_count, next_address; // the latter: of the connection's side
	pthread_mutex_t lock;               // guards what follows; wakers' locks are taken under it
	struct waker *connection;           // NULL: gone, or not there yet
	struct request *first, *last;       // without an answer that was taken
	struct request *to_send;            // the first that was not sent
	struct request *to_answer;          // the first that was sent and has no answer
	struct rope octets;                 // on their way
	bool was_full;                      // who waits wants room
	bool closed;                        // and has let go
	bool dead;
	bool reached;   // it took mail once: relay_on_reach()
	bool connected; // the relay has greeted: no other address is tried
	unsigned offers;
	struct smtp_answer death; // what is answered then
};

void relay_link_unref(struct relay_link *link);
void relay_link_wake_locked(struct relay_link *link); // who has it
// Of RELAY_END: what became of the message. Once; more calls do nothing.
void relay_request_settle(struct request *q, enum served_outcome outcome);
// The connection's side: it is of no more use. `enhanced`: "4.4.1"; `text` NULL: nothing went wrong.
void relay_link_die(struct relay_link *link, const char *enhanced, const char *text);
// Connects to the next address. Its fault is the link's death.
void relay_link_dial(struct relay_link *link);

extern const struct service
	relay_service; // service_config is a struct relay_link, whose reference the session takes over

// --- relay_sasl.c ---
struct relay_sasl;
struct relay_channel {
	bool is_private;     // nobody can listen
	struct span binding; // tls-exporter (RFC 9266); absent: none
};
// Begins with the best of these mechanisms (a list with blanks between); *ret_command: "AUTH X initial" with CRLF. RC_CANNOT: none will do.
int relay_sasl_begin(struct op *op, const struct relay *relay, struct span mechanisms,
	const struct relay_channel *channel, struct relay_sasl **ret_sasl,
	struct span *ret_command);
// The answer to a challenge (base64), with CRLF. RC_SYNTAX, RC_AUTHFAILED (it does not know the password itself).
int relay_sasl_step(
	struct op *op, struct relay_sasl *sasl, struct span challenge, struct span *ret_line);
// The relay says that we are in: has it shown that it knows us (SCRAM)?
bool relay_sasl_is_done(const struct relay_sasl *sasl);
void relay_sasl_free(struct relay_sasl *sasl); // accepts NULL

#endif
