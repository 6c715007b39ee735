// SPDX-License-Identifier: Apache-2.0
// The server's side: EVP_PKEYs whose private operation is a request. OpenSSL's methods for EC and RSA keys are deprecated in favour of providers;
// a provider for this would be some 500 lines of key management, and these methods work in all of OpenSSL 3.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/tls_keys_priv.h"
#include "net/tls_priv.h"
#include "run/crew.h"
#include "run/helper.h"
#include "run/turns.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define APP_DATA 0 // the index of ex_data that OpenSSL leaves to applications

struct tls_keys {
	struct helper *helper;
	struct turns *turns;
	EC_KEY_METHOD *ec;
	RSA_METHOD *rsa;
};

bool tls_keys_id(EVP_PKEY *key, unsigned char ret_id[TLS_KEYS_ID_BYTES])
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);
	unsigned size = 0;
	bool good = n > 0 && EVP_Digest(der, (size_t)n, ret_id, &size, EVP_sha256(), NULL) == 1;
	OPENSSL_free(der);
	return good && size == TLS_KEYS_ID_BYTES;
}

// The answer's field behind its rc, or the fault.
static int ask(struct op *op, struct tls_keys *k, struct buf *request, struct span *ret_field)
{
	struct span bytes;
	uint64_t generation;
	int rc = helper_ask(op, k->helper, request, &bytes, &generation);
	if (rc < 0)
		return rc;
	struct reader r = reader_of(bytes);
	rc = (int)reader_u32(&r);
	struct span field = reader_field(&r);
	if (r.bad || rc > 0)
		return op_fail(op, RC_UNAVAILABLE, "the key process gave a malformed answer");
	if (rc < 0)
		return op_fail(op, rc, "%.*s", SPAN_FMT(field));
	*ret_field = field;
	return 0;
}

struct turns *tls_keys_turns(struct tls_keys *k)
{
	return k->turns;
}

int tls_keys_load(struct op *op, struct tls_keys *k, struct span *ret_pem)
{
	struct buf b = { 0 };
	buf_add_u8(&b, TLS_KEYS_LOAD);
	return ask(op, k, &b, ret_pem);
}

int tls_keys_authorities(struct op *op, struct tls_keys *k, struct buf *to)
{
	struct span part;
	int rc;
	do {
		struct buf b = { 0 };
		buf_add_u8(&b, TLS_KEYS_AUTHORITIES);
		buf_add_u32(&b, (uint32_t)to->n);
		rc = ask(op, k, &b, &part);
		if (rc == 0)
			buf_add(to, part);
	} while (rc == 0 && part.n && !to->failed);
	return rc == 0 && to->failed ? op_fail(op, RC_NOMEM, "out of memory") : rc;
}

// A signature in `to`, which has room for `room` octets; its size, or -1. Called by OpenSSL in the midst of a handshake, which cannot be left there and
// taken up again: blocks (CREW_AUTH). The connection has its turn: no more than TLS_KEYS_SOCKETS threads are here.
static int sign(struct tls_keys *k, const unsigned char *id, int padding, struct span data,
	unsigned char *to, size_t room)
{
	struct buf b = { 0 };
	struct span signature;
	struct op op;
	int size = -1;
	op_init(&op, 0);
	buf_add_u8(&b, TLS_KEYS_SIGN);
	buf_add(&b, span_of(id, TLS_KEYS_ID_BYTES));
	buf_add_u8(&b, (uint8_t)padding);
	buf_add_field(&b, data);
	int rc = ask(&op, k, &b, &signature);
	if (rc < 0) {
		log_error("tls", "cannot sign: %s", op_text(&op, rc));
	} else if (signature.n && signature.n <= room) {
		memcpy(to, signature.p, signature.n);
		size = (int)signature.n;
	}
	op_done(&op);
	return size;
}

// What a key remembers.
struct bond {
	struct tls_keys *keys;
	unsigned char id[TLS_KEYS_ID_BYTES];
};

static int ec_sign(int type, const unsigned char *digest, int n, unsigned char *to,
	unsigned *ret_size, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *key)
{
	const struct bond *bond = EC_KEY_get_ex_data(key, APP_DATA);
	int size = -1;
	if (bond && n > 0)
		size = sign(bond->keys, bond->id, 0, span_of(digest, (size_t)n), to,
			(size_t)ECDSA_size(key));
	if (size < 0) {
		ERR_raise(ERR_LIB_EC, ERR_R_OPERATION_FAIL);
		return 0;
	}
	*ret_size = (unsigned)size;
	return 1;
}

static void ec_finish(EC_KEY *key)
{
	free(EC_KEY_get_ex_data(key, APP_DATA));
}

// A copy would have the bond, too, and free it again. Nobody makes one: OpenSSL shares keys by reference.
static int ec_copy(EC_KEY *to, const EC_KEY *from)
{
	return 0;
}

static int rsa_private_encrypt(
	int n, const unsigned char *from, unsigned char *to, RSA *key, int padding)
{
	const struct bond *bond = RSA_get_ex_data(key, APP_DATA);
	int size = -1;
	if (bond && n > 0)
		size = sign(bond->keys, bond->id, padding, span_of(from, (size_t)n), to,
			(size_t)RSA_size(key));
	if (size < 0)
		ERR_raise(ERR_LIB_RSA, ERR_R_OPERATION_FAIL);
	return size;
}

static int rsa_finish(RSA *key)
{
	free(RSA_get_ex_data(key, APP_DATA));
	return 1;
}

// --- keys ---

static bool ec_bind(struct tls_keys *k, EVP_PKEY *public, struct bond *bond, EVP_PKEY *to)
{
	const EC_KEY *from = EVP_PKEY_get0_EC_KEY(public);
	EC_KEY *key = from ? EC_KEY_new() : NULL;
	// A key takes its method before anything else: changing it calls the old one's `finish`.
	if (key && EC_KEY_set_method(key, k->ec) == 1 &&
		EC_KEY_set_group(key, EC_KEY_get0_group(from)) == 1 &&
		EC_KEY_set_public_key(key, EC_KEY_get0_public_key(from)) == 1 &&
		EVP_PKEY_set1_EC_KEY(to, key) == 1 && EC_KEY_set_ex_data(key, APP_DATA, bond)) {
		EC_KEY_free(key); // `to` has its own reference
		return true;
	}
	EC_KEY_free(key);
	return false;
}

static bool rsa_bind(struct tls_keys *k, EVP_PKEY *public, struct bond *bond, EVP_PKEY *to)
{
	const RSA *from = EVP_PKEY_get0_RSA(public);
	RSA *key = from ? RSA_new() : NULL;
	BIGNUM *n = from ? BN_dup(RSA_get0_n(from)) : NULL;
	BIGNUM *e = from ? BN_dup(RSA_get0_e(from)) : NULL;
	if (!key || !n || !e || RSA_set_method(key, k->rsa) != 1 ||
		RSA_set0_key(key, n, e, NULL) != 1) {
		BN_free(n);
		BN_free(e);
		RSA_free(key);
		return false;
	}
	RSA_set_flags(key, RSA_FLAG_EXT_PKEY); // the private half is elsewhere
	bool good = EVP_PKEY_set1_RSA(to, key) == 1 && RSA_set_ex_data(key, APP_DATA, bond);
	RSA_free(key); // `to` has its own reference
	return good;
}

int tls_keys_pkey(struct op *op, struct tls_keys *k, EVP_PKEY *public, EVP_PKEY **ret_key)
{
	int kind = EVP_PKEY_get_base_id(public);
	if (kind != EVP_PKEY_EC && kind != EVP_PKEY_RSA)
		return op_fail(op, RC_CANNOT, "only RSA and EC keys can be kept apart");
	struct bond *bond = calloc(1, sizeof *bond);
	EVP_PKEY *key = EVP_PKEY_new();
	bool good = bond && key && tls_keys_id(public, bond->id);
	if (good) {
		bond->keys = k;
		good = kind == EVP_PKEY_EC ? ec_bind(k, public, bond, key)
					   : rsa_bind(k, public, bond, key);
	}
	if (!good) {
		EVP_PKEY_free(key);
		free(bond); // it is the key's only when all went well
		return op_fail(op, RC_NOMEM, "cannot set up a TLS key: %s", tls_error_text());
	}
	*ret_key = key;
	return 0;
}

// --- life ---

static bool methods_make(struct tls_keys *k)
{
	k->ec = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
	k->rsa = RSA_meth_dup(RSA_PKCS1_OpenSSL());
	if (!k->ec || !k->rsa)
		return false;
	EC_KEY_METHOD_set_init(k->ec, NULL, ec_finish, ec_copy, NULL, NULL, NULL);
	EC_KEY_METHOD_set_sign(k->ec, ec_sign, NULL, NULL);
	return RSA_meth_set1_name(k->rsa, "starling") == 1 &&
		RSA_meth_set_priv_enc(k->rsa, rsa_private_encrypt) == 1 &&
		RSA_meth_set_finish(k->rsa, rsa_finish) == 1;
}

void tls_keys_words_make(const struct tls_keys_config *config, struct tls_keys_words *ret_words)
{
	*ret_words = (struct tls_keys_words){ { TLS_KEYS_COMMAND, config->sandbox ? "1" : "0",
		config->cert_file, config->key_file, config->client_ca_file, NULL } };
}

int tls_keys_open(struct op *op, const struct tls_keys_config *config, struct tls_keys **ret_keys)
{
	struct tls_keys *k = calloc(1, sizeof *k);
	if (!k)
		return op_fail(op, RC_NOMEM, "out of memory");
	struct helper_config helper = {
		.spawner = config->spawner,
		.which = config->which,
		.sockets = TLS_KEYS_SOCKETS,
		.block = CREW_AUTH,
		.answer_seconds = TLS_KEYS_ANSWER_SECONDS,
		.restart_ms = HELPER_RESTART_MS,
		.message_max = TLS_KEYS_MESSAGE_MAX,
		.name = "key process",
		.unavailable = "the key process is not there",
	};
	k->turns = turns_new(TLS_KEYS_SOCKETS);
	int rc = k->turns && methods_make(k) ? helper_open(op, &helper, &k->helper)
					     : op_fail(op, RC_NOMEM, "no memory for TLS");
	if (rc < 0) {
		tls_keys_close(k);
		return rc;
	}
	*ret_keys = k;
	return 0;
}

void tls_keys_close(struct tls_keys *k)
{
	if (!k)
		return;
	helper_close(k->helper);
	turns_free(k->turns);
	EC_KEY_METHOD_free(k->ec);
	RSA_meth_free(k->rsa);
	free(k);
}
