// SPDX-License-Identifier: Apache-2.0
// Starling: the user database: an interface with two sources: our own file DIR/auth/users, and a passwd-file of migrated users. Tables are
// immutable once read; a source is read again when its file changed.
#ifndef AUTH_USERS_H
#define AUTH_USERS_H

#include "base/op.h"

#define SCRAM_KEY_BYTES 32u
#define SCRAM_SALT_BYTES 16u
#define SCRAM_ITERATIONS 10000u

struct scram_keys { // RFC 5802 section 3, with SHA-256 (RFC 7677)
	bool known;
	uint32_t iterations;
	uint8_t salt[SCRAM_SALT_BYTES];
	uint8_t stored_key[SCRAM_KEY_BYTES], server_key[SCRAM_KEY_BYTES];
};
struct user {
	struct span name; // canonical
	struct span hash; // "$argon2id$..." or a crypt(3) hash; empty: no password log-in
	struct scram_keys scram;
	bool own; // from our own file
};

struct users;
int users_open(struct op *op, const char *dir, const char *passwd_file, struct users **ret_users);
void users_close(struct users *u);
// Looks up a canonical name; *ret_user is in op's arena. RC_NONEXISTENT.
int users_find(struct op *op, struct users *u, struct span name, struct user *ret_user);
// Remembers SCRAM keys of a user whose password was just seen in plain and verified (own file: rewritten; passwd-file: a side file).
int users_learn(
	struct op *op, struct users *u, const struct user *user, const struct scram_keys *keys);

// The form in which names are compared and kept: NFC, lower case (RFC 8265 UsernameCaseMapped). RC_BADNAME for empty or over-long
// names, control characters, ':', '/', NUL, a '#' at the beginning or invalid UTF-8.
int user_name_canonical(struct op *op, struct span name, struct span *ret_name);

// Makes DIR/auth, and moves the user file there from where it was at first (DIR/users). All that open it do so, too, but from inside a sandbox nothing can
// be moved between folders. RC_IO.
int users_file_prepare(struct op *op, const char *dir);

// --- for the command line: changes of DIR/auth/users, atomic (new file, flush, rename) under a lock ---
int users_file_set(struct op *op, const char *dir, struct span name, struct span password,
	bool create, bool replace);
int users_file_remove(struct op *op, const char *dir, struct span name);
int users_file_each(
	struct op *op, const char *dir, int (*each)(void *ctx, const struct user *user), void *ctx);

#endif
