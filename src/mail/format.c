// SPDX-License-Identifier: Apache-2.0
// Formats: format.h.
#include "mail/format.h"

#include "base/buf.h"

static_assert(sizeof(struct objectid) == 16, "object ids are 128 bits");

static void store_u16(char *p, uint16_t v)
{
	memcpy(p, &v, sizeof v);
}

void header_encode(const struct header *h, char to[HEADER_OCTETS])
{
	memset(to, 0, HEADER_OCTETS);
	store_u16(to, FORMAT_VERSION);
	store_u32(to + 4, h->parent);
	store_u32(to + 8, h->data);
	store_u32(to + 12, h->uses);
	memcpy(to + 16, h->id.b, 16);
	store_u32(to + 32, h->uid_validity);
	store_u32(to + 36, h->uid_next);
	store_u32(to + 40, h->messages);
	store_u32(to + 44, h->unseen);
	store_u32(to + 48, h->deleted);
	store_u32(to + 52, h->recent_mark);
	store_u32(to + 56, h->recent);
	store_u32(to + 60, h->blocks);
	store_u32(to + 64, h->next_chunk);
	store_u32(to + 68, h->next_block);
	store_u32(to + 72, h->keyword_octets);
	store_u32(to + 76, h->unseen_from);
	store_u64(to + 80, h->modseq);
	store_u64(to + 88, h->size);
	store_u64(to + 96, h->log_first);
	store_u64(to + 104, h->log_next);
	store_u64(to + 112, h->log_trimmed);
	store_u64(to + 120, h->append_limit);
}

int header_decode(
	struct op *op, struct span value, struct header *ret_header, struct span *ret_name)
{
	struct reader r = reader_of(value);
	uint16_t version = reader_u16(&r);
	if (!r.bad && version != FORMAT_VERSION)
		return op_fail(op, RC_VERSION, "a mailbox of format version %u", version);
	(void)reader_u16(&r);
	struct header h = {
		.parent = reader_u32(&r), .data = reader_u32(&r), .uses = reader_u32(&r)
	};
	struct span id = reader_bytes(&r, 16);
	if (id.n == 16)
		memcpy(h.id.b, id.p, 16);
	uint32_t *small[] = { &h.uid_validity, &h.uid_next, &h.messages, &h.unseen, &h.deleted,
		&h.recent_mark, &h.recent, &h.blocks, &h.next_chunk, &h.next_block,
		&h.keyword_octets, &h.unseen_from };
	for (size_t i = 0; i < countof(small); i++)
		*small[i] = reader_u32(&r);
	uint64_t *large[] = { &h.modseq, &h.size, &h.log_first, &h.log_next, &h.log_trimmed,
		&h.append_limit };
	for (size_t i = 0; i < countof(large); i++)
		*large[i] = reader_u64(&r);
	if (r.bad)
		return op_fail(op, RC_CORRUPT, "the header of a mailbox is too short");
	*ret_header = h;
	*ret_name = r.rest;
	return 0;
}

static void be32(char *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof v);
}

struct key key_header(uint32_t node)
{
	struct key k = { .n = 5, .b = { 'M' } };
	be32(k.b + 1, node);
	return k;
}

struct key key_data(uint32_t data, char kind, uint32_t number)
{
	struct key k = { .n = 10, .b = { 'B' } };
	be32(k.b + 1, data);
	k.b[5] = kind;
	be32(k.b + 6, number);
	return k;
}

struct key key_data_begin(uint32_t data)
{
	struct key k = key_data(data, 0, 0);
	k.n = 5;
	return k;
}

struct key key_metadata(uint32_t node)
{
	struct key k = { .n = 5, .b = { 'E' } };
	be32(k.b + 1, node);
	return k;
}

struct key key_urlauth(uint32_t node)
{
	struct key k = { .n = 5, .b = { 'L' } };
	be32(k.b + 1, node);
	return k;
}

struct key key_restoring(uint32_t data)
{
	struct key k = { .n = 5, .b = { 'I' } };
	be32(k.b + 1, data);
	return k;
}

struct key key_thread(uint64_t id)
{
	struct key k = { .n = 9, .b = { 'R' } };
	id = __builtin_bswap64(id);
	memcpy(k.b + 1, &id, sizeof id);
	return k;
}

static struct key key_of_period(char kind, uint32_t period, const uint8_t *id)
{
	struct key k = { .n = 21, .b = { kind } };
	be32(k.b + 1, period);
	memcpy(k.b + 5, id, 16);
	return k;
}

struct key key_seen(uint32_t period, const uint8_t *id)
{
	return key_of_period('D', period, id);
}

struct key key_sent(uint32_t period, const uint8_t *digest)
{
	return key_of_period('F', period, digest);
}

struct key key_uidl(const struct objectid *emailid)
{
	struct key k = { .n = 1 + sizeof emailid->b, .b = { 'P' } };
	memcpy(k.b + 1, emailid->b, sizeof emailid->b);
	return k;
}

void cold_encode(const struct msg_cold *c, char to[COLD_OCTETS])
{
	store_u64(to, (uint64_t)c->internal_date);
	store_u64(to + 8, (uint64_t)c->save_date);
	store_u64(to + 16, c->size);
	store_u64(to + 24, c->blob.id);
	store_u64(to + 32, c->blob.hint);
	store_u64(to + 40, c->prefix.id);
	store_u64(to + 48, c->prefix.hint);
	memcpy(to + 56, c->emailid.b, 16);
	memcpy(to + 72, c->threadid.b, 16);
	store_u16(to + 88, (uint16_t)c->zone);
	store_u16(to + 90, c->kind);
	store_u32(to + 92, c->prefix_size);
}

void cold_decode(const char from[COLD_OCTETS], struct msg_cold *ret_cold)
{
	struct msg_cold *c = ret_cold;
	c->internal_date = (int64_t)load_u64(from);
	c->save_date = (int64_t)load_u64(from + 8);
	c->size = load_u64(from + 16);
	c->blob = (struct blob_ref){ load_u64(from + 24), load_u64(from + 32) };
	c->prefix = (struct blob_ref){ load_u64(from + 40), load_u64(from + 48) };
	memcpy(c->emailid.b, from + 56, 16);
	memcpy(c->threadid.b, from + 72, 16);
	memcpy(&c->zone, from + 88, sizeof c->zone);
	memcpy(&c->kind, from + 90, sizeof c->kind);
	c->prefix_size = load_u32(from + 92);
}
