// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "mail/deliver.h"
#include "mail/spool_priv.h"

#include <openssl/evp.h>

enum { UTF8 = 1, SEVEN_BIT = 2, EIGHT_BIT = 4, MARKED = 8, DELAY_TOLD = 16, FAILED = 32 };
#define FLAGS_KNOWN ((2u * FAILED) - 1)

struct key key_spooled(uint64_t number)
{
	struct key k = { .n = 9, .b = { 'Q' } };
	number = __builtin_bswap64(number);
	memcpy(k.b + 1, &number, sizeof number);
	return k;
}

uint64_t spooled_number(struct span key)
{
	return key.n == 9 && key.p[0] == 'Q' ? __builtin_bswap64(load_u64(key.p + 1)) : 0;
}

bool spool_mark_id(const uint8_t key[SPOOL_KEY], struct span address, uint8_t *ret_id)
{
	uint8_t hash[32];
	unsigned n;
	EVP_MD_CTX *h = EVP_MD_CTX_new();
	bool good = h && EVP_DigestInit_ex(h, EVP_sha256(), NULL) == 1 &&
		EVP_DigestUpdate(h, key, SPOOL_KEY) == 1 &&
		EVP_DigestUpdate(h, address.p, address.n) == 1 &&
		EVP_DigestFinal_ex(h, hash, &n) == 1;
	EVP_MD_CTX_free(h);
	if (good)
		memcpy(ret_id, hash, DELIVERY_ID);
	return good;
}

// What may be absent: u8 0, or u8 1 and the octets with their length.
static void add_optional(struct buf *to, struct span s)
{
	buf_add_u8(to, s.p != NULL);
	if (s.p)
		buf_add_field(to, s);
}

// What stands in a command to the relay: one line, whatever the disk says.
static struct span read_line(struct reader *r)
{
	struct span s = reader_field(r);
	for (size_t i = 0; i < s.n; i++)
		r->bad |= (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f;
	return s;
}

static struct span read_optional(struct reader *r)
{
	return reader_u8(r) ? read_line(r) : SPAN_NONE;
}

// Whole characters of it (RFC 3629 section 3: what continues one is 10xxxxxx).
static struct span said_kept(struct span said)
{
	size_t n = said.n < SPOOL_SAID_MAX ? said.n : SPOOL_SAID_MAX;
	while (n && n < said.n && ((unsigned char)said.p[n] & 0xc0) == 0x80)
		n--;
	return span_cut(said, 0, n);
}

static void add_failed(struct buf *to, const struct spool_recipient *one)
{
	buf_add_u8(to, !one->failed ? 0 : one->ours ? 2 : 1);
	if (!one->failed)
		return;
	buf_add_field(to, one->status);
	buf_add_field(to, said_kept(one->said));
}

void spool_encode(const struct spool_message *m, struct buf *to)
{
	bool failed = spool_any_failed(m);
	buf_add_u16(to, FORMAT_VERSION);
	buf_add_u16(to,
		(uint16_t)((m->utf8 ? UTF8 : 0) | (m->seven_bit ? SEVEN_BIT : 0) |
			(m->eight_bit ? EIGHT_BIT : 0) | (m->marked ? MARKED : 0) |
			(m->delay_told ? DELAY_TOLD : 0) | (failed ? FAILED : 0)));
	buf_add_u32(to, m->tries);
	buf_add_u64(to, m->blob.id);
	buf_add_u64(to, m->blob.hint);
	buf_add_u64(to, m->size);
	buf_add_u64(to, (uint64_t)m->arrived);
	buf_add_u64(to, (uint64_t)m->next_at);
	buf_add(to, span_of((const char *)m->key, SPOOL_KEY));
	buf_add_field(to, m->user);
	buf_add_field(to, m->sender);
	buf_add_field(to, m->prefix);
	buf_add_field(to, m->why);
	add_optional(to, m->ret);
	add_optional(to, m->envid);
	buf_add_varint(to, m->count);
	for (size_t i = 0; i < m->count; i++) {
		buf_add_field(to, m->recipients[i].address);
		add_optional(to, m->recipients[i].notify);
		add_optional(to, m->recipients[i].orcpt);
	}
	for (size_t i = 0; failed && i < m->count; i++)
		add_failed(to, &m->recipients[i]);
}

static void read_failed(struct reader *r, struct spool_recipient *one)
{
	uint8_t kind = reader_u8(r);
	if (kind == 0)
		return;
	r->bad |= kind > 2;
	one->failed = true;
	one->ours = kind == 2;
	one->status = read_line(r);
	one->said = reader_field(r);
	r->bad |= one->said.n > SPOOL_SAID_MAX;
}

static int decode_recipients(struct op *op, struct reader *r, struct spool_message *m, bool failed)
{
	uint64_t count = reader_varint(r);
	if (r->bad || count == 0 || count > SMTP_RECIPIENTS_MAX)
		return op_fail(op, RC_CORRUPT, "message %llu of the spool makes no sense",
			(unsigned long long)m->number);
	m->count = (size_t)count;
	m->recipients = arena_array(&op->arena, m->count, sizeof *m->recipients);
	if (!m->recipients)
		return op_fail(op, RC_NOMEM, "out of memory");
	for (size_t i = 0; i < m->count; i++) {
		struct spool_recipient *one = &m->recipients[i];
		*one = (struct spool_recipient){ .address = read_line(r) };
		one->notify = read_optional(r);
		one->orcpt = read_optional(r);
	}
	for (size_t i = 0; failed && i < m->count; i++)
		read_failed(r, &m->recipients[i]);
	return 0;
}

int spool_decode(
	struct op *op, uint64_t number, struct span value, struct spool_message *ret_message)
{
	struct spool_message m = { .number = number };
	struct reader r = reader_of(value);
	uint16_t version = reader_u16(&r), flags = reader_u16(&r);
	if (!r.bad && version != FORMAT_VERSION)
		return op_fail(op, RC_VERSION, "message %llu of the spool is of format version %u",
			(unsigned long long)number, version);
	if (!r.bad && (flags & ~FLAGS_KNOWN)) // what they say of its recipients would be lost
		return op_fail(op, RC_VERSION, "message %llu of the spool is of a later version",
			(unsigned long long)number);
	m.utf8 = flags & UTF8;
	m.seven_bit = flags & SEVEN_BIT;
	m.eight_bit = flags & EIGHT_BIT;
	m.marked = flags & MARKED;
	m.delay_told = flags & DELAY_TOLD;
	m.tries = reader_u32(&r);
	m.blob.id = reader_u64(&r);
	m.blob.hint = reader_u64(&r);
	m.size = reader_u64(&r);
	m.arrived = (int64_t)reader_u64(&r);
	m.next_at = (int64_t)reader_u64(&r);
	struct span key = reader_bytes(&r, SPOOL_KEY);
	m.user = reader_field(&r);
	m.sender = read_line(&r);
	m.prefix = reader_field(&r);
	m.why = reader_field(&r);
	m.ret = read_optional(&r);
	m.envid = read_optional(&r);
	int rc = decode_recipients(op, &r, &m, flags & FAILED);
	if (rc == 0 && (r.bad || m.blob.id == 0 || m.user.n == 0 || m.user.n > USER_NAME_MAX))
		rc = op_fail(op, RC_CORRUPT, "message %llu of the spool makes no sense",
			(unsigned long long)number);
	if (rc < 0)
		return rc;
	memcpy(m.key, key.p, SPOOL_KEY);
	*ret_message = m;
	return 0;
}
