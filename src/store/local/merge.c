// SPDX-License-Identifier: Apache-2.0
// Operands of one key come in the order of their batches. A full merge applies them all to the value; a partial one joins lists
// and lets a patch of the same place replace the one before (a counter patched a thousand times stays one patch).
#include "store/local/merge.h"

#include "store/store.h"

#include <stdlib.h>

#define OPERAND_VERSION 1

struct patch {
	uint32_t offset;
	struct span bytes;
};

static bool patch_next(struct reader *r, struct patch *ret_patch)
{
	if (reader_at_end(r))
		return false;
	uint64_t offset = reader_varint(r);
	ret_patch->bytes = reader_field(r);
	if (offset > STORE_VALUE_MAX || ret_patch->bytes.n > STORE_VALUE_MAX - offset)
		r->bad = true;
	ret_patch->offset = (uint32_t)offset;
	return !r->bad;
}

static bool operand_open(const char *p, size_t n, struct reader *ret_reader)
{
	*ret_reader = reader_of(span_of(p, n));
	return reader_u8(ret_reader) == OPERAND_VERSION;
}

// How long the value is after all operands; false when one is malformed.
static bool merged_size(const char *const *list, const size_t *sizes, int count, size_t *size)
{
	for (int i = 0; i < count; i++) {
		struct reader r;
		struct patch p;
		if (!operand_open(list[i], sizes[i], &r))
			return false;
		while (patch_next(&r, &p))
			if (p.offset + p.bytes.n > *size)
				*size = p.offset + p.bytes.n;
		if (r.bad)
			return false;
	}
	return true;
}

// NOLINTNEXTLINE(readability-function-size): RocksDB's signature
static char *full_merge(void *state, const char *key, size_t key_n, const char *old, size_t old_n,
	const char *const *list, const size_t *sizes, int count, unsigned char *success,
	size_t *ret_n)
{
	(void)state, (void)key, (void)key_n;
	size_t n = old ? old_n : 0;
	*success = 0;
	*ret_n = 0;
	if (!merged_size(list, sizes, count, &n))
		return NULL;
	char *to = calloc(1, n ? n : 1);
	if (!to)
		return NULL;
	if (old && old_n)
		memcpy(to, old, old_n);
	for (int i = 0; i < count; i++) {
		struct reader r;
		struct patch p;
		(void)operand_open(list[i], sizes[i], &r); // checked by merged_size()
		while (patch_next(&r, &p))
			if (p.bytes.n)
				memcpy(to + p.offset, p.bytes.p, p.bytes.n);
	}
	*success = 1;
	*ret_n = n;
	return to;
}

// The patches of all operands in `list`, without those that a later one replaces exactly.
static bool join(struct buf *to, const char *const *list, const size_t *sizes, int count)
{
	struct buf at = { 0 }; // struct patch, in order
	bool good = true;
	for (int i = 0; i < count && good; i++) {
		struct reader r;
		struct patch p;
		good = operand_open(list[i], sizes[i], &r);
		while (good && patch_next(&r, &p)) {
			// Only the last one may be replaced without looking at what lies between.
			struct patch last;
			if (at.n) {
				memcpy(&last, at.p + at.n - sizeof last, sizeof last);
				if (last.offset == p.offset && last.bytes.n == p.bytes.n)
					at.n -= sizeof last;
			}
			buf_add(&at, span_of(&p, sizeof p));
		}
		good = good && !r.bad && !at.failed;
	}
	buf_add_u8(to, OPERAND_VERSION);
	for (size_t i = 0; good && i < at.n; i += sizeof(struct patch)) {
		struct patch p;
		memcpy(&p, at.p + i, sizeof p);
		merge_add(to, p.offset, p.bytes);
	}
	buf_done(&at);
	return good && !to->failed;
}

// NOLINTNEXTLINE(readability-function-size): RocksDB's signature
static char *partial_merge(void *state, const char *key, size_t key_n, const char *const *list,
	const size_t *sizes, int count, unsigned char *success, size_t *ret_n)
{
	(void)state, (void)key, (void)key_n;
	struct buf to = { 0 };
	*success = join(&to, list, sizes, count);
	*ret_n = *success ? to.n : 0;
	if (*success)
		return to.p; // freed by value_free()
	buf_done(&to);
	return NULL;
}

static void value_free(void *state, const char *value, size_t n)
{
	(void)state, (void)n;
	free((void *)(uintptr_t)value);
}

static const char *name(void *state)
{
	(void)state;
	return "starling.patches.1";
}

static void nothing(void *state)
{
	(void)state;
}

rocksdb_mergeoperator_t *merge_operator(void)
{
	return rocksdb_mergeoperator_create(
		NULL, nothing, full_merge, partial_merge, value_free, name);
}

size_t merge_head(char head[24], uint32_t offset, size_t n)
{
	size_t at = 0;
	uint64_t numbers[2] = { offset, n };
	head[at++] = OPERAND_VERSION;
	for (size_t i = 0; i < 2; i++) {
		uint64_t v = numbers[i];
		for (; v >= 0x80; v >>= 7)
			head[at++] = (char)(v | 0x80);
		head[at++] = (char)v;
	}
	return at;
}

void merge_begin(struct buf *to)
{
	buf_reset(to);
	buf_add_u8(to, OPERAND_VERSION);
}

void merge_add(struct buf *to, uint32_t offset, struct span bytes)
{
	buf_add_varint(to, offset);
	buf_add_field(to, bytes);
}
