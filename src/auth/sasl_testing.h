// SPDX-License-Identifier: Apache-2.0
// Starling: for the fuzzer of SASL: what an honest client says next, and whether what was said proves who said it, both straight from RFC 4616, RFC
// 4422 appendix A, RFC 5802 (with SHA-256: RFC 7677) and without GNU SASL's view of either.
#ifndef AUTH_SASL_TESTING_H
#define AUTH_SASL_TESTING_H

#include "auth/users.h"
#include "base/buf.h"
#include "base/must.h"

#include <gsasl.h>
#include <sodium.h>

#define SAID_MAX 8u
struct said { // the octets of an exchange so far
	struct span client[SAID_MAX], server[SAID_MAX];
	size_t count; // of the client's
};

// --- parts of messages ---

static inline bool password_is(struct span sent, struct span password)
{
	char *raw, *prepared = NULL;
	if (span_is_ascii(sent))
		return span_eq(sent, password);
	raw = span_to_str_new(sent); // RFC 4013 makes one password of several spellings
	must(raw);
	bool same = gsasl_saslprep(raw, 0, &prepared, NULL) == GSASL_OK &&
		span_eq(span_str(prepared), password);
	gsasl_free(prepared);
	free(raw);
	return same && !memchr(sent.p, 0, sent.n);
}

static inline bool name_is(struct span sent, struct span user)
{
	struct op op;
	struct span canonical;
	op_init(&op, 0);
	bool same = user_name_canonical(&op, sent, &canonical) == 0 && span_eq(canonical, user);
	op_done(&op);
	return same;
}

// PLAIN: [authzid] NUL authcid NUL passwd, no other NUL.
static inline bool plain_proves(struct span message, struct span user, struct span password)
{
	struct span authzid, authcid;
	if (!message.n || !memchr(message.p, 0, message.n))
		return false;
	message = span_split(message, 0, &authzid);
	if (!message.n || !memchr(message.p, 0, message.n))
		return false;
	message = span_split(message, 0, &authcid);
	return name_is(authcid, user) && password_is(message, password) &&
		(authzid.n == 0 || name_is(authzid, user));
}

static inline bool base64_is(struct span text, struct buf *to)
{
	size_t n = 0;
	char *room = buf_room(to, text.n + 1);
	must(room);
	if (!span_is_ascii(text) ||
		sodium_base642bin((unsigned char *)room, text.n + 1, text.p ? text.p : "", text.n,
			NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return false;
	buf_added(to, n);
	return true;
}

// saslname: "=2C" is a comma, "=3D" an equals sign, no other "=".
static inline bool saslname_read(struct span s, struct buf *to)
{
	for (size_t i = 0; i < s.n; i++) {
		struct span three = span_cut(s, i, i + 3);
		bool comma = span_eq(three, SPAN("=2C")), equals = span_eq(three, SPAN("=3D"));
		if (s.p[i] == '=' && !comma && !equals)
			return false;
		buf_addc(to, comma ? ',' : equals ? '=' : s.p[i]);
		i += s.p[i] == '=' ? 2 : 0;
	}
	return s.n > 0;
}

static inline bool saslname_is(struct span s, struct span user)
{
	struct buf name = { 0 };
	bool same = saslname_read(s, &name) && name_is(buf_span(&name), user);
	buf_done(&name);
	return same;
}

// The value of attribute `a` of a list with commas; absent: there is none.
static inline struct span attribute(struct span list, char a)
{
	while (list.n) {
		struct span item;
		list = span_split(list, ',', &item);
		if (item.n >= 2 && item.p[0] == a && item.p[1] == '=')
			return span_skip(item, 2);
	}
	return SPAN_NONE;
}

// --- SCRAM ---

struct client_first {
	struct span gs2, flag, authzid, bare; // authzid without "a="
};
static inline void client_first_read(struct span message, struct client_first *ret)
{
	struct span rest = span_split(message, ',', &ret->flag);
	ret->bare = span_split(rest, ',', &ret->authzid);
	ret->gs2 = span_cut(message, 0, message.n - ret->bare.n);
	ret->authzid = span_skip(ret->authzid, 2);
}

static inline void scram_message(
	const struct client_first *first, struct span server, struct span without, struct buf *to)
{
	buf_add(to, first->bare);
	buf_addc(to, ',');
	buf_add(to, server);
	buf_addc(to, ',');
	buf_add(to, without);
}

// The final message proves that its sender has the client key, said to this server in this exchange over this channel.
static inline bool scram_proves(const struct said *said, struct span user,
	const struct scram_keys *keys, struct span binding, bool plus)
{
	struct client_first first;
	struct buf cbind = { 0 }, want = { 0 }, proof = { 0 }, message = { 0 };
	struct span final = said->client[1], p = attribute(final, 'p');
	uint8_t mac[SCRAM_KEY_BYTES], hash[SCRAM_KEY_BYTES];
	client_first_read(said->client[0], &first);
	bool binds = span_eq(first.flag, SPAN("p=tls-exporter"));
	// Section 6: "y" from a client is a lie where we offer -PLUS: somebody took it out of the list.
	bool flag = plus ? binds
			 : span_eq(first.flag, SPAN("n")) ||
			(span_eq(first.flag, SPAN("y")) && binding.n == 0);
	buf_add(&want, first.gs2);
	if (binds)
		buf_add(&want, binding);
	bool good = said->count == 3 && said->client[2].n == 0 && flag && p.n > 0 &&
		saslname_is(attribute(first.bare, 'n'), user) &&
		(first.authzid.n == 0 || saslname_is(first.authzid, user)) &&
		base64_is(attribute(final, 'c'), &cbind) &&
		span_eq(buf_span(&cbind), buf_span(&want)) &&
		span_eq(attribute(final, 'r'), attribute(said->server[0], 'r')) &&
		base64_is(p, &proof) && proof.n == SCRAM_KEY_BYTES;
	if (good) {
		scram_message(
			&first, said->server[0], span_cut(final, 0, final.n - p.n - 3), &message);
		(void)crypto_auth_hmacsha256(mac, (const unsigned char *)message.p, message.n,
			keys->stored_key); // cannot fail
		for (size_t i = 0; i < sizeof mac; i++)
			mac[i] ^= (uint8_t)proof.p[i];
		(void)crypto_hash_sha256(hash, mac, sizeof mac); // cannot fail
		good = memcmp(hash, keys->stored_key, sizeof hash) == 0;
	}
	buf_done(&cbind);
	buf_done(&want);
	buf_done(&proof);
	buf_done(&message);
	return good;
}

static inline void base64_add(struct buf *to, const void *bytes, size_t n)
{
	size_t size = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL);
	char *room = buf_room(to, size);
	must(room);
	(void)sodium_bin2base64(
		room, size, bytes, n, sodium_base64_VARIANT_ORIGINAL); // it is the room
	buf_added(to, size - 1);
}

// The client key of a password under the salt of a server-first-message. Those last made are kept: 10,000 rounds are slow.
static inline bool client_key_of(struct span server_first, const char *password, char *ret_key)
{
	static struct {
		char key[SCRAM_KEY_BYTES], salt[64], password[16];
		size_t n;
	} kept[4];
	static unsigned turn;
	char salted[SCRAM_KEY_BYTES], server[SCRAM_KEY_BYTES], stored[SCRAM_KEY_BYTES];
	struct buf salt = { 0 };
	uint64_t rounds = 0;
	size_t at = 0;
	bool good = span_to_u64(attribute(server_first, 'i'), 100000, &rounds) &&
		rounds == SCRAM_ITERATIONS && base64_is(attribute(server_first, 's'), &salt) &&
		salt.n <= sizeof kept[0].salt && strlen(password) < sizeof kept[0].password;
	while (good && at < countof(kept) &&
		(!span_eq(buf_span(&salt), span_of(kept[at].salt, kept[at].n)) ||
			strcmp(password, kept[at].password) != 0))
		at++;
	if (good && at == countof(kept)) {
		at = turn++ % countof(kept);
		must(gsasl_scram_secrets_from_password(GSASL_HASH_SHA256, password,
			     (unsigned)rounds, salt.p, salt.n, salted, kept[at].key, server,
			     stored) == GSASL_OK);
		memcpy(kept[at].salt, salt.p, salt.n);
		memcpy(kept[at].password, password, strlen(password) + 1);
		kept[at].n = salt.n;
	}
	if (good)
		memcpy(ret_key, kept[at].key, SCRAM_KEY_BYTES);
	buf_done(&salt);
	return good;
}

// The client-final-message to what was said, by somebody with that password.
static inline void scram_final(
	const struct said *said, const char *password, struct span binding, struct buf *to)
{
	struct client_first first;
	struct buf cbind = { 0 }, message = { 0 };
	char key[SCRAM_KEY_BYTES];
	uint8_t stored[SCRAM_KEY_BYTES], mac[SCRAM_KEY_BYTES];
	client_first_read(said->client[0], &first);
	buf_add(&cbind, first.gs2);
	if (first.flag.n && first.flag.p[0] == 'p')
		buf_add(&cbind, binding);
	buf_add(to, SPAN("c="));
	base64_add(to, cbind.p, cbind.n);
	buf_add(to, SPAN(",r="));
	buf_add(to, attribute(said->server[0], 'r'));
	if (client_key_of(said->server[0], password, key)) {
		(void)crypto_hash_sha256(
			stored, (const unsigned char *)key, sizeof key); // cannot fail
		scram_message(&first, said->server[0], buf_span(to), &message);
		(void)crypto_auth_hmacsha256(mac, (const unsigned char *)message.p, message.n,
			stored); // cannot fail
		for (size_t i = 0; i < sizeof mac; i++)
			mac[i] ^= (uint8_t)key[i];
		buf_add(to, SPAN(",p="));
		base64_add(to, mac, sizeof mac);
	}
	buf_done(&cbind);
	buf_done(&message);
}

#endif
