// SPDX-License-Identifier: Apache-2.0
// URLAUTH (urlauth.h). The key of a mailbox is the record "L" be32 node of its account, the seal's that of the system partition (format.h).
//
// A token (RFC 4467 section 2.5) is the hexadecimal digits of
//     0   1 octet    1: how it is made (section 2.4.1 wants that to be told)
//     1  16 octets   the seal: the first half of HMAC-SHA-256(the store's key, octets 0 and rump)
//     17 32 octets   HMAC-SHA-256(the mailbox's key, octets 0..16, u32 UIDVALIDITY of the mailbox, rump)
// The seal tells that this server once made the URL, without looking at anything that it names: who presents URLs of his own making, or changed ones,
// learns nothing and loads nobody's account. It does not authorise: the second part does, with the key of the mailbox that has the name now. That
// part holds the UIDVALIDITY as well, so that it does not mean a mailbox that is another one in all but its place.
//
// RESETKEY and the first key of a mailbox are batches under account.lock; change_begin() waits until the keys before them are in the store.
#include "mail/urlauth.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "mail/tree_change.h"
#include "mail/url.h"
#include "mail/url_part.h"
#include "mail/urlauth_priv.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define TOKEN_VERSION 1u
#define SEAL_OCTETS 16u
#define MAC_OCTETS 32u
#define TOKEN_OCTETS (1 + SEAL_OCTETS + MAC_OCTETS)
#define RECORD_OCTETS (4 + URLAUTH_KEY_OCTETS)

// --- keys ---

int urlauth_key_decode(struct op *op, struct span record, uint8_t ret_key[URLAUTH_KEY_OCTETS])
{
	struct reader r = reader_of(record);
	uint16_t version = reader_u16(&r);
	(void)reader_u16(&r);
	struct span key = reader_bytes(&r, URLAUTH_KEY_OCTETS);
	if (!r.bad && version != FORMAT_VERSION)
		return op_fail(op, RC_VERSION, "a key of format version %u", version);
	if (r.bad || r.rest.n)
		return op_fail(op, RC_CORRUPT, "a key has the wrong length");
	memcpy(ret_key, key.p, URLAUTH_KEY_OCTETS);
	return 0;
}

void urlauth_key_make(struct store_batch *b, struct span at, uint8_t ret_key[URLAUTH_KEY_OCTETS])
{
	char record[RECORD_OCTETS] = { FORMAT_VERSION };
	random_bytes(ret_key, URLAUTH_KEY_OCTETS);
	memcpy(record + 4, ret_key, URLAUTH_KEY_OCTETS);
	batch_put(b, at, span_of(record, sizeof record));
	OPENSSL_cleanse(record, sizeof record);
}

// STORE_ABSENT: the mailbox has none.
static int read_key(struct op *op, struct account *a, uint32_t node, uint8_t *ret_key)
{
	struct key k = key_urlauth(node);
	struct span record;
	int rc = store_get(op, account_store(a), NULL, a->partition, KEY(k), &record);
	return rc ? rc : urlauth_key_decode(op, record, ret_key);
}

// Gives the mailbox a key, if it has none or is to have another one.
static int change_key(struct op *op, struct account *a, struct span mailbox, bool replace,
	uint8_t ret_key[URLAUTH_KEY_OCTETS])
{
	struct change_names c;
	int rc = change_begin(op, a, &c);
	if (rc < 0)
		return rc;
	c.same_names = true;
	const struct draft_slot *s = slot_of(&c, mailbox);
	if (!s || !s->node->mailbox)
		rc = op_fail(op, RC_NONEXISTENT, "there is no mailbox of that name");
	else if (replace || (rc = read_key(op, a, s->node->id, ret_key)) == STORE_ABSENT) {
		struct key k = key_urlauth(s->node->id);
		urlauth_key_make(&c.t.batch, KEY(k), ret_key);
		c.metadata = true;
		rc = 0;
	}
	return change_end(&c, rc);
}

static int forget_all(struct op *op, struct account *a)
{
	struct change_names c;
	int rc = change_begin(op, a, &c);
	if (rc < 0)
		return rc;
	c.same_names = c.metadata = true;
	batch_delete_range(&c.t.batch, SPAN("L"), SPAN("M"));
	return change_end(&c, 0);
}

int urlauth_reset(struct op *op, struct account *a, struct span mailbox)
{
	uint8_t key[URLAUTH_KEY_OCTETS] = { 0 };
	int rc = mailbox.p ? change_key(op, a, mailbox, true, key) : forget_all(op, a);
	OPENSSL_cleanse(key, sizeof key);
	if (rc < 0)
		return rc;
	const struct tree *t = account_tree_ref(a);
	for (size_t i = 0; i < t->count; i++) {
		struct mailbox *mb = t->entries[i].mailbox;
		if (!mb || (mailbox.p && !span_eq(t->entries[i].name, mailbox)))
			continue;
		atomic_fetch_add(&mb->key_resets, 1);
		account_wake(a, ACCOUNT_CHANGED_MESSAGES, mb);
	}
	tree_unref(t);
	return 0;
}

uint32_t urlauth_resets(const struct mailbox *mb)
{
	return atomic_load(&mb->key_resets);
}

// --- tokens ---

// HMAC-SHA-256 of both texts.
static int mac(struct op *op, const uint8_t key[URLAUTH_KEY_OCTETS], struct span first,
	struct span second, uint8_t ret_mac[MAC_OCTETS])
{
	struct buf text = { 0 };
	buf_add(&text, first);
	buf_add(&text, second);
	unsigned n = MAC_OCTETS;
	bool done = !text.failed &&
		HMAC(EVP_sha256(), key, URLAUTH_KEY_OCTETS, (const unsigned char *)text.p, text.n,
			ret_mac, &n);
	buf_done(&text);
	return done ? 0 : op_fail(op, RC_NOMEM, "out of memory");
}

// Octets 0..16 of the token.
static int make_seal(struct op *op, const struct mail *m, struct span rump, uint8_t *ret_token)
{
	uint8_t all[MAC_OCTETS];
	ret_token[0] = TOKEN_VERSION;
	int rc = mac(op, mail_urlauth_key(m), span_of(ret_token, 1), rump, all);
	if (rc == 0)
		memcpy(ret_token + 1, all, SEAL_OCTETS);
	return rc;
}

// The rest, behind those octets.
static int make_mac(struct op *op, const uint8_t key[URLAUTH_KEY_OCTETS], uint32_t uid_validity,
	struct span rump, uint8_t *token)
{
	uint8_t head[1 + SEAL_OCTETS + 4];
	memcpy(head, token, 1 + SEAL_OCTETS);
	store_u32(head + 1 + SEAL_OCTETS, uid_validity);
	return mac(op, key, span_of(head, sizeof head), rump, token + 1 + SEAL_OCTETS);
}

static bool decode_token(struct span text, uint8_t ret_token[TOKEN_OCTETS])
{
	if (text.n != 2 * (size_t)TOKEN_OCTETS)
		return false;
	for (size_t i = 0; i < text.n; i++) { // url_parse() let only HEXDIGs through
		unsigned char c = ascii_lower((unsigned char)text.p[i]);
		unsigned digit = c <= '9' ? c - 48u : c - 87u; // '0', 'a' - 10
		ret_token[i / 2] =
			(uint8_t)(i % 2 ? (unsigned)ret_token[i / 2] << 4 | digit : digit);
	}
	return true;
}

// --- making them ---

static uint32_t uid_validity_of(const struct mailbox *mb)
{
	struct mailbox_status st;
	mailbox_status(mb, &st);
	return st.uid_validity;
}

int urlauth_sign(struct op *op, struct account *a, const struct url *url, struct buf *to)
{
	uint8_t token[TOKEN_OCTETS], key[URLAUTH_KEY_OCTETS];
	struct span name;
	int rc = account_name_check(op, url->mailbox, &name);
	struct mailbox *mb = rc == 0 ? mailbox_by_name(a, name) : NULL;
	uint32_t uid_validity = mb ? uid_validity_of(mb) : 0;
	if (!mb || (url->uid_validity && url->uid_validity != uid_validity)) {
		mailbox_unref(mb);
		return op_fail(op, RC_NONEXISTENT, "there is no such mailbox");
	}
	rc = read_key(op, a, mb->node, key);
	mailbox_unref(mb);
	if (rc == STORE_ABSENT)
		rc = change_key(op, a, name, false, key);
	if (rc == 0)
		rc = make_seal(op, account_mail(a), url->rump, token);
	if (rc == 0)
		rc = make_mac(op, key, uid_validity, url->rump, token);
	OPENSSL_cleanse(key, sizeof key);
	if (rc < 0)
		return rc;
	buf_add(to, SPAN(":INTERNAL:"));
	for (size_t i = 0; i < sizeof token; i++)
		buf_addf(to, "%02x", token[i]);
	return to->failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

// --- presenting them ---

static int find(
	struct op *op, const struct url_presenter *who, struct span name, struct span *ret_user)
{
	int rc = who->find(who->ctx, op, name, ret_user);
	return rc == RC_NONEXISTENT ? URL_NOTHING : rc;
}

// `name` is another way to write the presenter's.
static int is_presenter(struct op *op, const struct url_presenter *who, struct span name)
{
	struct span user;
	int rc = find(op, who, name, &user);
	return rc == 0 && !span_eq(user, who->user) ? URL_NOTHING : rc;
}

// The access identifier (RFC 4467 section 3).
static int may_use(struct op *op, const struct url *url, const struct url_presenter *who)
{
	switch (url->access) {
	case URL_ACCESS_SUBMIT:
		if (who->bearer == URL_FOR_USER)
			return is_presenter(op, who, url->access_user);
		return who->bearer == URL_BY_SUBMIT_SERVER ? 0 : URL_NOTHING;
	case URL_ACCESS_USER: // "limited to IMAP sessions that are logged in as the specified userid"
		return who->bearer == URL_FOR_USER ? URL_NOTHING
						   : is_presenter(op, who, url->access_user);
	case URL_ACCESS_AUTHUSER:
	case URL_ACCESS_ANONYMOUS: // there are no anonymous sessions
		return 0;
	case URL_ACCESS_NONE:
		break;
	}
	return URL_NOTHING;
}

static bool is_sealed(const uint8_t token[TOKEN_OCTETS], const uint8_t seal[TOKEN_OCTETS])
{
	return CRYPTO_memcmp(token, seal, 1 + SEAL_OCTETS) == 0;
}

// This mailbox (NULL: none has the name) has made this token.
static int check_mac(struct op *op, struct account *a, const struct url *url,
	const struct mailbox *mb, const uint8_t token[TOKEN_OCTETS])
{
	uint8_t key[URLAUTH_KEY_OCTETS], made[TOKEN_OCTETS];
	memcpy(made, token, sizeof made);
	int rc = mb ? read_key(op, a, mb->node, key) : STORE_ABSENT;
	bool has_key = rc == 0;
	if (rc == STORE_ABSENT) { // RFC 4467 section 6: it takes the same time
		random_bytes(key, sizeof key);
		rc = 0;
	}
	if (rc == 0)
		rc = make_mac(op, key, mb ? uid_validity_of(mb) : 0, url->rump, made);
	OPENSSL_cleanse(key, sizeof key);
	if (rc < 0)
		return rc;
	return CRYPTO_memcmp(made, token, sizeof made) == 0 && has_key ? 0 : URL_NOTHING;
}

// The URL was made here and not changed since; the presenter and the time are right. *ret_token for check_mac().
static int check_url(struct op *op, struct mail *m, const struct url *url,
	const struct url_presenter *who, uint8_t ret_token[TOKEN_OCTETS])
{
	uint8_t seal[TOKEN_OCTETS] = { 0 };
	if (url->form != URL_ABSOLUTE || !url->user.p || !url->uid || !url->token.p ||
		!span_caseeq(url->mechanism, SPAN("INTERNAL")) ||
		!decode_token(url->token, ret_token))
		return URL_NOTHING;
	int rc = make_seal(op, m, url->rump, seal);
	if (rc < 0)
		return rc;
	if (!is_sealed(ret_token, seal) || clock_real() > url->expire)
		return URL_NOTHING;
	return may_use(op, url, who);
}

// Of the mailbox that has the name now, for both steps: between them another one may take the name, whose key was not asked.
static int open_in(struct op *op, struct account *a, const struct url *url, struct span name,
	const uint8_t token[TOKEN_OCTETS], struct url_part *ret_part)
{
	struct mailbox *mb = mailbox_by_name(a, name);
	int rc = check_mac(op, a, url, mb, token);
	if (rc == 0)
		rc = url_part_open_in(op, a, url, mb, ret_part);
	mailbox_unref(mb);
	return rc;
}

int urlauth_open(struct op *op, struct mail *m, struct span text, const struct url_presenter *who,
	struct url_part *ret_part)
{
	uint8_t token[TOKEN_OCTETS];
	struct url url;
	struct span owner, name;
	struct account *a = NULL;
	int rc = url_parse(op, text, &url);
	if (rc < 0)
		return rc == RC_SYNTAX ? URL_NOTHING : rc;
	rc = check_url(op, m, &url, who, token);
	if (rc == 0)
		rc = find(op, who, url.user, &owner);
	if (rc == 0)
		rc = account_open_existing(op, m, owner, &a);
	if (rc == 0)
		rc = account_name_check(op, url.mailbox, &name);
	if (rc == 0)
		rc = open_in(op, a, &url, name, token, ret_part);
	account_unref(a);
	return rc == RC_NONEXISTENT || rc == RC_BADNAME ? URL_NOTHING : rc;
}

// --- check ---

int urlauth_check(struct op *op, struct account *a, const struct tree *t, uint32_t *ret_stray)
{
	struct store_cursor *c;
	struct span key, record;
	uint8_t secret[URLAUTH_KEY_OCTETS];
	*ret_stray = 0;
	int rc = store_cursor_open(
		op, account_store(a), NULL, a->partition, SPAN("L"), SPAN("M"), &c);
	if (rc < 0)
		return rc;
	while ((rc = store_cursor_next(op, c, &key, &record)) == 0) {
		rc = urlauth_key_decode(op, record, secret);
		if (rc == 0 && key.n != key_urlauth(0).n)
			rc = op_fail(op, RC_CORRUPT, "the place of a key makes no sense");
		if (rc < 0)
			break;
		uint32_t node = __builtin_bswap32(load_u32(key.p + 1));
		if (node == 0 || !tree_has_node(t, node))
			*ret_stray = node ? node : UINT32_MAX;
	}
	store_cursor_close(c);
	OPENSSL_cleanse(secret, sizeof secret);
	return rc < 0 ? rc : 0;
}
