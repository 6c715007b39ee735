// SPDX-License-Identifier: Apache-2.0
// Starling: the salts of SCRAM. Whoever asks is told a salt, also for a name that does not exist (RFC 5802 section 9): an HMAC of the name under a secret
// kept in DIR/auth/secret, made by who needs it first: the auth process or the command that adds a user. New keys are made under the very same salt, so that
// it does not change when somebody comes to be, is learned from a password, or changes it: that would tell that the name exists. It is as good as a random
// one: no two names share it. Keys of earlier versions may have random salts, which stay.
#ifndef AUTH_SALTS_H
#define AUTH_SALTS_H

#include "auth/users.h"

#define SALTS_SECRET_BYTES 32u

struct salts {
	uint8_t secret[SALTS_SECRET_BYTES];
};
// Reads the secret; where there is none one is made, under the lock of the user file, and kept for ever. DIR/auth must be there (users_file_prepare()).
// RC_IO, RC_NOSPACE, RC_VERSION. Blocks on the disk.
int salts_load(struct op *op, const char *dir, struct salts *ret_salts);
// The salt of a canonical name.
void salts_of(const struct salts *s, struct span name, uint8_t ret_salt[SCRAM_SALT_BYTES]);

#endif
