// SPDX-License-Identifier: Apache-2.0
// Passwords: argon2id through libsodium (RFC 9106; 19 MiB, 2 passes: what OWASP recommends), crypt(3) hashes of migrated users through
// libxcrypt, SCRAM keys through GNU SASL. Passwords are prepared with SASLprep (RFC 4013) where it allows them, so that the same password
// typed in another normalisation form works; one that SASLprep refuses is taken as it is.
#include "auth/users_priv.h"

#include "base/hash.h"
#include "base/limits.h"

#include <crypt.h>
#include <gsasl.h>
#include <sodium.h>
#include <stdlib.h>

#define ARGON2_MEMORY (19u << 20)
#define ARGON2_PASSES 2u

// The prepared password as a C string to be freed with password_free(); NULL when it cannot be one.
static char *password_prepare(struct span password)
{
	if (password.n == 0 || password.n > PASSWORD_MAX || memchr(password.p, 0, password.n))
		return NULL;
	char *raw = span_to_str_new(password);
	char *prepared = NULL;
	if (raw && !span_is_ascii(password) &&
		gsasl_saslprep(raw, 0, &prepared, NULL) == GSASL_OK) {
		sodium_memzero(raw, password.n);
		free(raw);
		return prepared;
	}
	return raw;
}

static void password_free(char *p)
{
	if (p)
		sodium_memzero(p, strlen(p));
	free(p);
}

int password_hash(struct op *op, struct span password, char *ret_hash)
{
	char *p = password_prepare(password);
	if (!p)
		return op_fail(op, RC_SYNTAX, "a password has 1 to %d bytes, none of them NUL",
			PASSWORD_MAX);
	int bad = crypto_pwhash_str_alg(
		ret_hash, p, strlen(p), ARGON2_PASSES, ARGON2_MEMORY, crypto_pwhash_ALG_ARGON2ID13);
	password_free(p);
	return bad ? op_fail(op, RC_NOMEM, "not enough memory to hash the password") : 0;
}

int password_scram(
	struct op *op, struct span password, const uint8_t *salt, struct scram_keys *ret_keys)
{
	struct scram_keys k = { .known = true, .iterations = SCRAM_ITERATIONS };
	char salted[SCRAM_KEY_BYTES], client[SCRAM_KEY_BYTES];
	char *p = password_prepare(password);
	if (!p)
		return op_fail(op, RC_SYNTAX, "a password has 1 to %d bytes, none of them NUL",
			PASSWORD_MAX);
	memcpy(k.salt, salt, sizeof k.salt);
	int bad = gsasl_scram_secrets_from_password(GSASL_HASH_SHA256, p, k.iterations,
		(const char *)k.salt, sizeof k.salt, salted, client, (char *)k.server_key,
		(char *)k.stored_key);
	password_free(p);
	sodium_memzero(salted, sizeof salted);
	sodium_memzero(client, sizeof client);
	if (bad != GSASL_OK)
		return op_fail(op, RC_SERVERBUG, "SCRAM keys: %s", gsasl_strerror(bad));
	*ret_keys = k;
	return 0;
}

// What an unknown user's password is checked against, so that it takes as long (the hash of a password that nobody has).
static bool burn(const char *password)
{
	unsigned char key[32], salt[crypto_pwhash_SALTBYTES] = { 0 };
	(void)!crypto_pwhash(key, sizeof key, password, strlen(password), salt, ARGON2_PASSES,
		ARGON2_MEMORY,
		crypto_pwhash_ALG_ARGON2ID13); // only its time matters
	return false;
}

static bool crypt_matches(const char *hash, const char *password)
{
	struct crypt_data *data = calloc(1, sizeof *data);
	const char *made = data ? crypt_r(password, hash, data) : NULL;
	bool same = made && made[0] != '*' && strlen(made) == strlen(hash) &&
		sodium_memcmp(made, hash, strlen(hash)) == 0;
	if (data)
		sodium_memzero(data, sizeof *data);
	free(data);
	return same;
}

bool password_matches(struct span hash, struct span password)
{
	char *p = password_prepare(password);
	char *h = span_to_str_new(hash);
	bool same = false;
	if (p && h && hash.n == 0)
		same = burn(p);
	else if (p && h && strncmp(h, "$argon2", 7) == 0)
		same = crypto_pwhash_str_verify(h, p, strlen(p)) == 0;
	else if (p && h)
		same = crypt_matches(h, p);
	password_free(p);
	free(h);
	return same;
}
