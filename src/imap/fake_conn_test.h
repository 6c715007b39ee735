// SPDX-License-Identifier: Apache-2.0
// Starling: for tests and fuzzers of imap/ only: a connection in memory that stands in for net/, and an auth/ that knows one user, "u" with
// the password "p". The whole session runs on it in one thread, with any split of the input.
#ifndef IMAP_FAKE_CONN_TEST_H
#define IMAP_FAKE_CONN_TEST_H

#include "base/buf.h"
#include "imap/imap.h"

struct fake {
	struct imap *imap;
	struct conn *conn;
	void *session;
	enum conn_next next; // what the last run returned
	bool closed;
};

// Opens a session and takes its greeting.
void fake_open(struct fake *f, struct imap *imap);
// Gives the session these octets, at most `chunk` at a time (0: all at once), and runs it until it waits for more.
void fake_send(struct fake *f, struct span octets, size_t chunk);
void fake_wake(struct fake *f, unsigned events);
// Everything written since the last call; valid until the next.
struct span fake_output(struct fake *f);
void fake_close(struct fake *f);

#endif
