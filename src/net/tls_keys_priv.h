// SPDX-License-Identifier: Apache-2.0
// Starling: the talk with the process of the TLS keys: one SOCK_SEQPACKET message each way, fields as in base/buf.h.
//   request   LOAD u8                               read the files again
//             AUTHORITIES u8, offset u32            of client certificates, as they were read with the files
//             SIGN u8, id[32], padding u8, data     `id`: SHA-256 of the public key (SubjectPublicKeyInfo); padding: OpenSSL's RSA_…_PADDING,
//                                                   0 for EC
//   answer    rc u32 (as i32), then LOAD: the certificates as PEM; AUTHORITIES: the next part of theirs, empty at its end; SIGN: the signature; a fault: its text
// Keys that were loaded before stay for the connections that began with their certificate.
#ifndef NET_TLS_KEYS_PRIV_H
#define NET_TLS_KEYS_PRIV_H

#include "base/buf.h"
#include "net/tls_keys.h"

#include <openssl/evp.h>

enum { TLS_KEYS_LOAD = 1, TLS_KEYS_SIGN, TLS_KEYS_AUTHORITIES };

#define TLS_KEYS_ID_BYTES 32u       // SHA-256
#define TLS_KEYS_MESSAGE_MAX 65536u // octets of a request or an answer
#define TLS_KEYS_DATA_MAX 2048u     // octets to be signed, and of a signature: RSA of 16384 bits
#define TLS_KEYS_SOCKETS 8u         // signatures at a time
#define TLS_KEYS_ANSWER_SECONDS 20u
#define TLS_KEYS_KEPT 8u // keys of that many certificates

bool tls_keys_id(EVP_PKEY *key, unsigned char ret_id[TLS_KEYS_ID_BYTES]);

// The certificates in use now, read from their file again, as PEM in op's arena. RC_CONFIG: they or the key cannot be read, or do not belong together.
int tls_keys_load(struct op *op, struct tls_keys *k, struct span *ret_pem);
// The authorities of client certificates that were read with them, as PEM. RC_NOMEM, RC_UNAVAILABLE.
int tls_keys_authorities(struct op *op, struct tls_keys *k, struct buf *to);
// Who may be in the midst of a handshake that wants a signature: as many as the process signs for at a time.
struct turns *tls_keys_turns(struct tls_keys *k);
// A key that signs through the process; `public` is the certificate's. RC_CANNOT: neither RSA nor EC.
int tls_keys_pkey(struct op *op, struct tls_keys *k, EVP_PKEY *public, EVP_PKEY **ret_key);

#endif
