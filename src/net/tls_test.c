// SPDX-License-Identifier: Apache-2.0
// TLS over loopback: both versions, implicit and STARTTLS, with DEFLATE, large answers, bindings, client certificates,
// reloading, and peers that do it wrong.
#include "net/tls.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/limits.h"
#include "base/attr.h"
#include "base/clock.h"
#include "net/echo_testing.h"

struct client {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
};
struct client_config {
	int version; // 0: any
	const char *cert, *key;
	const char *alpn; // one name
	SSL_SESSION *session;
	bool may_fail;
};

static int handshake(struct client *c, int fd, const struct client_config *config)
{
	*c = (struct client){ .fd = fd, .ctx = SSL_CTX_new(TLS_client_method()) };
	if (config->version) {
		SSL_CTX_set_min_proto_version(c->ctx, config->version);
		SSL_CTX_set_max_proto_version(c->ctx, config->version);
	}
	if (config->cert) {
		assert_int_equal(SSL_CTX_use_certificate_chain_file(c->ctx, config->cert), 1);
		assert_int_equal(
			SSL_CTX_use_PrivateKey_file(c->ctx, config->key, SSL_FILETYPE_PEM), 1);
	}
	c->ssl = SSL_new(c->ctx);
	SSL_set_fd(c->ssl, fd);
	char name[] = "mail.example.org";
	SSL_set_tlsext_host_name(c->ssl, name);
	if (config->alpn) {
		unsigned char wire[32];
		size_t n = strlen(config->alpn);
		wire[0] = (unsigned char)n;
		memcpy(wire + 1, config->alpn, n);
		SSL_set_alpn_protos(c->ssl, wire, (unsigned)n + 1);
	}
	if (config->session)
		SSL_set_session(c->ssl, config->session);
	int rc = SSL_connect(c->ssl);
	if (!config->may_fail)
		assert_int_equal(rc, 1);
	return rc;
}

static void client_open(
	struct client *c, const struct server *s, const struct client_config *config)
{
	handshake(c, client_connect(s), config);
}

static void client_close(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	close(c->fd);
}

static void say(struct client *c, const char *text)
{
	assert_int_equal(SSL_write(c->ssl, text, (int)strlen(text)), (int)strlen(text));
}

static const char *hear(struct client *c, char *line, size_t size)
{
	size_t n = 0;
	while (n + 1 < size && SSL_read(c->ssl, line + n, 1) == 1 && line[n] != '\n')
		n++;
	line[n] = 0;
	return line;
}

#define EXPECT_TLS(c, text)                                                                        \
	do {                                                                                       \
		char said_[512];                                                                   \
		assert_string_equal(hear((c), said_, sizeof said_), text);                         \
	} while (0)

static void big_check(struct client *c, size_t n)
{
	char command[64], *all = malloc(n);
	snprintf(command, sizeof command, "BIG %zu\n", n);
	say(c, command);
	size_t got = 0;
	while (got < n) {
		int k = SSL_read(c->ssl, all + got, (int)(n - got));
		assert_true(k > 0);
		got += (size_t)k;
	}
	for (size_t i = 0; i + 64 <= n; i += 64)
		assert_memory_equal(all + i, all, 64);
	free(all);
}

static void implicit(int version, const char *name)
{
	struct server_config config = { .tls_implicit = true };
	struct client_config how = { .version = version, .alpn = "echo" };
	struct server *s = server_start(&config);
	struct client c;
	client_open(&c, s, &how);
	EXPECT_TLS(&c, "HELLO");
	say(&c, "one\ntwo\n");
	EXPECT_TLS(&c, "one");
	EXPECT_TLS(&c, "two");
	for (const char *p = "bytes\n"; *p; p++) // a record each
		assert_int_equal(SSL_write(c.ssl, p, 1), 1);
	EXPECT_TLS(&c, "bytes");
	say(&c, "TLS\n");
	char line[256];
	assert_int_equal(strncmp(hear(&c, line, sizeof line), name, strlen(name)), 0);
	say(&c, "SNI\n");
	EXPECT_TLS(&c, "mail.example.org");
	big_check(&c, 20u << 20);
	// A record longer than the server's input buffer takes at a time, and many of them at once.
	char *text = malloc(200001);
	for (size_t i = 0; i < 200000; i++)
		text[i] = i % 100 == 99 ? '\n' : 'z';
	text[200000] = 0;
	say(&c, text);
	for (size_t i = 0; i < 2000; i++)
		assert_int_equal(strlen(hear(&c, line, sizeof line)), 99);
	memset(text, 'l', 200000);
	say(&c, "SINK 2000000\n");
	for (int i = 0; i < 10; i++)
		say(&c, text);
	EXPECT_TLS(&c, "SUNK");
	free(text);
	say(&c, "QUIT\n");
	EXPECT_TLS(&c, "BYE");
	assert_int_equal(SSL_read(c.ssl, line, 1), 0);
	assert_int_equal(SSL_get_error(c.ssl, 0), SSL_ERROR_ZERO_RETURN); // close_notify
	client_close(&c);
	server_stop(s);
}

// Records that the socket does not take wait, and come in order, the farewell last: the peer reads nothing before it has asked for all.
static void late_reader(int version)
{
	enum { BYTES = 20 << 20 };
	struct server_config config = { .tls_implicit = true };
	struct client_config how = { .version = version };
	struct server *s = server_start(&config);
	struct client c;
	client_open(&c, s, &how);
	char command[64], *all = malloc(BYTES), line[256];
	(void)snprintf(command, sizeof command, "BIG %d\nlast\nQUIT\n", BYTES); // fits
	say(&c, command);
	assert_int_equal(poll(&(struct pollfd){ .fd = c.fd, .events = POLLIN }, 1, 10000), 1);
	EXPECT_TLS(&c, "HELLO");
	for (int got = 0; got < BYTES;) {
		int k = SSL_read(c.ssl, all + got, BYTES - got);
		assert_true(k > 0);
		got += k;
	}
	for (size_t i = 0; i + 64 <= BYTES; i += 64)
		assert_memory_equal(all + i, all, 64);
	EXPECT_TLS(&c, "last");
	EXPECT_TLS(&c, "BYE");
	assert_int_equal(SSL_read(c.ssl, line, 1), 0);
	assert_int_equal(SSL_get_error(c.ssl, 0), SSL_ERROR_ZERO_RETURN);
	free(all);
	client_close(&c);
	server_stop(s);
}

static void test_late_reader(void **state)
{
	late_reader(TLS1_2_VERSION);
	late_reader(TLS1_3_VERSION);
}

// A peer that asks for new keys without end and reads no answer: they are not kept without bound.
static void test_key_updates(void **state)
{
	(void)state;
	// Either more of them come at once than are kept, or the server reads no more before they are taken.
	struct server_config config = { .tls_implicit = true, .limits = { .stall_ms = 300 } };
	struct client_config how = { .version = TLS1_3_VERSION };
	struct server *s = server_start(&config);
	struct client c;
	client_open(&c, s, &how);
	int small = 4096, sent = 0;
	assert_int_equal(setsockopt(c.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
	while (sent < 300000 && SSL_key_update(c.ssl, SSL_KEY_UPDATE_REQUESTED) == 1 &&
		SSL_do_handshake(c.ssl) == 1)
		sent++;
	assert_true(sent < 300000);
	client_close(&c);
	server_stop(s);
}

static void test_tls12(void **state)
{
	implicit(TLS1_2_VERSION, "TLSv1.2 ECDHE-");
}

static void test_tls13(void **state)
{
	implicit(TLS1_3_VERSION, "TLSv1.3 TLS_");
}

static void test_old_versions(void **state)
{
	struct server_config config = { .tls_implicit = true };
	struct client_config how = { .version = TLS1_1_VERSION, .may_fail = true };
	struct server *s = server_start(&config);
	struct client c;
	assert_int_not_equal(handshake(&c, client_connect(s), &how), 1);
	client_close(&c);
	server_stop(s);
}

static void test_starttls(void **state)
{
	struct server_config config = { .tls = true };
	struct server *s = server_start(&config);
	int fd = client_connect(s);
	EXPECT_LINE(fd, "HELLO");
	// What is sent behind the command in plaintext is never taken for a command under TLS.
	client_send(fd, "STARTTLS\ninjected\n");
	EXPECT_LINE(fd, "OK");
	struct client_config how = { .version = 0 };
	struct client c;
	handshake(&c, fd, &how);
	say(&c, "first\n");
	EXPECT_TLS(&c, "first");
	big_check(&c, 1u << 20);
	client_close(&c);
	server_stop(s);
}

static void test_starttls_stop(void **state)
{
	struct server_config config = { .tls = true, .limits = { .handshake_ms = 200 } };
	struct server *s = server_start(&config);
	int slow = client_connect(s), silent = client_connect(s);
	EXPECT_LINE(slow, "HELLO");
	EXPECT_LINE(silent, "HELLO");
	client_send(slow, "STARTTLS\n");
	EXPECT_LINE(slow, "OK");
	EXPECT_EOF(slow); // no handshake in time
	client_send(silent, "STARTTLS\n");
	EXPECT_LINE(silent, "OK");
	close(slow);
	server_stop(s);
	EXPECT_EOF(silent);
	close(silent);
}

static void test_not_tls(void **state)
{
	struct server_config config = { .tls_implicit = true };
	struct server *s = server_start(&config);
	int fd = client_connect(s);
	client_send(fd, "a1 LOGIN user password\r\n");
	char b[100];
	while (recv(fd, b, sizeof b, 0) > 0) // an alert at most
		;
	close(fd);
	// Random bytes behind a good handshake end the connection, nothing else.
	struct client_config how = { .version = 0 };
	struct client c;
	client_open(&c, s, &how);
	EXPECT_TLS(&c, "HELLO");
	client_send(c.fd, "this is not a record of TLS, is it?");
	assert_true(SSL_read(c.ssl, b, 1) <= 0);
	client_close(&c);
	server_stop(s);
}

static void test_alpn(void **state)
{
	struct server_config config = { .tls_implicit = true };
	struct client_config how = { .alpn = "http/1.1", .may_fail = true };
	struct server *s = server_start(&config);
	struct client c;
	assert_int_not_equal(handshake(&c, client_connect(s), &how), 1);
	client_close(&c);
	server_stop(s);
}

static void test_proxy_tls(void **state)
{
	struct server_config config = { .tls_implicit = true, .proxy = true };
	struct server *s = server_start(&config);
	int fd = client_connect(s);
	// The header and the client's first record in one segment: some bytes of TLS are read with the header.
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *probe = SSL_new(ctx);
	SSL_set_connect_state(probe);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	SSL_set_bio(probe, in, out);
	assert_true(SSL_do_handshake(probe) < 0);
	char first[4096] = "PROXY TCP4 192.0.2.9 192.0.2.8 1 2\r\n";
	size_t head = strlen(first);
	int n = BIO_read(out, first + head, (int)(sizeof first - head));
	assert_true(n > 0);
	assert_int_equal(send(fd, first, head + (size_t)n, 0), (ssize_t)head + n);
	for (int done = 0; !done;) { // the rest of the handshake by hand
		char b[8192];
		ssize_t k = recv(fd, b, sizeof b, 0);
		assert_true(k > 0);
		BIO_write(in, b, (int)k);
		done = SSL_do_handshake(probe) == 1;
		while ((n = BIO_read(out, b, sizeof b)) > 0)
			assert_int_equal(send(fd, b, (size_t)n, 0), n);
	}
	close(fd);
	close(pair[0]);
	close(pair[1]);
	SSL_free(probe);
	SSL_CTX_free(ctx);
	server_stop(s);
}

// --- DEFLATE ---

struct zipped {
	struct client *c;
	z_stream to, from;
	char in[4096];
};

static void zip_say(struct zipped *z, const char *text, size_t step)
{
	char b[65536];
	z->to.next_in = (const void *)text;
	z->to.avail_in = (unsigned)strlen(text);
	z->to.next_out = (void *)b;
	z->to.avail_out = sizeof b;
	assert_int_equal(deflate(&z->to, Z_SYNC_FLUSH), Z_OK);
	size_t n = sizeof b - z->to.avail_out;
	for (size_t at = 0; at < n; at += step) {
		int k = (int)(n - at < step ? n - at : step);
		assert_int_equal(SSL_write(z->c->ssl, b + at, k), k);
	}
}

static const char *zip_hear(struct zipped *z, char *line, size_t size)
{
	for (size_t n = 0;; n++) {
		assert_true(n + 1 < size);
		z->from.next_out = (void *)(line + n);
		z->from.avail_out = 1;
		while (z->from.avail_out) {
			int rc = inflate(&z->from, Z_SYNC_FLUSH);
			assert_true(rc == Z_OK || rc == Z_BUF_ERROR);
			if (z->from.avail_out == 0)
				break;
			int k = SSL_read(z->c->ssl, z->in, sizeof z->in);
			assert_true(k > 0);
			z->from.next_in = (const void *)z->in;
			z->from.avail_in = (unsigned)k;
		}
		if (line[n] == '\n') {
			line[n] = 0;
			return line;
		}
	}
}

static void test_compress(void **state)
{
	struct server_config config = { .tls_implicit = true };
	struct client_config how = { .version = 0 };
	struct server *s = server_start(&config);
	struct client c;
	struct zipped z = { .c = &c };
	char line[512];
	assert_int_equal(deflateInit2(&z.to, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(inflateInit2(&z.from, -15), Z_OK);
	client_open(&c, s, &how);
	EXPECT_TLS(&c, "HELLO");
	say(&c, "COMPRESS\n");
	EXPECT_TLS(&c, "OK");
	for (size_t step = 1; step < 200; step += 40) {
		zip_say(&z, "compressed line\nand another\n", step);
		assert_string_equal(zip_hear(&z, line, sizeof line), "compressed line");
		assert_string_equal(zip_hear(&z, line, sizeof line), "and another");
	}
	zip_say(&z, "BIG 3200000\n", 1000);
	for (int i = 0; i < 50000; i++)
		assert_int_equal(strlen(zip_hear(&z, line, sizeof line)), 63);
	zip_say(&z, "SPIN 10\nTICK 20\n", 1000);
	assert_string_equal(zip_hear(&z, line, sizeof line), "SPUN");
	assert_string_equal(zip_hear(&z, line, sizeof line), "TICK");
	zip_say(&z, "UNCOMPRESS\n", 1000);
	assert_string_equal(zip_hear(&z, line, sizeof line), "OK");
	say(&c, "in the clear\n");
	EXPECT_TLS(&c, "in the clear");
	say(&c, "COMPRESS\n"); // and again, with new streams
	EXPECT_TLS(&c, "OK");
	assert_int_equal(deflateReset(&z.to), Z_OK);
	assert_int_equal(inflateReset(&z.from), Z_OK);
	zip_say(&z, "compressed line\n", 1000);
	assert_string_equal(zip_hear(&z, line, sizeof line), "compressed line");
	deflateEnd(&z.to);
	inflateEnd(&z.from);
	client_close(&c);
	server_stop(s);
}

// A kilobyte of compressed zeros is a megabyte of input without a line end: the session's limit holds it up.
static void test_compress_bomb(void **state)
{
	struct server_config config = { .tls = true };
	struct server *s = server_start(&config);
	int fd = client_connect(s), other = client_connect(s);
	EXPECT_LINE(fd, "HELLO");
	EXPECT_LINE(other, "HELLO");
	client_send(fd, "COMPRESS\n");
	EXPECT_LINE(fd, "OK");
	z_stream to = { 0 };
	assert_int_equal(deflateInit2(&to, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
	char *zeros = calloc(1, 1u << 20), *packed = malloc(1u << 16);
	to.next_in = (const void *)zeros;
	to.avail_in = 1u << 20;
	to.next_out = (void *)packed;
	to.avail_out = 1u << 16;
	assert_int_equal(deflate(&to, Z_FULL_FLUSH),
		Z_OK); // refers to nothing before it: may be sent again and again
	bool is_full = false;
	for (int i = 0; i < 20000 && !is_full; i++)
		is_full = send(fd, packed, (1u << 16) - to.avail_out, MSG_DONTWAIT | MSG_NOSIGNAL) <
			0;
	assert_true(is_full); // it has stopped reading
	client_send(other, "lively\n");
	EXPECT_LINE(other, "lively");
	deflateEnd(&to);
	free(zeros);
	free(packed);
	close(fd);
	close(other);
	server_stop(s);
}

// --- what is known of the peer ---

static void hex_of(const unsigned char *p, size_t n, char *to)
{
	for (size_t i = 0; i < n; i++)
		snprintf(to + 2 * i, 3, "%02x", p[i]);
}

static void binding(int version, bool resume)
{
	struct server_config config = { .tls_implicit = true };
	struct client_config how = { .version = version };
	struct server *s = server_start(&config);
	struct client c;
	char ours[200], theirs[200];
	unsigned char b[64];
	client_open(&c, s, &how);
	EXPECT_TLS(&c, "HELLO");
	if (resume) {
		how.session = SSL_get1_session(c.ssl);
		SSL_shutdown(c.ssl);
		client_close(&c);
		assert_int_equal(tls_reload(&s->op, s->tls), 0); // tickets survive it
		client_open(&c, s, &how);
		EXPECT_TLS(&c, "HELLO");
		assert_true(SSL_session_reused(c.ssl));
		SSL_SESSION_free(how.session);
	}
	say(&c, "BIND tls-exporter\n");
	hear(&c, theirs, sizeof theirs);
	SSL_export_keying_material(
		c.ssl, b, 32, "EXPORTER-Channel-Binding", 24, (const void *)"", 0, 1);
	hex_of(b, 32, ours);
	assert_string_equal(theirs, ours);
	unsigned n = 0;
	X509 *cert = SSL_get1_peer_certificate(c.ssl);
	if (cert) {
		say(&c, "BIND tls-server-end-point\n");
		hear(&c, theirs, sizeof theirs);
		X509_digest(cert, EVP_sha256(), b, &n);
		hex_of(b, n, ours);
		assert_string_equal(theirs, ours);
		X509_free(cert);
	}
	say(&c, "BIND tls-unique\n");
	hear(&c, theirs, sizeof theirs);
	if (version == TLS1_2_VERSION) {
		size_t k = resume ? SSL_get_peer_finished(c.ssl, b, sizeof b)
				  : SSL_get_finished(c.ssl, b, sizeof b);
		hex_of(b, k, ours);
		assert_string_equal(theirs, ours);
	} else {
		assert_string_equal(theirs, "CANNOT");
	}
	say(&c, "BIND tls-other\n");
	EXPECT_TLS(&c, "CANNOT");
	client_close(&c);
	server_stop(s);
}

static void test_binding(void **state)
{
	binding(TLS1_2_VERSION, false);
	binding(TLS1_3_VERSION, false);
	binding(TLS1_2_VERSION, true);
	binding(TLS1_3_VERSION, true);
}

static void cert_extend(X509 *x, int what, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, what, value);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

// A certificate with a common name, and an address (NULL: none), signed by another one that has the same key (NULL: by itself).
static X509 *cert_new(EVP_PKEY *pkey, const char *cn, const char *email, const X509 *issuer)
{
	X509 *x = X509_new();
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, pkey);
	X509_NAME *name = X509_get_subject_name(x);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const void *)cn, -1, -1, 0);
	X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : name);
	if (email)
		cert_extend(x, NID_subject_alt_name, email);
	else
		cert_extend(x, NID_basic_constraints, "critical,CA:TRUE");
	assert_true(X509_sign(x, pkey, EVP_sha256()) > 0);
	return x;
}

static void key_write(const char *file, EVP_PKEY *pkey)
{
	FILE *f = fopen(file, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
}

static void cert_write(const char *file, X509 *x)
{
	FILE *f = fopen(file, "a");
	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, x), 1);
	fclose(f);
}

// A self-signed certificate for a client.
static void client_cert_make(const char *cert_file, const char *key_file, const char *email)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x = cert_new(pkey, "carla", email, NULL);
	(void)unlink(cert_file);
	cert_write(cert_file, x);
	key_write(key_file, pkey);
	X509_free(x);
	EVP_PKEY_free(pkey);
}

static void who(const struct server *s, const struct client_config *how, const char *expected)
{
	struct client c;
	char line[512];
	client_open(&c, s, how);
	EXPECT_TLS(&c, "HELLO");
	say(&c, "WHO\n");
	assert_string_equal(hear(&c, line, sizeof line), expected);
	client_close(&c);
}

static void test_client_certificate(void **state)
{
	static const struct {
		const char *email, *expected;
	} cases[] = { { "email:carla@example.org,DNS:x.example.org", "carla@example.org" },
		{ NULL, "carla" } };
	for (size_t i = 0; i < countof(cases); i++) {
		char folder[] = "/tmp/starling-tls-XXXXXX", cert[64], key[64], other[64];
		assert_non_null(mkdtemp(folder));
		snprintf(cert, sizeof cert, "%s/c.pem", folder);
		snprintf(key, sizeof key, "%s/k.pem", folder);
		snprintf(other, sizeof other, "%s/o.pem", folder);
		client_cert_make(cert, key, cases[i].email);
		struct server_config config = { .tls_implicit = true, .client_ca = cert };
		struct server *s = server_start(&config);
		struct client_config with = { .cert = cert, .key = key },
				     without = { .version = 0 };
		struct client_config with12 = {
			.cert = cert, .key = key, .version = TLS1_2_VERSION
		};
		struct client_config stranger = { .cert = other, .key = key };
		who(s, &with, cases[i].expected);
		who(s, &with12, cases[i].expected);
		who(s, &without, "");
		client_cert_make(
			other, key, "email:admin@example.org"); // of nobody that the server knows
		who(s, &stranger, "");
		server_stop(s);
		unlink(cert);
		unlink(key);
		unlink(other);
		rmdir(folder);
	}
}

// A client whose authority was made by another, and so on: as many as may be between it and the one that is trusted, and one more.
static void test_client_chain(void **state)
{
	for (unsigned more = 0; more < 2; more++) {
		char folder[] = "/tmp/starling-tls-XXXXXX", root[64], cert[64], key[64], cn[32];
		X509 *chain[NET_TLS_CHAIN_MAX + 3];
		size_t n = NET_TLS_CHAIN_MAX + more + 2;
		EVP_PKEY *pkey = EVP_EC_gen("P-256");
		assert_non_null(mkdtemp(folder));
		snprintf(root, sizeof root, "%s/r.pem", folder);
		snprintf(cert, sizeof cert, "%s/c.pem", folder);
		snprintf(key, sizeof key, "%s/k.pem", folder);
		for (size_t i = 0; i < n; i++) {
			snprintf(cn, sizeof cn, "authority %zu", i);
			chain[i] = cert_new(pkey, cn, i + 1 < n ? NULL : "email:carla@example.org",
				i ? chain[i - 1] : NULL);
		}
		cert_write(root, chain[0]);
		for (size_t i = n - 1; i > 0; i--)
			cert_write(cert, chain[i]);
		key_write(key, pkey);
		struct server_config config = { .tls_implicit = true, .client_ca = root };
		struct server *s = server_start(&config);
		struct client_config with = { .cert = cert, .key = key };
		who(s, &with, more ? "" : "carla@example.org");
		server_stop(s);
		for (size_t i = 0; i < n; i++)
			X509_free(chain[i]);
		EVP_PKEY_free(pkey);
		unlink(root);
		unlink(cert);
		unlink(key);
		rmdir(folder);
	}
}

// --- files ---

static void test_self_signed(void **state)
{
	struct op op;
	char folder[] = "/tmp/starling-tls-XXXXXX", cert[64], key[64];
	struct tls_context *t = NULL;
	op_init(&op, 0);
	assert_non_null(mkdtemp(folder));
	snprintf(cert, sizeof cert, "%s/c.pem", folder);
	snprintf(key, sizeof key, "%s/k.pem", folder);
	struct tls_config config = { .cert_file = cert, .key_file = key };
	assert_int_equal(tls_open(&op, &config, &t), RC_CONFIG);
	assert_int_equal(tls_make_self_signed(&op, cert, key), 0);
	assert_int_equal(tls_make_self_signed(&op, cert, key), 1);
	char cert_new[160];
	(void)snprintf(cert_new, sizeof cert_new, "%s.new", cert); // fits
	assert_int_equal(rename(cert, cert_new), 0); // as if killed between the two renames
	assert_int_equal(tls_make_self_signed(&op, cert, key), 1);
	assert_int_equal(access(cert, F_OK), 0);
	struct stat st;
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(tls_open(&op, &config, &t), 0);
	struct span print = tls_fingerprint(&op, t);
	assert_int_equal(print.n, 32 * 3 - 1);
	char before[128] = "", *path = cert;
	memcpy(before, print.p, print.n);
	// A broken file: the old certificate stays in use.
	FILE *f = fopen(path, "w");
	fputs("rubbish\n", f);
	fclose(f);
	assert_int_equal(tls_reload(&op, t), RC_CONFIG);
	print = tls_fingerprint(&op, t);
	assert_memory_equal(print.p, before, print.n);
	unlink(cert);
	assert_int_equal(
		tls_make_self_signed(&op, cert, key), RC_CONFIG); // a key without a certificate
	unlink(key);
	assert_int_equal(tls_make_self_signed(&op, cert, key), 0);
	assert_int_equal(tls_reload(&op, t), 0);
	print = tls_fingerprint(&op, t);
	assert_memory_not_equal(print.p, before, print.n);
	tls_free(t);
	unlink(cert);
	unlink(key);
	rmdir(folder);
	op_done(&op);
}

static void pair_write(const char *cert, const char *key, EVP_PKEY *pkey, long from, long to)
{
	X509 *x = cert_new(pkey, "localhost", NULL, NULL);
	X509_gmtime_adj(X509_getm_notBefore(x), from);
	X509_gmtime_adj(X509_getm_notAfter(x), to);
	assert_true(X509_sign(x, pkey, EVP_sha256()) > 0);
	unlink(cert);
	cert_write(cert, x);
	key_write(key, pkey);
	X509_free(x);
}

// A certificate whose time is over, or has not come, is used, and said to be so.
static void test_untimely(void **state)
{
	struct op op;
	char folder[] = "/tmp/starling-tls-XXXXXX", cert[64], key[64];
	struct tls_context *t = NULL;
	EVP_PKEY *pkey = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	const char *why;
	op_init(&op, 0);
	assert_non_null(mkdtemp(folder));
	snprintf(cert, sizeof cert, "%s/c.pem", folder);
	snprintf(key, sizeof key, "%s/k.pem", folder);
	struct tls_config config = { .cert_file = cert, .key_file = key };
	pair_write(cert, key, pkey, -7200, -3600);
	assert_int_equal(tls_open(&op, &config, &t), 0);
	assert_non_null(strstr(tls_untimely(&op, t), "it expired on 20"));
	pair_write(cert, key, pkey, 3600, 7200);
	assert_int_equal(tls_files_check(&op, cert, key, &why), 0);
	assert_non_null(strstr(why, "it is valid from 20"));
	assert_int_equal(tls_files_check(&op, cert, NULL, &why), 0);
	assert_non_null(strstr(why, "it is valid from 20"));
	assert_non_null(strstr(tls_untimely(&op, t), "it expired on 20")); // the one in use
	assert_int_equal(tls_reload(&op, t), 0);
	assert_non_null(strstr(tls_untimely(&op, t), "it is valid from 20"));
	pair_write(cert, key, pkey, -3600, 3600);
	assert_int_equal(tls_reload(&op, t), 0);
	assert_null(tls_untimely(&op, t));
	assert_int_equal(tls_files_check(&op, cert, key, &why), 0);
	assert_null(why);
	key_write(key, other);
	assert_int_equal(tls_files_check(&op, cert, key, &why), RC_CONFIG);
	assert_non_null(strstr(op.text, "is not the key of"));
	assert_int_equal(tls_files_check(&op, key, NULL, &why), RC_CONFIG);
	assert_non_null(strstr(op.text, "cannot read the certificate"));
	tls_free(t);
	unlink(cert);
	unlink(key);
	rmdir(folder);
	EVP_PKEY_free(pkey);
	EVP_PKEY_free(other);
	op_done(&op);
}

struct reloader {
	struct tls_context *tls;
	atomic_bool stop;
};

static void *reload_often(void *arg)
{
	struct reloader *r = arg;
	struct op op;
	op_init(&op, 0);
	while (!r->stop) {
		assert_int_equal(tls_reload(&op, r->tls), 0);
		op_reset(&op);
	}
	op_done(&op);
	return NULL;
}

static void test_reload_running(void **state)
{
	struct server_config config = { .tls_implicit = true };
	struct client_config how = { .version = 0 };
	struct server *s = server_start(&config);
	struct reloader r = { .tls = s->tls };
	pthread_t thread;
	pthread_create(&thread, NULL, reload_often, &r);
	for (int i = 0; i < 30; i++) {
		struct client c;
		client_open(&c, s, &how);
		EXPECT_TLS(&c, "HELLO");
		client_close(&c);
	}
	r.stop = true;
	pthread_join(thread, NULL);
	server_stop(s);
}

// Many clients at a time in threads, each with a mix of everything.
static void *busy_client(void *arg)
{
	struct server *s = arg;
	struct client_config how = { .version = 0 };
	for (int i = 0; i < 5; i++) {
		struct client c;
		client_open(&c, s, &how);
		EXPECT_TLS(&c, "HELLO");
		for (int k = 0; k < 20; k++) {
			say(&c, "SPIN 3\nline\n");
			EXPECT_TLS(&c, "SPUN");
			EXPECT_TLS(&c, "line");
		}
		big_check(&c, 300000);
		client_close(&c);
	}
	return NULL;
}

static void test_many(void **state)
{
	struct server_config config = { .tls_implicit = true };
	struct server *s = server_start(&config);
	pthread_t threads[6];
	for (int i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL, busy_client, s);
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	server_stop(s);
}

int main(void)
{
	(void)signal(SIGPIPE, SIG_IGN); // cannot fail
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tls12),
		cmocka_unit_test(test_tls13),
		cmocka_unit_test(test_old_versions),
		cmocka_unit_test(test_starttls),
		cmocka_unit_test(test_starttls_stop),
		cmocka_unit_test(test_not_tls),
		cmocka_unit_test(test_alpn),
		cmocka_unit_test(test_proxy_tls),
		cmocka_unit_test(test_compress),
		cmocka_unit_test(test_compress_bomb),
		cmocka_unit_test(test_late_reader),
		cmocka_unit_test(test_key_updates),
		cmocka_unit_test(test_binding),
		cmocka_unit_test(test_client_certificate),
		cmocka_unit_test(test_client_chain),
		cmocka_unit_test(test_self_signed),
		cmocka_unit_test(test_untimely),
		cmocka_unit_test(test_reload_running),
		cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests_name("net/tls", tests, NULL, NULL);
}
