// SPDX-License-Identifier: Apache-2.0
// Starling: for tests and fuzzers of front ends only: a connection in memory that stands in for net/, and an auth/ that knows the user "u"
// with the password "p" (and that "v" and "w" exist); with the
// password "slow" he must wait in line first. The whole session runs on it in one thread, with any split of the input.
#ifndef AUTH_FAKE_TESTING_H
#define AUTH_FAKE_TESTING_H

#include "base/buf.h"
#include "net/conn.h"

struct fake {
	const struct service *service;
	struct conn *conn;
	void *session;
	enum conn_next next; // what the last run returned
	bool closed;
	bool stuck; // set by the test: the peer reads nothing, what is written stays. When it reads again, fake_wake(CONN_EV_DRAINED)
};

// An auth/ for a front end's configuration that answers when the test says so. NULL there: one that answers at once.
struct auth *fake_auth_new(void);
void fake_auth_free(struct auth *a);            // nobody waits for its answer
unsigned fake_auth_asked(const struct auth *a); // how many do
void fake_auth_answer(struct auth *a);          // to who has waited longest: he is woken

// Opens a session and takes its greeting.
void fake_open(struct fake *f, const struct service *service, const void *config);
// Gives the session these octets, at most `chunk` at a time (0: all at once), and runs it until it waits for more.
void fake_send(struct fake *f, struct span octets, size_t chunk);
void fake_wake(struct fake *f, unsigned events);
// When it wants to be run at the latest (clock_mono()); 0: it does not.
uint64_t fake_deadline(const struct fake *f);
// Who pays for it; NULL: it does so itself.
struct purse *fake_purse(const struct fake *f);
// Octets of those that the session has not taken.
size_t fake_unread(const struct fake *f);
// Everything written since the last call; valid until the next.
struct span fake_output(struct fake *f);
void fake_close(struct fake *f);
// The connection that a session has made last (net/dial.h): it is connected once fake_wake(CONN_EV_OPEN) says so. False: none since the last call.
bool fake_take_dialed(struct fake *ret_fake);
// The session was woken by another since it ran last: then it runs again.
bool fake_run_woken(struct fake *f);
// One step of a connection that is made by the session of a test itself (*linked: it stands): run if woken, taken away once closed, and the one that was dialed
// last is opened. Whether anything was done.
bool fake_follow(struct fake *f, bool *linked);

#endif
