// SPDX-License-Identifier: Apache-2.0
// A context is read from files and then never changed: tls_reload() makes another one and puts it in its place, with the
// keys of the session tickets, so that sessions resume across a new certificate. Connections keep the one they began
// with by reference.
#include "net/tls.h"

#include <pthread.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/limits.h"
#include "base/must.h"
#include "net/tls_keys_priv.h"
#include "net/tls_priv.h"

struct tls_context {
	char *cert_file, *key_file, *client_ca_file;
	struct tls_keys *keys; // NULL: the key is read from its file
	BIO_METHOD *bio;
	bool is_client;
	pthread_mutex_t lock; // guards ctx; a leaf
	SSL_CTX *ctx;
};

const char *tls_error_text(void)
{
	unsigned long error = ERR_peek_error();
	const char *text = error ? ERR_reason_error_string(error) : NULL;
	ERR_clear_error();
	// What no_passphrase() leads to, and a file of something else: the library's words for these help nobody.
	if (ERR_GET_REASON(error) == ERR_R_INTERRUPTED_OR_CANCELLED)
		return "it wants a passphrase, and nobody is there to give one: store it without";
	if (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE)
		return "the file holds none in PEM form";
	if (ERR_GET_LIB(error) == ERR_LIB_OSSL_DECODER)
		return "the file holds none in PEM form that is known";
	return text ? text : "TLS error";
}

// Keys with a passphrase: nobody is there to ask.
static int no_passphrase(char *p, int n, int writing, void *unused)
{
	return -1;
}

// A client certificate is taken whatever it is; what counts is asked for when it is used (SASL EXTERNAL).
static int verify_later(int good, X509_STORE_CTX *store)
{
	return 1;
}

static bool policy_set(SSL_CTX *ctx)
{
	static const unsigned char id[] = "starling";
	char groups[] = "X25519:P-256:P-384"; // not const: the macro's cast would drop it
	// 128 bits first (RFC 8446 section 9.1, RFC 9325 section 4.2): processors have instructions for SHA-256, not for the SHA-384 that comes with 256 bits, and
	// a handshake in TLS 1.3 is some twenty hashes.
	static const char ciphers[] = "ECDHE+AES128+AESGCM:ECDHE+AESGCM:ECDHE+CHACHA20";
	static const char suites[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
				     "TLS_CHACHA20_POLY1305_SHA256";
	SSL_CTX_set_options(ctx,
		SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_PRIORITIZE_CHACHA |
			SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx,
		SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
			SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ctx, 1);
	(void)SSL_CTX_set_num_tickets(
		ctx, 1); // a connection brings one for the next in its place; cannot fail
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); // tickets are kept by the client
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	SSL_CTX_set_alpn_select_cb(ctx, secure_alpn_select, NULL);
	// RFC 9325 section 4.2: forward secrecy and authenticated encryption only.
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
		SSL_CTX_set_cipher_list(ctx, ciphers) == 1 &&
		SSL_CTX_set_ciphersuites(ctx, suites) == 1 &&
		SSL_CTX_set1_groups_list(ctx, groups) == 1 &&
		SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1) == 1;
}

static void client_verify(SSL_CTX *ctx)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, verify_later);
	SSL_CTX_set_verify_depth(ctx, NET_TLS_CHAIN_MAX);
}

static int client_ca_set(struct op *op, SSL_CTX *ctx, const char *file)
{
	STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(file);
	if (!names || SSL_CTX_load_verify_file(ctx, file) != 1) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		return op_fail(op, RC_CONFIG, "%s: cannot read the certificates of client CAs: %s",
			file, tls_error_text());
	}
	SSL_CTX_set_client_CA_list(ctx, names);
	client_verify(ctx);
	return 0;
}

// As the key process read them.
static int client_ca_ask(struct op *op, SSL_CTX *ctx, const struct tls_context *t)
{
	struct buf pem = { 0 };
	int rc = tls_keys_authorities(op, t->keys, &pem);
	BIO *in = rc == 0 ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
	X509 *cert;
	bool good = in != NULL;
	while (good && (cert = PEM_read_bio_X509(in, NULL, no_passphrase, NULL))) {
		good = X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert) == 1 &&
			SSL_CTX_add_client_CA(ctx, cert) == 1;
		X509_free(cert);
	}
	if (rc == 0 && !good)
		rc = op_fail(op, RC_CONFIG, "%s: cannot use the certificates of client CAs: %s",
			t->client_ca_file, tls_error_text());
	ERR_clear_error(); // the end of the text is one
	BIO_free(in);
	buf_done(&pem);
	if (rc == 0)
		client_verify(ctx);
	return rc;
}

static int cert_read(struct op *op, SSL_CTX *ctx, const char *cert_file)
{
	return SSL_CTX_use_certificate_chain_file(ctx, cert_file) == 1
		? 0
		: op_fail(op, RC_CONFIG, "%s: cannot read the certificate: %s", cert_file,
			  tls_error_text());
}

// The key of the certificate that the context has.
static int key_read(struct op *op, SSL_CTX *ctx, const char *cert_file, const char *key_file)
{
	bool good = SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) == 1;
	bool other = !good && ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509; // it was compared
	if (!good && !other)
		return op_fail(op, RC_CONFIG, "%s: cannot read the private key: %s", key_file,
			tls_error_text());
	ERR_clear_error();
	return good && SSL_CTX_check_private_key(ctx) == 1
		? 0
		: op_fail(op, RC_CONFIG, "%s is not the key of %s", key_file, cert_file);
}

static int files_read(struct op *op, const struct tls_context *t, SSL_CTX *ctx)
{
	int rc = cert_read(op, ctx, t->cert_file);
	return rc < 0 ? rc : key_read(op, ctx, t->cert_file, t->key_file);
}

int tls_files_check(
	struct op *op, const char *cert_file, const char *key_file, const char **ret_untimely)
{
	ERR_clear_error();
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int rc = ctx && policy_set(ctx)
		? cert_read(op, ctx, cert_file)
		: op_fail(op, RC_NOMEM, "cannot set up TLS: %s", tls_error_text());
	if (rc == 0 && key_file)
		rc = key_read(op, ctx, cert_file, key_file);
	if (rc == 0)
		*ret_untimely = cert_untimely(op, SSL_CTX_get0_certificate(ctx));
	SSL_CTX_free(ctx);
	return rc;
}

// The first certificate of a PEM text is ours, the others are those of its authorities.
static bool chain_use(SSL_CTX *ctx, struct span pem)
{
	BIO *in = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *cert = in ? PEM_read_bio_X509(in, NULL, no_passphrase, NULL) : NULL;
	bool good = cert && SSL_CTX_use_certificate(ctx, cert) == 1;
	X509_free(cert);
	while (good && (cert = PEM_read_bio_X509(in, NULL, no_passphrase, NULL))) {
		good = SSL_CTX_add0_chain_cert(ctx, cert) == 1;
		if (!good)
			X509_free(cert);
	}
	BIO_free(in);
	ERR_clear_error(); // the end of the text is one
	return good;
}

static int keys_ask(struct op *op, const struct tls_context *t, SSL_CTX *ctx)
{
	struct span pem;
	EVP_PKEY *key = NULL;
	int rc = tls_keys_load(op, t->keys, &pem);
	if (rc == 0 && !chain_use(ctx, pem))
		rc = op_fail(op, RC_CONFIG, "%s: cannot use the certificate", t->cert_file);
	if (rc == 0)
		rc = tls_keys_pkey(
			op, t->keys, X509_get0_pubkey(SSL_CTX_get0_certificate(ctx)), &key);
	if (rc == 0 && SSL_CTX_use_PrivateKey(ctx, key) != 1)
		rc = op_fail(op, RC_CONFIG, "%s: cannot use the private key: %s", t->key_file,
			tls_error_text());
	EVP_PKEY_free(key);
	return rc;
}

static int ctx_make(struct op *op, const struct tls_context *t, SSL_CTX **ret_ctx)
{
	ERR_clear_error();
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	int rc;
	if (!ctx || !policy_set(ctx))
		rc = op_fail(op, RC_NOMEM, "cannot set up TLS: %s", tls_error_text());
	else
		rc = t->keys ? keys_ask(op, t, ctx) : files_read(op, t, ctx);
	if (rc == 0 && t->keys)
		SSL_CTX_set_cert_cb(ctx, secure_turn, tls_keys_turns(t->keys));
	if (rc == 0 && t->client_ca_file)
		rc = t->keys ? client_ca_ask(op, ctx, t)
			     : client_ca_set(op, ctx, t->client_ca_file);
	if (rc < 0) {
		SSL_CTX_free(ctx);
		return rc;
	}
	*ret_ctx = ctx;
	return 0;
}

static char *copy_of(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = malloc(n);
	return p ? memcpy(p, s, n) : NULL;
}

int tls_open(struct op *op, const struct tls_config *config, struct tls_context **ret_tls)
{
	struct tls_context *t = calloc(1, sizeof *t);
	if (!t)
		return op_fail(op, RC_NOMEM, "no memory for TLS");
	must(pthread_mutex_init(&t->lock, NULL) == 0);
	t->cert_file = copy_of(config->cert_file);
	t->key_file = copy_of(config->key_file);
	t->client_ca_file = config->client_ca_file ? copy_of(config->client_ca_file) : NULL;
	t->keys = config->keys;
	t->bio = secure_bio_method_new();
	int rc;
	if (!t->cert_file || !t->key_file || !t->bio ||
		(config->client_ca_file && !t->client_ca_file))
		rc = op_fail(op, RC_NOMEM, "no memory for TLS");
	else
		rc = ctx_make(op, t, &t->ctx);
	if (rc < 0) {
		tls_free(t);
		return rc;
	}
	*ret_tls = t;
	return 0;
}

static int client_ctx_make(struct op *op, const char *ca_file, bool verify, SSL_CTX **ret_ctx)
{
	ERR_clear_error();
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int rc = 0;
	if (!ctx || !policy_set(ctx)) {
		rc = op_fail(op, RC_NOMEM, "cannot set up TLS: %s", tls_error_text());
	} else if (verify) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		bool good = ca_file ? SSL_CTX_load_verify_file(ctx, ca_file) == 1
				    : SSL_CTX_set_default_verify_paths(ctx) == 1;
		if (!good)
			rc = op_fail(op, RC_CONFIG, "%s: cannot read the certificates of CAs: %s",
				ca_file ? ca_file : "the system", tls_error_text());
	}
	if (rc < 0) {
		SSL_CTX_free(ctx);
		return rc;
	}
	*ret_ctx = ctx;
	return 0;
}

int tls_client_open(struct op *op, const char *ca_file, bool verify, struct tls_context **ret_tls)
{
	struct tls_context *t = calloc(1, sizeof *t);
	if (!t)
		return op_fail(op, RC_NOMEM, "no memory for TLS");
	must(pthread_mutex_init(&t->lock, NULL) == 0);
	t->is_client = true;
	t->bio = secure_bio_method_new();
	int rc = t->bio ? client_ctx_make(op, ca_file, verify, &t->ctx)
			: op_fail(op, RC_NOMEM, "no memory for TLS");
	if (rc < 0) {
		tls_free(t);
		return rc;
	}
	*ret_tls = t;
	return 0;
}

bool tls_is_client(const struct tls_context *t)
{
	return t->is_client;
}

int tls_reload(struct op *op, struct tls_context *t)
{
	SSL_CTX *new;
	int rc = ctx_make(op, t, &new);
	if (rc < 0)
		return rc;
	unsigned char keys[128];
	long size =
		SSL_CTX_get_tlsext_ticket_keys(t->ctx, NULL, 0); // only tls_reload() changes t->ctx
	if (size > 0 && (size_t)size <= sizeof keys &&
		SSL_CTX_get_tlsext_ticket_keys(t->ctx, keys, size) == 1)
		(void)SSL_CTX_set_tlsext_ticket_keys(
			new, keys, size); // else old tickets lead to full handshakes
	OPENSSL_cleanse(keys, sizeof keys);
	pthread_mutex_lock(&t->lock);
	SSL_CTX *old = t->ctx;
	t->ctx = new;
	pthread_mutex_unlock(&t->lock);
	SSL_CTX_free(old);
	return 0;
}

void tls_free(struct tls_context *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	BIO_meth_free(t->bio);
	free(t->cert_file);
	free(t->key_file);
	free(t->client_ca_file);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static SSL_CTX *ctx_ref(struct tls_context *t)
{
	pthread_mutex_lock(&t->lock);
	SSL_CTX *ctx = t->ctx;
	must(SSL_CTX_up_ref(ctx) == 1);
	pthread_mutex_unlock(&t->lock);
	return ctx;
}

SSL *tls_connection_new(struct tls_context *t)
{
	SSL_CTX *ctx = ctx_ref(t);
	SSL *ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	return ssl;
}

BIO_METHOD *tls_bio_method(struct tls_context *t)
{
	return t->bio;
}

const char *tls_untimely(struct op *op, struct tls_context *t)
{
	SSL_CTX *ctx = ctx_ref(t);
	const X509 *cert = SSL_CTX_get0_certificate(ctx);
	const char *text = cert ? cert_untimely(op, cert) : NULL;
	SSL_CTX_free(ctx);
	return text;
}

struct span tls_fingerprint(struct op *op, struct tls_context *t)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	SSL_CTX *ctx = ctx_ref(t);
	const X509 *cert = SSL_CTX_get0_certificate(ctx);
	char *text = NULL;
	if (cert && X509_digest(cert, EVP_sha256(), hash, &n) && n)
		text = arena_bytes(&op->arena, (size_t)n * 3);
	for (unsigned i = 0; text && i < n; i++) {
		text[i * 3] = "0123456789ABCDEF"[hash[i] >> 4];
		text[i * 3 + 1] = "0123456789ABCDEF"[hash[i] & 15];
		text[i * 3 + 2] = ':';
	}
	SSL_CTX_free(ctx);
	return text ? span_of(text, (size_t)n * 3 - 1) : SPAN_NONE;
}
