// SPDX-License-Identifier: Apache-2.0
// Buffers: OpenSSL keeps none while idle (SSL_MODE_RELEASE_BUFFERS); reads ahead, so that a record costs one recv().
// Small pieces of the rope are gathered into records of 16 KiB; a long one is encrypted where it lies.
//
// Finished records are `held` and go out together, up to 64 KiB in one sendmsg(): to the socket a record is a write like any other, and
// one of 64 KiB costs it little more than one of 16. So OpenSSL never sees a full socket. What the socket does not take stays held, and
// comes before anything else. The session tickets at the end of a handshake wait for the greeting.
#include "net/secure.h"

#include <arpa/inet.h>
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/must.h"
#include "net/dial_priv.h"
#include "net/net_priv.h"
#include "net/tls_priv.h"
#include "run/turns.h"

#define RECORD SSL3_RT_MAX_PLAIN_LENGTH // 16 KiB
#define HELD_RECORDS 4u                 // made before they are sent
#define FLIGHT 4096u                    // octets of a handshake in one direction, mostly
#define RECORD_EXTRA 64u                // header, type and tag of a record, and to spare
#define HELD_MAX (2 * HELD_RECORDS * (RECORD + RECORD_EXTRA))

struct secure {
	SSL *ssl;
	struct buf early; // came before the handshake began, behind a PROXY header
	struct buf held;  // records on their way to the socket
	size_t held_sent; // octets of it that are there already
	char *text;       // "TLSv1.3 TLS_AES_256_GCM_SHA384"; NULL before the handshake is done
	bool broken;      // after a fatal error nothing more may be sent
	struct turns
		*turns; // at the key; NULL: nothing was to be signed, or the key is this process's
	struct turn turn;
};

// --- the BIO ---

static int bio_read(BIO *bio, char *p, int n)
{
	struct conn *c = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (n <= 0)
		return 0;
	struct buf *early = &c->secure->early;
	if (early->n) {
		size_t take = (size_t)n < early->n ? (size_t)n : early->n;
		memcpy(p, early->p, take);
		buf_consume(early, take);
		if (early->n == 0)
			buf_done(early);
		return (int)take;
	}
	int got = socket_read(c, p, (size_t)n);
	if (got == 0)
		BIO_set_retry_read(bio);
	return got > 0 ? got : -1;
}

static int bio_write(BIO *bio, const char *p, int n)
{
	struct conn *c = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (n <= 0)
		return 0;
	struct secure *s = c->secure;
	// Only a peer that asks for new keys again and again (RFC 8446 section 4.6.3) and does not read the answers gets there.
	if (s->held.n - s->held_sent + (size_t)n > HELD_MAX)
		return -1;
	buf_add(&s->held, span_of(p, (size_t)n));
	return s->held.failed ? -1 : n;
}

static long bio_ctrl(BIO *bio, int what, long n, void *p)
{
	return what == BIO_CTRL_FLUSH; // secure.c sends when it is time; the rest is not known here
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

BIO_METHOD *secure_bio_method_new(void)
{
	BIO_METHOD *m =
		BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "starling connection");
	if (m && BIO_meth_set_read(m, bio_read) && BIO_meth_set_write(m, bio_write) &&
		BIO_meth_set_ctrl(m, bio_ctrl) && BIO_meth_set_create(m, bio_create))
		return m;
	BIO_meth_free(m);
	return NULL;
}

static void called(void *ctx)
{
	conn_wake(ctx);
}

int secure_turn(SSL *ssl, void *turns)
{
	struct conn *c = SSL_get_app_data(ssl);
	c->secure->turns = turns;
	return turns_take(turns, &c->secure->turn, called, c) ? 1 : -1;
}

bool secure_waits(const struct secure *s)
{
	return SSL_want_x509_lookup(s->ssl);
}

int secure_alpn_select(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_size,
	const unsigned char *offer, unsigned offer_size, void *unused)
{
	const struct conn *c = SSL_get_app_data(ssl);
	const char *ours = listener_info(c->listener)->service->alpn;
	if (!ours)
		return SSL_TLSEXT_ERR_NOACK;
	size_t n = strlen(ours);
	for (unsigned at = 0; at < offer_size; at += 1u + offer[at]) {
		if (offer[at] != n || offer_size - at - 1 < n ||
			memcmp(offer + at + 1, ours, n) != 0)
			continue;
		*ret_name = offer + at + 1;
		*ret_size = offer[at];
		return SSL_TLSEXT_ERR_OK;
	}
	// RFC 7301 section 3.2. A browser that was lured here (an ALPACA attack) gets no further.
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// --- life ---

// The client's side: whose certificate it must be (RFC 6125), and the name that is asked for (SNI: names only, RFC 6066 section 3).
static bool peer_expect(SSL *ssl, const char *host)
{
	struct in6_addr any;
	SSL_set_connect_state(ssl);
	if (inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, host) == 1 &&
		SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
			(void *)(uintptr_t)host) == 1;
}

int secure_new(struct op *op, struct conn *c, struct tls_context *t, struct secure **ret_secure)
{
	struct secure *s = calloc(1, sizeof *s);
	if (!s)
		return op_fail(op, RC_NOMEM, "no memory for TLS");
	buf_add(&s->early, input_span(&c->in));
	input_consume(&c->in, input_size(&c->in));
	s->ssl = tls_connection_new(t);
	BIO *bio = s->ssl ? BIO_new(tls_bio_method(t)) : NULL;
	if (!bio || s->early.failed) {
		BIO_free(bio);
		secure_free(s);
		return op_fail(op, RC_NOMEM, "no memory for TLS");
	}
	BIO_set_data(bio, c);
	SSL_set_bio(s->ssl, bio, bio);
	SSL_set_app_data(s->ssl, c);
	if (!tls_is_client(t)) {
		SSL_set_accept_state(s->ssl);
	} else if (!peer_expect(s->ssl, c->dialed->host)) {
		secure_free(s);
		return op_fail(op, RC_CONFIG, "%s: not a name for TLS", c->dialed->host);
	}
	*ret_secure = s;
	return 0;
}

void secure_free(struct secure *s)
{
	if (!s)
		return;
	if (s->turns)
		turns_give(s->turns, &s->turn);
	SSL_free(s->ssl);
	buf_done(&s->early);
	buf_done(&s->held);
	free(s->text);
	free(s);
}

// What the result of an SSL_ call means: 0 wait, else RC_CLOSED with its text.
static int outcome(struct op *op, struct conn *c, int result)
{
	struct secure *s = c->secure;
	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_X509_LOOKUP: // secure_turn() said so
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return op_fail(op, RC_CLOSED, "the peer closed the connection");
	case SSL_ERROR_SSL:
		s->broken = true;
		return op_fail(op, RC_CLOSED, "%s", tls_error_text());
	default:
		s->broken = true;
		return op_fail(op, RC_CLOSED, "the connection broke off");
	}
}

static void text_set(struct secure *s)
{
	struct buf b = { 0 };
	buf_addf(&b, "%s %s", SSL_get_version(s->ssl), SSL_get_cipher_name(s->ssl));
	buf_addc(&b, 0);
	if (b.failed)
		buf_done(&b);
	s->text = b.p;
}

// --- bytes ---

static int held_send(struct op *op, struct conn *c)
{
	struct secure *s = c->secure;
	while (s->held_sent < s->held.n) {
		struct iovec iov = { s->held.p + s->held_sent, s->held.n - s->held_sent };
		ssize_t sent = socket_write(c, &iov, 1);
		if (sent < 0) {
			s->broken = true;
			return op_fail(op, RC_CLOSED, "the connection broke off");
		}
		if (sent == 0)
			return SEND_BLOCKED;
		s->held_sent += (size_t)sent;
	}
	buf_done(&s->held); // an idle connection holds nothing
	s->held_sent = 0;
	return SEND_DONE;
}

int secure_handshake(struct op *op, struct conn *c)
{
	int rc = held_send(op, c);
	if (rc != SEND_DONE)
		return rc < 0 ? rc : 0;
	// Room for a flight at once: growing in steps would leave holes between what OpenSSL allocates for the life of the connection.
	if (!buf_room(&c->secure->held, FLIGHT))
		return op_fail(op, RC_NOMEM, "no memory for TLS");
	ERR_clear_error();
	int result = SSL_do_handshake(c->secure->ssl);
	if (c->secure->turns && !secure_waits(c->secure)) // what there was to be signed is signed
		turns_give(c->secure->turns, &c->secure->turn);
	if (result == 1) {
		text_set(c->secure);
		return 1;
	}
	rc = outcome(op, c, result);
	struct op
		last; // what went wrong is told to the peer, if the socket takes it; `op` has the reason
	op_init(&last, 0);
	int sent = held_send(&last, c);
	op_done(&last);
	return rc < 0 || sent >= 0 ? rc : op_fail(op, RC_CLOSED, "the connection broke off");
}

int secure_read(struct op *op, struct conn *c, char *p, size_t n)
{
	int total = 0;
	if (n > INT_MAX)
		n = INT_MAX;
	while ((size_t)total < n) {
		ERR_clear_error();
		int got = SSL_read(c->secure->ssl, p + total, (int)n - total);
		if (got <= 0) {
			int rc = outcome(op, c, got);
			c->maybe_readable =
				rc < 0; // the end shows again, after what came before it
			return total ? total : rc;
		}
		total += got;
	}
	c->maybe_readable = true; // it may hold more: before parking, all of it is taken
	return total;
}

// The next bytes to send, at most a record: where they lie, or gathered in `scratch`.
static struct span gather(const struct rope *r, size_t limit, char *scratch)
{
	if (limit > RECORD)
		limit = RECORD;
	struct span front = rope_front(r);
	if (front.n >= limit)
		return span_cut(front, 0, limit);
	struct iovec iov[64];
	size_t count = rope_vectors(r, iov, countof(iov)), n = 0;
	for (size_t i = 0; i < count && n < limit; i++) {
		size_t take = iov[i].iov_len < limit - n ? iov[i].iov_len : limit - n;
		memcpy(scratch + n, iov[i].iov_base, take);
		n += take;
	}
	return span_of(scratch, n);
}

// Makes records of the next `*io_limit` bytes of the rope, as many as may be held.
static int records_make(struct op *op, struct conn *c, struct rope *r, size_t *io_limit)
{
	struct buf *held = &c->secure->held;
	char *scratch = pool_take(c->net->buffers);
	size_t most = HELD_RECORDS * RECORD, room = *io_limit < most ? *io_limit : most;
	int rc = 0;
	if (!scratch || !buf_room(held, room + (room / RECORD + 1) * RECORD_EXTRA))
		rc = op_fail(op, RC_NOMEM, "no memory for output");
	for (unsigned n = 0; rc == 0 && *io_limit && n < HELD_RECORDS; n++) {
		struct span s = gather(r, *io_limit, scratch);
		ERR_clear_error();
		int made = SSL_write(c->secure->ssl, s.p, (int)s.n);
		if (made > 0) {
			rope_consume(r, (size_t)made);
			*io_limit -= (size_t)made;
		} else {
			rc = outcome(op, c, made);
			rc = rc < 0 ? rc : op_fail(op, RC_SERVERBUG, "TLS does not write");
		}
	}
	if (scratch)
		pool_give(c->net->buffers, scratch);
	return rc;
}

int secure_send(struct op *op, struct conn *c, struct rope *r, size_t limit)
{
	static_assert(NET_BUFFER >= RECORD, "a buffer holds a record");
	int rc = held_send(op, c);
	if (c->secure->broken && (rc == SEND_BLOCKED || limit)) // who broke it is not waited for
		return op_fail(op, RC_CLOSED, "the connection broke off");
	while (rc == SEND_DONE && limit) {
		rc = records_make(op, c, r, &limit);
		if (rc == 0)
			rc = held_send(op, c);
		if (rc == SEND_DONE && limit && crew_slice_is_over())
			rc = SEND_MORE;
	}
	return rc;
}

void secure_goodbye(struct conn *c)
{
	if (c->secure->broken)
		return;
	ERR_clear_error();
	struct op op;
	op_init(&op, 0);
	(void)SSL_shutdown(c->secure->ssl); // best effort: the peer may be gone
	(void)held_send(&op, c);
	op_done(&op);
	ERR_clear_error();
}

// --- what is known of the peer ---

const char *secure_text(const struct secure *s)
{
	return s->text ? s->text : "";
}

bool secure_can_export(const struct secure *s)
{
	return SSL_version(s->ssl) >= TLS1_3_VERSION || SSL_get_extms_support(s->ssl) == 1;
}

static int binding_exporter(struct op *op, struct secure *s, struct span *ret_data)
{
	static const char label[] =
		"EXPORTER-Channel-Binding"; // RFC 9266 section 2: empty context, 32 bytes
	if (!secure_can_export(s))
		return op_fail(
			op, RC_CANNOT, "tls-exporter needs TLS 1.3 or the extended master secret");
	unsigned char *p = op_alloc(op, 32);
	if (!p)
		return RC_NOMEM;
	if (SSL_export_keying_material(
		    s->ssl, p, 32, label, sizeof label - 1, (const void *)"", 0, 1) != 1)
		return op_fail(op, RC_CANNOT, "tls-exporter: %s", tls_error_text());
	*ret_data = span_of(p, 32);
	return 0;
}

static int binding_unique(struct op *op, struct secure *s, struct span *ret_data)
{
	// RFC 5929 section 3: the first Finished message of the handshake; not defined for TLS 1.3, nor safe without the
	// extended master secret (RFC 9266 section 1).
	if (SSL_version(s->ssl) != TLS1_2_VERSION || SSL_get_extms_support(s->ssl) != 1)
		return op_fail(
			op, RC_CANNOT, "tls-unique needs TLS 1.2 with the extended master secret");
	unsigned char *p = op_alloc(op, EVP_MAX_MD_SIZE);
	if (!p)
		return RC_NOMEM;
	size_t n = SSL_session_reused(s->ssl) ? SSL_get_finished(s->ssl, p, EVP_MAX_MD_SIZE)
					      : SSL_get_peer_finished(s->ssl, p, EVP_MAX_MD_SIZE);
	*ret_data = span_of(p, n);
	return n ? 0 : op_fail(op, RC_CANNOT, "tls-unique is not known");
}

static int binding_end_point(struct op *op, struct secure *s, struct span *ret_data)
{
	// RFC 5929 section 4.1: the certificate under its signature's hash, SHA-256 in place of MD5 and SHA-1.
	const X509 *cert = SSL_get_certificate(s->ssl);
	int hash = NID_undef;
	if (!cert || !X509_get_signature_info((X509 *)(uintptr_t)cert, &hash, NULL, NULL, NULL))
		hash = NID_undef;
	if (hash == NID_md5 || hash == NID_sha1)
		hash = NID_sha256;
	const EVP_MD *md = hash == NID_undef ? NULL : EVP_get_digestbynid(hash);
	if (!md)
		return op_fail(
			op, RC_CANNOT, "tls-server-end-point is not defined for this certificate");
	unsigned char *p = op_alloc(op, EVP_MAX_MD_SIZE);
	unsigned n;
	if (!p)
		return RC_NOMEM;
	if (!X509_digest(cert, md, p, &n))
		return op_fail(op, RC_CANNOT, "tls-server-end-point: %s", tls_error_text());
	*ret_data = span_of(p, n);
	return 0;
}

int secure_channel_binding(struct op *op, struct secure *s, const char *type, struct span *ret_data)
{
	struct span t = span_str(type);
	if (span_eq(t, SPAN("tls-exporter")))
		return binding_exporter(op, s, ret_data);
	if (span_eq(t, SPAN("tls-server-end-point")))
		return binding_end_point(op, s, ret_data);
	if (span_eq(t, SPAN("tls-unique")))
		return binding_unique(op, s, ret_data);
	return op_fail(op, RC_CANNOT, "no channel binding of type %s", type);
}

// A copy of a certificate's string as UTF-8; absent when it is empty or holds a NUL.
static struct span asn1_text(struct op *op, const ASN1_STRING *from)
{
	unsigned char *utf8 = NULL;
	int n = ASN1_STRING_to_UTF8(&utf8, from);
	struct span s = SPAN_NONE;
	if (n > 0 && !memchr(utf8, 0, (size_t)n))
		s = arena_dup(&op->arena, span_of(utf8, (size_t)n));
	OPENSSL_free(utf8);
	return s;
}

static struct span identity_of(struct op *op, X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	struct span found = SPAN_NONE;
	for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && !found.p; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_EMAIL)
			found = asn1_text(op, name->d.rfc822Name);
	}
	GENERAL_NAMES_free(names);
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = found.p ? -1 : X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (at >= 0)
		found = asn1_text(op, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	return found;
}

struct span secure_client_identity(struct op *op, struct secure *s)
{
	X509 *cert = SSL_get1_peer_certificate(s->ssl);
	struct span found = SPAN_NONE;
	if (cert && SSL_get_verify_result(s->ssl) == X509_V_OK)
		found = identity_of(op, cert);
	X509_free(cert);
	return found;
}

struct span secure_server_name(const struct secure *s)
{
	const char *name = SSL_get_servername(s->ssl, TLSEXT_NAMETYPE_host_name);
	return name ? span_str(name) : SPAN_NONE;
}
