// SPDX-License-Identifier: Apache-2.0
// The process of the TLS keys. It reads three files, and from its sockets only hashes to sign.
//
// Locks: keys.lock guards the list of keys and the authorities; a key is never changed, and stays until another that is newer takes its place. A leaf.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/buf.h"
#include "base/log.h"
#include "net/tls_keys_priv.h"
#include "net/tls_priv.h"
#include "run/helper_serve.h"
#include "run/sandbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define TLS_KEYS_AUTHORITIES_MAX (1u << 20) // octets of PEM
#define TLS_KEYS_PART 32768u                // of one answer

struct kept {
	unsigned char id[TLS_KEYS_ID_BYTES];
	EVP_PKEY *key;
};
struct keys {
	const char *cert_file, *key_file, *client_ca_file; // the last: NULL: none
	pthread_mutex_t lock;
	struct kept kept[TLS_KEYS_KEPT]; // the newest first
	struct buf authorities;          // PEM
};

// --- files ---

// Keys with a passphrase: nobody is there to ask.
static int no_passphrase(char *p, int n, int writing, void *unused)
{
	return -1;
}

// All certificates of the file, written anew: nothing else that lies in it leaves this process.
static int chain_read(
	struct op *op, const char *path, const char *what, struct buf *ret_pem, X509 **ret_first)
{
	BIO *in = BIO_new_file(path, "r");
	int e = errno;
	BIO *out = BIO_new(BIO_s_mem());
	X509 *first = NULL, *cert = NULL;
	bool good = in && out;
	ERR_clear_error();
	if (!in)
		good = false;
	while (good && (cert = PEM_read_bio_X509_AUX(in, NULL, no_passphrase, NULL))) {
		good = PEM_write_bio_X509(out, cert) == 1;
		if (first)
			X509_free(cert);
		else
			first = cert;
	}
	const char *why = tls_error_text();
	char *text = NULL;
	long n = out ? BIO_get_mem_data(out, &text) : 0;
	if (n > 0)
		buf_add(ret_pem, span_of(text, (size_t)n));
	BIO_free(in);
	BIO_free(out);
	if (good && first && !ret_pem->failed) {
		*ret_first = first;
		return 0;
	}
	X509_free(first);
	return op_fail(
		op, RC_CONFIG, "%s: cannot read the %s: %s", path, what, in ? why : strerror(e));
}

static int key_read(struct op *op, const char *path, EVP_PKEY **ret_key)
{
	ERR_clear_error();
	BIO *in = BIO_new_file(path, "r");
	int e = errno;
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL) : NULL;
	const char *why = in ? tls_error_text() : strerror(e);
	BIO_free(in);
	if (!key)
		return op_fail(op, RC_CONFIG, "%s: cannot read the private key: %s", path, why);
	*ret_key = key;
	return 0;
}

static int keep(struct op *op, struct keys *k, EVP_PKEY *key)
{
	struct kept new = { .key = key };
	if (!tls_keys_id(key, new.id))
		return op_fail(op, RC_NOMEM, "cannot keep a key: %s", tls_error_text());
	EVP_PKEY *dropped = key;
	pthread_mutex_lock(&k->lock);
	size_t at = 0;
	while (at < TLS_KEYS_KEPT && k->kept[at].key &&
		memcmp(k->kept[at].id, new.id, sizeof new.id) != 0)
		at++;
	if (at == TLS_KEYS_KEPT || !k->kept[at].key) {
		dropped = k->kept[TLS_KEYS_KEPT - 1].key;
		memmove(&k->kept[1], &k->kept[0], (TLS_KEYS_KEPT - 1) * sizeof k->kept[0]);
		k->kept[0] = new;
	}
	pthread_mutex_unlock(&k->lock);
	EVP_PKEY_free(dropped);
	return 0;
}

static int authorities_read(struct op *op, const struct keys *k, struct buf *to)
{
	X509 *first = NULL;
	int rc = k->client_ca_file
		? chain_read(op, k->client_ca_file, "certificates of client CAs", to, &first)
		: 0;
	X509_free(first);
	return rc == 0 && to->n > TLS_KEYS_AUTHORITIES_MAX
		? op_fail(op, RC_TOOBIG, "%s: too many certificates", k->client_ca_file)
		: rc;
}

static void authorities_keep(struct keys *k, struct buf *taken)
{
	pthread_mutex_lock(&k->lock);
	struct buf was = k->authorities;
	k->authorities = *taken;
	pthread_mutex_unlock(&k->lock);
	*taken = was;
}

static int authorities_give(struct op *op, struct keys *k, struct reader *r, struct buf *to)
{
	uint32_t at = reader_u32(r);
	if (r->bad)
		return op_fail(op, RC_SERVERBUG, "malformed request to the key process");
	pthread_mutex_lock(&k->lock);
	struct span all = buf_span(&k->authorities);
	if (at < all.n)
		buf_add(to,
			span_cut(all, at, all.n - at < TLS_KEYS_PART ? all.n : at + TLS_KEYS_PART));
	pthread_mutex_unlock(&k->lock);
	return 0;
}

static int load(struct op *op, struct keys *k, struct buf *ret_pem)
{
	X509 *cert = NULL;
	EVP_PKEY *key = NULL;
	int rc = chain_read(op, k->cert_file, "certificate", ret_pem, &cert);
	if (rc == 0)
		rc = key_read(op, k->key_file, &key);
	if (rc == 0 && X509_check_private_key(cert, key) != 1)
		rc = op_fail(op, RC_CONFIG, "%s is not the key of %s", k->key_file, k->cert_file);
	struct buf authorities = { 0 };
	if (rc == 0)
		rc = authorities_read(op, k, &authorities);
	if (rc == 0)
		rc = keep(op, k, key);
	else
		EVP_PKEY_free(key);
	if (rc == 0)
		authorities_keep(k, &authorities);
	buf_done(&authorities);
	X509_free(cert);
	ERR_clear_error();
	return rc;
}

// --- signing ---

static EVP_PKEY *key_of(struct keys *k, struct span id)
{
	EVP_PKEY *key = NULL;
	pthread_mutex_lock(&k->lock);
	for (size_t i = 0; i < TLS_KEYS_KEPT && k->kept[i].key && !key; i++)
		if (id.n == TLS_KEYS_ID_BYTES && memcmp(k->kept[i].id, id.p, id.n) == 0)
			key = k->kept[i].key;
	if (key && EVP_PKEY_up_ref(key) != 1)
		key = NULL;
	pthread_mutex_unlock(&k->lock);
	return key;
}

// What EMSA-PSS (RFC 8017 section 9.1.1) makes of some hash, with a salt as long as that (RFC 8446 section 4.2.3). Anything else that asks for the bare
// RSA operation does not want a signature: it is the same operation that decrypts, and would open what was ever encrypted to this key.
static bool is_pss_of(const unsigned char *em, size_t n, unsigned top_bits, const EVP_MD *md)
{
	unsigned char db[TLS_KEYS_DATA_MAX];
	size_t hash = (size_t)EVP_MD_get_size(md);
	if (n < 2 * hash + 2 || em[n - 1] != 0xbc)
		return false;
	size_t db_n = n - hash - 1, zeros = db_n - hash - 1;
	if (PKCS1_MGF1(db, (long)db_n, em + db_n, (long)hash, md) != 0)
		return false;
	unsigned char other = 0;
	for (size_t i = 0; i < zeros; i++)
		other |= (unsigned char)((db[i] ^ em[i]) & (i ? 0xff : 0xff >> (8 - top_bits)));
	// The 1 is the first octet behind the zeros; of a key that leaves no room for any, it loses the same bits.
	unsigned char one = (unsigned char)(db[zeros] ^ em[zeros]);
	return other == 0 && (zeros ? one : one & (0xff >> (8 - top_bits))) == 1;
}

static bool is_pss(const RSA *rsa, const unsigned char *em, size_t n)
{
	const EVP_MD *const hashes[] = { EVP_sha256(), EVP_sha384(), EVP_sha512() };
	unsigned top_bits = ((unsigned)RSA_bits(rsa) - 1) % 8; // of the first octet
	if (n == 0 || em[0] >> top_bits)
		return false;
	if (top_bits == 0) { // it is none of the message's
		em++;
		n--;
		top_bits = 8;
	}
	for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
		if (is_pss_of(em, n, top_bits, hashes[i]))
			return true;
	return false;
}

static int sign_with(EVP_PKEY *key, int padding, struct span data, unsigned char *to)
{
	const unsigned char *bytes = (const unsigned char *)data.p;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
		const RSA *rsa = EVP_PKEY_get0_RSA(key);
		bool fits = rsa && RSA_size(rsa) <= (int)TLS_KEYS_DATA_MAX &&
			(padding == RSA_PKCS1_PADDING ||
				(padding == RSA_NO_PADDING && is_pss(rsa, bytes, data.n)));
		return fits ? RSA_private_encrypt(
				      (int)data.n, bytes, to, (RSA *)(uintptr_t)rsa, padding)
			    : -1;
	}
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t n = TLS_KEYS_DATA_MAX;
	bool good = ctx && EVP_PKEY_sign_init(ctx) == 1 &&
		EVP_PKEY_sign(ctx, to, &n, bytes, data.n) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good ? (int)n : -1;
}

static int sign(struct op *op, struct keys *k, struct reader *r, struct buf *ret_signature)
{
	unsigned char signature[TLS_KEYS_DATA_MAX];
	struct span id = reader_bytes(r, TLS_KEYS_ID_BYTES);
	int padding = reader_u8(r);
	struct span data = reader_field(r);
	if (r->bad || data.n == 0 || data.n > TLS_KEYS_DATA_MAX)
		return op_fail(op, RC_SERVERBUG, "malformed request to the key process");
	EVP_PKEY *key = key_of(k, id);
	if (!key)
		return op_fail(op, RC_NONEXISTENT,
			"the key of this certificate is gone (it was replaced, and the key process "
			"started anew)");
	int n = sign_with(key, padding, data, signature);
	EVP_PKEY_free(key);
	if (n <= 0)
		return op_fail(op, RC_SERVERBUG, "cannot sign: %s", tls_error_text());
	buf_add(ret_signature, span_of(signature, (size_t)n));
	return 0;
}

static void serve(void *ctx, struct op *op, struct span request, struct buf *ret_answer)
{
	struct keys *k = ctx;
	struct reader r = reader_of(request);
	struct buf result = { 0 };
	uint8_t type = reader_u8(&r);
	int rc;
	if (type == TLS_KEYS_LOAD)
		rc = load(op, k, &result);
	else if (type == TLS_KEYS_SIGN)
		rc = sign(op, k, &r, &result);
	else if (type == TLS_KEYS_AUTHORITIES)
		rc = authorities_give(op, k, &r, &result);
	else
		rc = op_fail(op, RC_SERVERBUG, "malformed request to the key process");
	if (rc == 0 && result.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0 && result.n > TLS_KEYS_MESSAGE_MAX - 16)
		rc = op_fail(op, RC_TOOBIG, "%s: too many certificates", k->cert_file);
	buf_add_u32(ret_answer, (uint32_t)rc);
	buf_add_field(ret_answer, rc < 0 ? span_str(op_text(op, rc)) : buf_span(&result));
	buf_done(&result);
}

// --- life ---

static int restrict_self(struct op *op, const struct keys *k)
{
	struct sandbox_path paths[6];
	size_t n = sandbox_replaced(op, k->cert_file, paths);
	n += sandbox_replaced(op, k->key_file, paths + n);
	n += sandbox_replaced(op, k->client_ca_file, paths + n);
	int rc = sandbox_files(op, "keys", paths, n, 0);
	return rc < 0 ? rc : sandbox_calls(op, "keys", SANDBOX_KEYS);
}

int tls_keys_main(int argc, char **argv)
{
	static struct keys k = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct op op;
	if (argc < 4)
		return 64;
	k.cert_file = argv[2];
	k.key_file = argv[3];
	k.client_ca_file = argc > 4 ? argv[4] : NULL;
	(void)prctl(PR_SET_NAME, "starling-keys"); // for people who list processes
	op_init(&op, 0);
	int rc = 0;
	if (span_eq(span_str(argv[1]), SPAN("1"))) {
		sandbox_no_dumps();
		(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL); // reads its file now
		rc = restrict_self(&op, &k);
	}
	if (rc == 0) { // so that a process that was started anew knows the keys in use
		struct buf pem = { 0 };
		(void)load(&op, &k, &pem); // the server asks, and hears what is wrong
		buf_done(&pem);
	} else {
		log_error("keys", "%s", op_text(&op, rc));
	}
	op_done(&op);
	struct helper_service service = {
		.message_max = TLS_KEYS_MESSAGE_MAX, .serve = serve, .ctx = &k
	};
	int status = rc < 0 ? 1 : helper_serve(&service, TLS_KEYS_SOCKETS);
	for (size_t i = 0; i < TLS_KEYS_KEPT; i++)
		EVP_PKEY_free(k.kept[i].key);
	buf_done(&k.authorities);
	return status;
}
