// SPDX-License-Identifier: Apache-2.0
// Starling: the inside of net/tls.h, for net/ only.
#ifndef NET_TLS_PRIV_H
#define NET_TLS_PRIV_H

#include "net/tls.h"

#include <openssl/ssl.h>

// A new TLS connection under the certificate in use now. NULL: out of memory.
SSL *tls_connection_new(struct tls_context *t);
bool tls_is_client(const struct tls_context *t);
// The BIO that reads and writes a struct conn (net/secure.c); one for each context.
BIO_METHOD *tls_bio_method(struct tls_context *t);
BIO_METHOD *secure_bio_method_new(void);
// What is wrong with its time, for people; NULL: nothing. In op's arena. (net/tls_cert.c)
const char *cert_untimely(struct op *op, const X509 *cert);
// A full handshake of our side is about to sign: 1, it may; -1, it waits for its turn (net/secure.c). `turns`: struct turns.
int secure_turn(SSL *ssl, void *turns);
// What an ALPN offer is answered with (RFC 7301): the protocol of the conn's service.
int secure_alpn_select(SSL *ssl, const unsigned char **ret_name, unsigned char *ret_size,
	const unsigned char *offer, unsigned offer_size, void *unused);
// The OpenSSL library's account of what went wrong last; empties its list.
const char *tls_error_text(void);

#endif
