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

#endif
