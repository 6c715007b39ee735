// SPDX-License-Identifier: Apache-2.0
// Starling: what the files of auth/ share.
#ifndef AUTH_USERS_PRIV_H
#define AUTH_USERS_PRIV_H

#include "auth/users.h"
#include "base/buf.h"

// argon2id of a new password, libsodium's text form (room for crypto_pwhash_STRBYTES); 19 MiB and some 20 ms.
int password_hash(struct op *op, struct span password, char *ret_hash);
// Fresh SCRAM-SHA-256 keys under a salt of SCRAM_SALT_BYTES.
int password_scram(
	struct op *op, struct span password, const uint8_t *salt, struct scram_keys *ret_keys);
// True if the password belongs to the hash: argon2id, or any crypt(3) hash of libxcrypt. An empty hash costs the same and is false.
bool password_matches(struct span hash, struct span password);

#endif
