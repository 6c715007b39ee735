// SPDX-License-Identifier: Apache-2.0
// Starling: the relay: the MTA that takes the mail for everybody who has no account here. A session of submission has a link to it, a connection of its
// own: what the client says is passed on at once, and what the relay answers is the client's answer. So has who sends what was kept (spooler.h). Nobody
// waits in a thread: the link's connection stands on the same poller (net/dial.h) and wakes who has the link when there is an answer.
//
// A relay that cannot be reached, does not answer in time, or answers what is no SMTP: the link is dead, and everything asked of it, before or
// later, is answered 451 4.4.x. Texts of the relay are bounded and cleaned.
#ifndef SMTP_RELAY_H
#define SMTP_RELAY_H

#include "base/op.h"
#include "smtp/served.h"
#include "wire/future_release.h"

struct envelope;
struct net;
struct recipient;
struct relay;
struct relay_receipt;
struct rope;
struct smtp_answer;

enum relay_tls {
	RELAY_TLS_REQUIRED, // STARTTLS, and its certificate is checked
	RELAY_TLS_OPTIONAL, // STARTTLS if it is offered, unchecked: against listeners only
	RELAY_TLS_IMPLICIT, // TLS from the first octet (RFC 8314), checked
	RELAY_TLS_NONE,
};
struct relay_config {
	const char *host; // a name or an address
	uint16_t port;
	enum relay_tls tls;
	const char *ca_file;         // PEM; NULL: the system's
	bool verify;                 // its certificate is checked
	const char *user, *password; // NULL: no AUTH
	const char *hostname;        // for EHLO; NULL: what the system says
	uint64_t
		timeout_ms; // to connect, and for each answer; ten times as long for the one to the message; 0: RELAY_TIMEOUT_MS
};
// Copies the configuration; its strings must stay. `net` must outlive it. Does not connect.
int relay_new(struct op *op, const struct relay_config *config, struct net *net,
	struct relay **ret_relay);
void relay_free(struct relay *relay); // no link may be left; accepts NULL
// What it offered of FUTURERELEASE (RFC 4865) when it was reached last, whose link that ever was: clock_mono() then; 0 and zeroed: not since the start.
// No seconds: it did not, or its date is past by now; `until` tells which.
uint64_t relay_future(struct relay *relay, struct future_release *ret_future);
const char *relay_host(const struct relay *relay); // as it is configured
// `wake` is called, from any thread, when something happened: short, and it may take the crew's lock only.
struct relay_waiter {
	void (*wake)(void *ctx);
	void *ctx;
};
// Somebody who is woken whenever any link has reached the relay: it takes mail. One; NULL: nobody. Before there are links.
void relay_on_reach(struct relay *relay, const struct relay_waiter *waiter);

// --- a link; in the thread of the session or task that has it ---

struct relay_link;
struct relay_receipt {
	struct served *served;
	struct served_message message;
	uint64_t attempt; // its number there
	unsigned seconds; // what is taken is remembered for so long
	bool only_gone;   // and only when nobody is there to tell the client
};
// Begins to connect; `waiter` is woken until relay_link_free(). Blocks (CREW_RELAY) if the host's name must be looked up, RC_UNAVAILABLE when too
// many do that now.
int relay_link_new(struct op *op, struct relay *relay, const struct relay_waiter *waiter,
	struct relay_link **ret_link);
// Lets it go: between messages with QUIT, within one so that the relay throws it away. Accepts NULL.
void relay_link_free(struct relay_link *link);
bool relay_link_is_dead(struct relay_link *link);
bool relay_link_has_reached(struct relay_link *link); // as far as relay_on_reach() means

// What is asked, in order; each has one answer. What the relay has no extension for is left out or answered here. False: out of memory, nothing is
// asked, the link is dead.
enum relay_request { RELAY_MAIL, RELAY_RCPT, RELAY_DATA, RELAY_END, RELAY_RESET };
bool relay_mail(struct relay_link *link, const struct envelope *e);
bool relay_rcpt(struct relay_link *link, const struct recipient *r);
bool relay_data(struct relay_link *link);
// Octets behind DATA, dots doubled; moved out of `from`. Nothing waits: see relay_is_full().
void relay_octets(struct relay_link *link, struct rope *from);
bool relay_is_full(struct relay_link *link); // the waiter is woken when it is not any more
// Behind the line with the dot. Once it was asked for, the connection waits for the answer even if the link is let go: what it is is settled with
// `receipt` (smtp/served.h; NULL: nobody wants to know).
bool relay_end(struct relay_link *link, const struct relay_receipt *receipt);
bool relay_reset(struct relay_link *link); // the transaction is forgotten; its answer is nobody's
// Whose word an answer is.
enum relay_word {
	RELAY_SAID,
	RELAY_LACKS, // ours: it has no extension for that, and was not asked
	RELAY_DIED,  // ours: the link died before the relay has answered this
};
// The next answer. False: it is not there yet.
bool relay_answer(struct relay_link *link, enum relay_request *ret_what,
	struct smtp_answer *ret_answer, enum relay_word *ret_word);
bool relay_offers_dsn(struct relay_link *link); // it has answered, and takes NOTIFY
bool relay_takes_8bit(struct relay_link *link); // it has answered, and offers 8BITMIME

#endif
