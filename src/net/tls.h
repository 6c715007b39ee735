// SPDX-License-Identifier: Apache-2.0
// Starling: TLS contexts: TLS 1.2 and 1.3 (RFC 8996, RFC 8314), server side, and for connections that we make. The certificate is read again by tls_reload() while
// connections live on with the old one. Session tickets are on; idle connections release their buffers.
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/op.h"

struct tls_context;
struct tls_keys;
struct tls_config {
	const char *cert_file, *key_file; // PEM
	const char *client_ca_file; // NULL: client certificates are not asked for (SASL EXTERNAL)
	struct tls_keys *
		keys; // the process that reads those two and holds the key (net/tls_keys.h); NULL: this one does
};
// The client's side: the peer must show a certificate for the name that was dialed, of an authority in `ca_file` (NULL: the system's); with
// `verify` false any will do.
int tls_client_open(struct op *op, const char *ca_file, bool verify, struct tls_context **ret_tls);
// RC_CONFIG: files that cannot be read or do not belong together. RC_CANNOT: `keys` cannot hold keys of this kind.
int tls_open(struct op *op, const struct tls_config *config, struct tls_context **ret_tls);
// What is wrong with the time of the certificate in use, for people ("it expired on ..."); NULL: nothing. In op's arena.
const char *tls_untimely(struct op *op, struct tls_context *t);
// Whether the files can be used, as this process may read them; `key_file` NULL: the certificate alone. *ret_untimely as above. RC_CONFIG.
int tls_files_check(
	struct op *op, const char *cert_file, const char *key_file, const char **ret_untimely);
int tls_reload(struct op *op, struct tls_context *t); // keeps the old certificate on failure
void tls_free(struct tls_context *t);
// Writes a self-signed ECDSA P-256 certificate (10 years, the host's name and localhost as subjectAltName) and its key (mode
// 0600) when neither file exists. 0 made, 1 there already.
int tls_make_self_signed(struct op *op, const char *cert_file, const char *key_file);
// SHA-256 fingerprint "AB:CD:..." of the first certificate in use, for `starling serve` to print; into op's arena.
struct span tls_fingerprint(struct op *op, struct tls_context *t);

#endif
