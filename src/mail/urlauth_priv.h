// SPDX-License-Identifier: Apache-2.0
// Starling: the keys of URLAUTH as records of the store, for account.c and check.c (urlauth.c has the picture).
#ifndef MAIL_URLAUTH_PRIV_H
#define MAIL_URLAUTH_PRIV_H

#include "mail/mail_priv.h"

#define URLAUTH_KEY_OCTETS 32u

// RC_CORRUPT, RC_VERSION.
int urlauth_key_decode(struct op *op, struct span record, uint8_t ret_key[URLAUTH_KEY_OCTETS]);
// Puts a new random key under `at`.
void urlauth_key_make(struct store_batch *b, struct span at, uint8_t ret_key[URLAUTH_KEY_OCTETS]);
// account.c: the key of the store, URLAUTH_KEY_OCTETS of it.
const uint8_t *mail_urlauth_key(const struct mail *m);
// For mail_check(): a node that has a key and is no mailbox; 0: none. RC_CORRUPT, RC_VERSION.
int urlauth_check(struct op *op, struct account *a, const struct tree *t, uint32_t *ret_stray);

#endif
