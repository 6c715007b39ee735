// SPDX-License-Identifier: Apache-2.0
// Starling: what the sessions of a process share: the configuration, counters, and who has how many sessions.
#ifndef IMAP_IMAP_PRIV_H
#define IMAP_IMAP_PRIV_H

#include "imap/imap.h"

#include <stdatomic.h>

struct seats;

struct imap {
	struct imap_config config;
	struct seats *seats;
	_Atomic uint64_t connections, logins, login_failures, commands, bad_commands;
};

// Sessions per user. seats_take(): false when the user has `most` already. Any thread.
int seats_new(struct op *op, struct seats **ret_seats);
void seats_free(struct seats *seats);
bool seats_take(struct seats *seats, struct span user, unsigned most);
void seats_give(struct seats *seats, struct span user);

#endif
