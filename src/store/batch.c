// SPDX-License-Identifier: Apache-2.0
// Building and reading batches: batch.h has the format.
#include "store/batch.h"

void batch_init(struct store_batch *b, uint64_t partition)
{
	*b = (struct store_batch){ .partition = partition };
}

void batch_done(struct store_batch *b)
{
	buf_done(&b->ops);
}

void batch_put(struct store_batch *b, struct span key, struct span value)
{
	buf_add_u8(&b->ops, CHANGE_PUT);
	buf_add_field(&b->ops, key);
	buf_add_field(&b->ops, value);
}

void batch_patch(struct store_batch *b, struct span key, uint32_t offset, struct span bytes)
{
	buf_add_u8(&b->ops, CHANGE_PATCH);
	buf_add_field(&b->ops, key);
	buf_add_varint(&b->ops, offset);
	buf_add_field(&b->ops, bytes);
}

void batch_delete(struct store_batch *b, struct span key)
{
	buf_add_u8(&b->ops, CHANGE_DELETE);
	buf_add_field(&b->ops, key);
}

void batch_delete_range(struct store_batch *b, struct span from, struct span to)
{
	buf_add_u8(&b->ops, CHANGE_DELETE_RANGE);
	buf_add_field(&b->ops, from);
	buf_add_u8(&b->ops, to.p != NULL);
	if (to.p)
		buf_add_field(&b->ops, to);
}

bool change_next(struct reader *r, struct change *ret_change)
{
	if (reader_at_end(r))
		return false;
	struct change c = { .kind = reader_u8(r) };
	c.key = reader_field(r);
	switch (c.kind) {
	case CHANGE_PUT:
		c.value = reader_field(r);
		break;
	case CHANGE_PATCH: {
		uint64_t offset = reader_varint(r);
		c.value = reader_field(r);
		if (offset > STORE_VALUE_MAX || c.value.n > STORE_VALUE_MAX - offset)
			r->bad = true;
		c.offset = (uint32_t)offset;
		break;
	}
	case CHANGE_DELETE:
		break;
	case CHANGE_DELETE_RANGE:
		if (reader_u8(r))
			c.value = reader_field(r);
		break;
	default:
		r->bad = true;
	}
	if (c.key.n > STORE_KEY_MAX)
		r->bad = true;
	*ret_change = c;
	return !r->bad;
}

int batch_valid(struct op *op, const struct store_batch *b)
{
	if (b->ops.failed)
		return op_fail(op, RC_NOMEM, "out of memory");
	if (b->partition == 0 || b->partition > STORE_PARTITION_MAX)
		return op_fail(op, RC_CANNOT, "no such partition");
	if (b->ops.n > STORE_BATCH_MAX)
		return op_fail(op, RC_TOOBIG, "the change is too big for one step");
	struct reader r = reader_of(buf_span(&b->ops));
	struct change c;
	while (change_next(&r, &c))
		;
	return r.bad ? op_fail(op, RC_TOOBIG, "a key or value is too long") : 0;
}

void patch_apply(struct buf *to, struct span old, uint32_t offset, struct span bytes)
{
	size_t n = offset + bytes.n > old.n ? offset + bytes.n : old.n;
	buf_reset(to);
	char *p = buf_room(to, n ? n : 1);
	if (!p)
		return;
	if (old.n)
		memcpy(p, old.p, old.n);
	if (offset > old.n)
		memset(p + old.n, 0, offset - old.n);
	if (bytes.n)
		memcpy(p + offset, bytes.p, bytes.n);
	buf_added(to, n);
}
