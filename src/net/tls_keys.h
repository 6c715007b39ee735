// SPDX-License-Identifier: Apache-2.0
// Starling: private TLS keys in a process of their own: `starling-keys` reads the certificate and its key, keeps the key, and signs what a handshake
// needs signed. It reads the authorities of client certificates, too: whoever may read that file's folder, since the file is replaced, could read a key that lies
// beside it. So whoever takes over the process that talks to strangers can have things signed while he is there, but cannot take the key away.
// A signature costs one message each way. RSA and EC keys only: OpenSSL 3 has no way to hold back others without a provider.
#ifndef NET_TLS_KEYS_H
#define NET_TLS_KEYS_H

#include "base/op.h"

#define TLS_KEYS_COMMAND "keys-worker" // the program's word for it; not for people

struct spawner;
struct tls_keys;
struct tls_keys_config {
	const char *cert_file, *key_file; // PEM
	const char *client_ca_file;       // likewise; NULL: none
	struct spawner *spawner; // that starts the process; its words: tls_keys_words_make()
	unsigned which;          // its number there
	bool sandbox;            // the process restricts itself to these files and its calls
};
struct tls_keys_words {
	const char *words[6];
};
void tls_keys_words_make(const struct tls_keys_config *config, struct tls_keys_words *ret_words);

// Starts the process.
int tls_keys_open(struct op *op, const struct tls_keys_config *config, struct tls_keys **ret_keys);
void tls_keys_close(struct tls_keys *k); // after all tls_contexts that use it; accepts NULL

// The whole process: `keys-worker SANDBOX CERTIFICATE KEY [AUTHORITIES]`; returns its exit status.
int tls_keys_main(int argc, char **argv);

#endif
